/** Times and durations as Go reads them. Pure. */
import { wrap } from '../go/numbers.ts'
import type { Location, Time } from '../run/values.ts'
import { daysOf, timeAt, UTC } from './civil.ts'
import { chunksOf, DAYS, MONTHS } from './layout.ts'

type Fields = {
  year: number
  month: number
  day: number
  yearDay: number
  hour: number
  minute: number
  second: number
  nanosecond: number
  isPm?: boolean
  offset?: number
  abbreviation?: string
  isUtc?: true
}

/** How many characters were taken; undefined = not what the layout wants. */
type Reader = (rest: string, fields: Fields) => number | undefined

const digits =
  (pattern: RegExp, lowest: number, highest: number, set: (fields: Fields, value: number) => void): Reader =>
  (rest, fields) => {
    const [found] = pattern.exec(rest) ?? []
    if (found === undefined) return undefined
    const value = Number(found)
    if (value < lowest || value > highest) return undefined
    set(fields, value)
    return found.length
  }

const word =
  (names: readonly string[], set: (fields: Fields, index: number) => void): Reader =>
  (rest, fields) => {
    const index = names.findIndex(name => rest.slice(0, name.length).toLowerCase() === name.toLowerCase())
    if (index === -1) return undefined
    set(fields, index)
    return names[index]?.length
  }

const short = (names: readonly string[]): readonly string[] => names.map(name => name.slice(0, 3))

const setMonth = (fields: Fields, index: number): void => {
  fields.month = index + 1
}
const ignore = (): void => {}

const noon =
  (pm: string, am: string): Reader =>
  (rest, fields) => {
    const found = rest.slice(0, 2)
    if (found !== pm && found !== am) return undefined
    fields.isPm = found === pm
    return 2
  }

/** A fraction may follow the seconds though the layout has none. */
const seconds =
  (pattern: RegExp): Reader =>
  (rest, fields) => {
    const [whole, second, fraction] = pattern.exec(rest) ?? []
    if (whole === undefined || Number(second) > 59) return undefined
    fields.second = Number(second)
    if (fraction !== undefined) fields.nanosecond = Number(fraction.slice(0, 9).padEnd(9, '0'))
    return whole.length
  }

const abbreviation: Reader = (rest, fields) => {
  if (rest.startsWith('UTC')) {
    fields.isUtc = true
    return 3
  }
  const [gmt] = /^GMT(?:[+-]\d{1,2})?/.exec(rest) ?? []
  const [signed] = /^[+-]\d{2}(?:\d{2})?/.exec(rest) ?? []
  const [letters = ''] = /^[A-Z]{3,6}/.exec(rest) ?? []
  const isZone =
    letters.length === 3 ||
    (letters.length === 4 && (letters.endsWith('T') || letters === 'WITA')) ||
    (letters.length === 5 && letters.endsWith('T'))
  const found = gmt ?? signed ?? (isZone ? letters : undefined)
  if (found === undefined) return undefined
  fields.abbreviation = found
  return found.length
}

const offset =
  (kind: string): Reader =>
  (rest, fields) => {
    if (kind.startsWith('Z') && rest.startsWith('Z')) {
      fields.isUtc = true
      return 1
    }
    const shape = kind
      .slice(1)
      .replace('07', '([+-])(\\d\\d)')
      .replace(/(:?)00/g, '$1(\\d\\d)')
    const [whole, sign, hours = '0', minutes = '0', secs = '0'] = new RegExp(`^${shape}`).exec(rest) ?? []
    if (whole === undefined || Number(hours) > 24 || Number(minutes) > 60 || Number(secs) > 60) return undefined
    const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(secs)
    fields.offset = sign === '-' ? -size : size
    return whole.length
  }

const READERS: { readonly [kind: string]: Reader } = {
  '2006': digits(/^\d{4}/, 0, 9999, (fields, year) => {
    fields.year = year
  }),
  '06': digits(/^\d{2}/, 0, 99, (fields, year) => {
    fields.year = year + (year >= 69 ? 1900 : 2000)
  }),
  January: word(MONTHS, setMonth),
  Jan: word(short(MONTHS), setMonth),
  '01': digits(/^\d{2}/, 1, 12, (fields, month) => setMonth(fields, month - 1)),
  '1': digits(/^\d{1,2}/, 1, 12, (fields, month) => setMonth(fields, month - 1)),
  Monday: word(DAYS, ignore),
  Mon: word(short(DAYS), ignore),
  '02': digits(/^\d{2}/, 0, 99, (fields, day) => {
    fields.day = day
  }),
  _2: digits(/^ ?\d{1,2}/, 0, 99, (fields, day) => {
    fields.day = day
  }),
  '2': digits(/^\d{1,2}/, 0, 99, (fields, day) => {
    fields.day = day
  }),
  '002': digits(/^\d{3}/, 0, 999, (fields, day) => {
    fields.yearDay = day
  }),
  __2: digits(/^ {0,2}\d{1,3}/, 0, 999, (fields, day) => {
    fields.yearDay = day
  }),
  '15': digits(/^\d{1,2}/, 0, 23, (fields, hour) => {
    fields.hour = hour
  }),
  '03': digits(/^\d{2}/, 0, 12, (fields, hour) => {
    fields.hour = hour
  }),
  '3': digits(/^\d{1,2}/, 0, 12, (fields, hour) => {
    fields.hour = hour
  }),
  '04': digits(/^\d{2}/, 0, 59, (fields, minute) => {
    fields.minute = minute
  }),
  '4': digits(/^\d{1,2}/, 0, 59, (fields, minute) => {
    fields.minute = minute
  }),
  '05': seconds(/^(\d{2})(?:[.,](\d+))?/),
  '5': seconds(/^(\d{1,2})(?:[.,](\d+))?/),
  PM: noon('PM', 'AM'),
  pm: noon('pm', 'am'),
  MST: abbreviation,
}

const fraction =
  (text: string): Reader =>
  (rest, fields) => {
    const isExact = text[1] === '0'
    const [found, value = ''] = (isExact ? new RegExp(`^[.,](\\d{${text.length - 1}})`) : /^[.,](\d+)/).exec(rest) ?? []
    if (found === undefined) return isExact ? undefined : 0
    fields.nanosecond = Number(value.slice(0, 9).padEnd(9, '0'))
    return found.length
  }

const readerOf = (kind: string, text: string): Reader => {
  if (kind === 'fraction') return fraction(text)
  // Blanks may be more than the layout has, or none.
  if (kind === 'literal') return rest => literalLength(rest, text)
  return READERS[kind] ?? offset(kind)
}

const literalLength = (rest: string, literal: string): number | undefined => {
  let at = 0
  for (const letter of literal) {
    if (letter === ' ') {
      if (at < rest.length && rest[at] !== ' ') return undefined
      while (rest[at] === ' ') at += 1
    } else {
      if (rest[at] !== letter) return undefined
      at += 1
    }
  }
  return at
}

const dayOf = (fields: Fields): { readonly month: number; readonly day: number } | undefined => {
  const { year, month, day, yearDay } = fields
  if (yearDay >= 0) {
    const length = daysOf(year + 1, 1, 1) - daysOf(year, 1, 1)
    return yearDay < 1 || yearDay > length ? undefined : { month: 1, day: yearDay }
  }
  const [m, d] = [month < 0 ? 1 : month, day < 0 ? 1 : day]
  return d < 1 || d > daysOf(year, m + 1, 1) - daysOf(year, m, 1) ? undefined : { month: m, day: d }
}

const hourOf = ({ hour, isPm }: Fields): number => {
  if (isPm === true && hour < 12) return hour + 12
  return isPm === false && hour === 12 ? 0 : hour
}

const fixed = (abbreviation_: string, seconds_: number): Location => ({
  kind: 'location',
  name: abbreviation_,
  fixed: { abbreviation: abbreviation_, offset: seconds_ },
})

const zoneOf = (fields: Fields, location: Location): Location => {
  if (fields.isUtc) return UTC
  if (fields.offset !== undefined) return fields.offset === 0 ? UTC : fixed(fields.abbreviation ?? '', fields.offset)
  if (fields.abbreviation === undefined) return location
  const [, hours] = /^GMT([+-]\d+)$/.exec(fields.abbreviation) ?? []
  return fixed(fields.abbreviation, hours === undefined ? 0 : Number(hours) * 3600)
}

/** time.ParseInLocation; undefined = the text is not what the layout says. */
export const parseTime = (layout: string, text: string, location: Location): Time | undefined => {
  const fields: Fields = { year: 0, month: -1, day: -1, yearDay: -1, hour: 0, minute: 0, second: 0, nanosecond: 0 }
  let rest = text
  for (const { kind, text: std } of chunksOf(layout)) {
    const length = readerOf(kind, std)(rest, fields)
    if (length === undefined) return undefined
    rest = rest.slice(length)
  }
  const date = dayOf(fields)
  if (rest !== '' || !date) return undefined
  return timeAt({ ...fields, ...date, hour: hourOf(fields) }, zoneOf(fields, location))
}

const UNITS: { readonly [unit: string]: bigint } = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

const LONGEST = 2n ** 63n

type Part = RegExpExecArray

/** Nanoseconds of one number with its unit. */
const partOf = ([, whole = '', part = '', name = '']: Part): bigint | undefined => {
  const unit = UNITS[name]
  if (unit === undefined || (whole === '' && part === '')) return undefined
  return BigInt(whole === '' ? 0 : whole) * unit + BigInt(Math.trunc(Number(part === '' ? 0 : `0.${part}`) * Number(unit)))
}

/** time.ParseDuration in nanoseconds; undefined = no duration. */
export const parseSpan = (text: string): bigint | undefined => {
  const [, sign, body = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (body === '0') return 0n
  const parts = [...body.matchAll(/(\d*)(?:\.(\d*))?([^\d.]+)/g)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== body) return undefined
  let total = 0n
  for (const part of parts) {
    const value = partOf(part)
    if (value === undefined || total + value > LONGEST) return undefined
    total += value
  }
  if (sign !== '-' && total === LONGEST) return undefined
  return wrap(sign === '-' ? -total : total)
}
