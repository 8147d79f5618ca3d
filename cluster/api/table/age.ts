/** How long ago something was, as kubectl's tables show it: `45s`, `3m12s`, `5h`, `2d3h`. */

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const two = (value: number, big: number, small: number, bigUnit: string, smallUnit: string): string => {
  const rest = Math.floor((value % big) / small)
  return `${Math.floor(value / big)}${bigUnit}${rest > 0 ? `${rest}${smallUnit}` : ''}`
}

/** Seconds in the two units that matter, or one when that is precise enough. */
export const humanDuration = (seconds: number): string => {
  const value = Math.floor(seconds)
  if (value < -1) return '<invalid>'
  if (value < 0) return '0s'
  if (value < 2 * MINUTE) return `${value}s`
  if (value < 10 * MINUTE) return two(value, MINUTE, 1, 'm', 's')
  if (value < 3 * HOUR) return `${Math.floor(value / MINUTE)}m`
  if (value < 8 * HOUR) return two(value, HOUR, MINUTE, 'h', 'm')
  if (value < 2 * DAY) return `${Math.floor(value / HOUR)}h`
  if (value < 8 * DAY) return two(value, DAY, HOUR, 'd', 'h')
  if (value < 2 * 365 * DAY) return `${Math.floor(value / DAY)}d`
  if (value < 8 * 365 * DAY) return two(value, 365 * DAY, DAY, 'y', 'd')
  return `${Math.floor(value / (365 * DAY))}y`
}

/** The age of an RFC 3339 time, `<unknown>` when there is none. */
export const ageOf = (time: unknown, now: Date): string => {
  const then = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(then) ? '<unknown>' : humanDuration((now.getTime() - then) / 1000)
}
