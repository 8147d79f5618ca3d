/** Moments as dates and times of day in a zone. Pure. */
import type { Location, Time } from '../run/values.ts'

export const UTC: Location = Object.freeze({ kind: 'location', name: 'UTC' })

export const SECOND = 1_000_000_000n
const DAY_S = 86_400

export type Civil = {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly nanosecond: number
}

/** Days since 1970-01-01 of a date, whose month and day may be out of range (the 0th of March is the last of February). */
export const daysOf = (year: number, month: number, day: number): number => {
  const y = year + Math.floor((month - 1) / 12)
  const m = (((month - 1) % 12) + 12) % 12
  const shifted = m < 2 ? y - 1 : y
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * ((m + 10) % 12) + 2) / 5)
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468 + day - 1
}

const dateOf = (days: number): { readonly year: number; readonly month: number; readonly day: number } => {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const m = Math.floor((5 * dayOfYear + 2) / 153)
  const month = m < 10 ? m + 3 : m - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * m + 2) / 5) + 1 }
}

export const floorDivide = (a: bigint, b: bigint): bigint => (a % b < 0n ? a / b - 1n : a / b)

const formats = new Map<string, Intl.DateTimeFormat>()

/** Undefined when there is no such zone. */
const formatOf = (name: string): Intl.DateTimeFormat | undefined => {
  const known = formats.get(name)
  if (known) return known
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(name)) return undefined
  try {
    const fields = {
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    } as const
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      timeZoneName: 'short',
      ...fields,
    })
    formats.set(name, format)
    return format
  } catch {
    // Not a zone that this machine knows, which the caller says.
    return undefined
  }
}

/** The zone of a name, as time.LoadLocation finds it. */
export const locationOf = (name: string): Location | undefined => {
  if (name === '' || name === 'UTC' || name === 'Local') return UTC
  return formatOf(name) ? { kind: 'location', name } : undefined
}

export type Zone = { readonly abbreviation: string; readonly offset: number }

/** What a zone is at a moment (seconds since the epoch). */
export const zoneAt = (location: Location, seconds: number): Zone => {
  if (location.fixed) return location.fixed
  const format = location.name === 'UTC' ? undefined : formatOf(location.name)
  if (!format) return { abbreviation: 'UTC', offset: 0 }
  const parts = new Map(format.formatToParts(seconds * 1000).map(({ type, value }) => [type, value]))
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type))
  const year = parts.get('era') === 'BC' ? 1 - number('year') : number('year')
  const local =
    daysOf(year, number('month'), number('day')) * DAY_S + number('hour') * 3600 + number('minute') * 60 + number('second')
  const [, sign, hours, minutes] = /^GMT([+-])(\d+)(?::(\d+))?$/.exec(parts.get('timeZoneName') ?? '') ?? []
  const abbreviation =
    hours === undefined ? (parts.get('timeZoneName') ?? '') : `${sign}${hours.padStart(2, '0')}${minutes ?? ''}`
  return { abbreviation, offset: local - seconds }
}

export const secondsOf = ({ ns }: Time): number => Number(floorDivide(ns, SECOND))

export const offsetOf = (time: Time): number => zoneAt(time.location, secondsOf(time)).offset

export const civilOf = (time: Time): Civil => {
  const local = secondsOf(time) + offsetOf(time)
  const days = Math.floor(local / DAY_S)
  const rest = local - days * DAY_S
  return {
    ...dateOf(days),
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: rest % 60,
    nanosecond: Number(((time.ns % SECOND) + SECOND) % SECOND),
  }
}

/** 0 = Sunday. */
export const weekdayOf = (time: Time): number => {
  const days = Math.floor((secondsOf(time) + offsetOf(time)) / DAY_S)
  return (((days + 4) % 7) + 7) % 7
}

export const yearDayOf = (time: Time): number => {
  const { year, month, day } = civilOf(time)
  return daysOf(year, month, day) - daysOf(year, 1, 1) + 1
}

/** The moment at which clocks in a zone show this; fields out of range carry over. */
export const timeAt = (civil: Civil, location: Location): Time => {
  const wall = daysOf(civil.year, civil.month, civil.day) * DAY_S + civil.hour * 3600 + civil.minute * 60 + civil.second
  const guess = zoneAt(location, wall).offset
  const offset = zoneAt(location, wall - guess).offset
  return { kind: 'time', ns: BigInt(wall - offset) * SECOND + BigInt(civil.nanosecond), location }
}
