/** Numbers and times as people read them; the same words as the command line prints. */

/** A share of 1 as per cent: `100%`, `99.6%`, `0.22%`. Never rounds a share below 1 up to 100%. */
export const percent = (share: number): string => {
  const value = share * 100
  if (value === 0 || value === 100) return `${value}%`
  if (value > 99.99) return '99.99%'
  if (value < 0.01) return '<0.01%'
  const digits = value < 1 || value > 99 ? 2 : 1
  return `${trimZeros(Math.min(value, 99.99).toFixed(digits))}%`
}

const trimZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)

/** Requests in a second: `0/s`, `0.4/s`, `34/s`, `1.2k/s`. */
export const rate = (perSecond: number): string => {
  if (perSecond === 0) return '0/s'
  if (perSecond < 10) return `${trimZeros(perSecond.toFixed(1))}/s`
  return `${count(Math.round(perSecond))}/s`
}

/** `512`, `1.5k`, `2.3M`. */
export const count = (value: number): string => {
  if (value < 1000) return String(value)
  const [unit, size] = value < 1_000_000 ? ['k', 1000] : ['M', 1_000_000]
  return `${trimZeros((value / size).toFixed(value < 10 * size ? 1 : 0))}${unit}`
}

/** Milliseconds: `0.8 ms`, `84 ms`, `1.2 s`. */
export const duration = (ms: number): string => {
  if (ms < 10) return `${trimZeros(ms.toFixed(1))} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  return `${trimZeros((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))} s`
}

const UNITS: readonly (readonly [suffix: string, ms: number, until: number])[] = [
  ['s', 1000, 120],
  ['m', 60_000, 180],
  ['h', 3_600_000, 48],
  ['d', 86_400_000, Number.POSITIVE_INFINITY],
]

/** How long, as kubectl says it: `42s`, `3m10s`, `2h5m`, `4d`. From milliseconds; the second unit goes from ten of the first on. */
export const span = (ms: number): string => {
  const length = Math.max(0, ms)
  const at = UNITS.findIndex(([, unit, until]) => length / unit < until)
  const [suffix, unit] = UNITS[at] ?? ['d', 86_400_000]
  const whole = Math.floor(length / unit)
  const below = UNITS[at - 1]
  if (below === undefined || whole >= 10) return `${whole}${suffix}`
  const rest = Math.floor((length % unit) / below[1])
  return rest === 0 ? `${whole}${suffix}` : `${whole}${suffix}${rest}${below[0]}`
}

/** Since an RFC 3339 time; `-` when there is none. */
export const age = (since: string | undefined, now: number): string => {
  const at = since === undefined ? Number.NaN : Date.parse(since)
  return Number.isNaN(at) ? '-' : span(now - at)
}

/** An RFC 3339 time as the clock on the wall in UTC, as the messages of the controller have it: `11:57:00Z`. */
export const clock = (time: string): string => {
  const at = new Date(time)
  return Number.isNaN(at.getTime()) ? time : `${at.toISOString().slice(11, 19)}Z`
}

/** The part of an image that tells versions apart: `web:v2`, or `web@3f0a9c2b`. */
export const shortImage = (image: string): string => {
  const name = image.slice(image.lastIndexOf('/') + 1)
  const [left = name, digest] = name.split('@sha256:')
  return digest === undefined ? left : `${left.split(':')[0]}@${digest.slice(0, 8)}`
}
