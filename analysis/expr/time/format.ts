/** Times and durations as Go writes them. Pure. */
import type { Time } from '../run/values.ts'
import { type Civil, civilOf, secondsOf, weekdayOf, yearDayOf, type Zone, zoneAt } from './civil.ts'
import { chunksOf, DAYS, MONTHS } from './layout.ts'

const pad = (value: number, width: number, filler = '0'): string =>
  value < 0 ? `-${String(-value).padStart(width, filler)}` : String(value).padStart(width, filler)

const offsetText = (kind: string, offset: number): string => {
  if (kind.startsWith('Z') && offset === 0) return 'Z'
  const size = Math.abs(offset)
  const [hours, minutes, seconds] = [Math.floor(size / 3600), Math.floor((size % 3600) / 60), size % 60]
  const shape = kind.slice(1)
  const colon = shape.includes(':') ? ':' : ''
  const sign = offset < 0 ? '-' : '+'
  if (shape === '07') return `${sign}${pad(hours, 2)}`
  const text = `${sign}${pad(hours, 2)}${colon}${pad(minutes, 2)}`
  return shape.replaceAll(':', '').length === 6 ? `${text}${colon}${pad(seconds, 2)}` : text
}

const fractionText = (text: string, nanosecond: number): string => {
  const digits = String(nanosecond)
    .padStart(9, '0')
    .slice(0, text.length - 1)
  if (text[1] === '0') return text[0] + digits.padEnd(text.length - 1, '0')
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? '' : text[0] + trimmed
}

type Parts = { readonly civil: Civil; readonly time: Time; readonly zone: Zone }

const abbreviationOf = ({ abbreviation, offset }: Zone): string =>
  abbreviation === '' ? offsetText('-0700', offset) : abbreviation

const WRITERS: { readonly [kind: string]: (parts: Parts) => string } = {
  January: ({ civil }) => MONTHS[civil.month - 1] ?? '',
  Jan: ({ civil }) => (MONTHS[civil.month - 1] ?? '').slice(0, 3),
  Monday: ({ time }) => DAYS[weekdayOf(time)] ?? '',
  Mon: ({ time }) => (DAYS[weekdayOf(time)] ?? '').slice(0, 3),
  MST: ({ zone }) => abbreviationOf(zone),
  '2006': ({ civil }) => pad(civil.year, 4),
  '06': ({ civil }) => pad(((civil.year % 100) + 100) % 100, 2),
  '01': ({ civil }) => pad(civil.month, 2),
  '1': ({ civil }) => String(civil.month),
  '02': ({ civil }) => pad(civil.day, 2),
  _2: ({ civil }) => pad(civil.day, 2, ' '),
  '2': ({ civil }) => String(civil.day),
  '002': ({ time }) => pad(yearDayOf(time), 3),
  __2: ({ time }) => pad(yearDayOf(time), 3, ' '),
  '15': ({ civil }) => pad(civil.hour, 2),
  '03': ({ civil }) => pad(civil.hour % 12 || 12, 2),
  '3': ({ civil }) => String(civil.hour % 12 || 12),
  '04': ({ civil }) => pad(civil.minute, 2),
  '4': ({ civil }) => String(civil.minute),
  '05': ({ civil }) => pad(civil.second, 2),
  '5': ({ civil }) => String(civil.second),
  PM: ({ civil }) => (civil.hour >= 12 ? 'PM' : 'AM'),
  pm: ({ civil }) => (civil.hour >= 12 ? 'pm' : 'am'),
}

export const formatTime = (time: Time, layout: string): string => {
  const parts = { civil: civilOf(time), time, zone: zoneAt(time.location, secondsOf(time)) }
  return chunksOf(layout)
    .map(({ kind, text }) => {
      if (kind === 'literal') return text
      if (kind === 'fraction') return fractionText(text, parts.civil.nanosecond)
      return WRITERS[kind]?.(parts) ?? offsetText(kind, parts.zone.offset)
    })
    .join('')
}

export const timeText = (time: Time): string => formatTime(time, '2006-01-02 15:04:05.999999999 -0700 MST')

/** The number with its fraction, without trailing zeros. */
const decimal = (value: bigint, unit: bigint): string => {
  const digits = String(unit).length - 1
  const fraction = String(value % unit)
    .padStart(digits, '0')
    .slice(0, digits)
    .replace(/0+$/, '')
  return fraction === '' || digits === 0 ? `${value / unit}` : `${value / unit}.${fraction}`
}

/** As Go's Duration.String. */
export const durationText = (ns: bigint): string => {
  const sign = ns < 0n ? '-' : ''
  const size = ns < 0n ? -ns : ns
  if (size === 0n) return '0s'
  if (size < 1_000n) return `${sign}${size}ns`
  if (size < 1_000_000n) return `${sign}${decimal(size, 1_000n)}µs`
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 1_000_000n)}ms`
  const minutes = size / 60_000_000_000n
  const seconds = `${decimal(size % 60_000_000_000n, 1_000_000_000n)}s`
  if (minutes === 0n) return sign + seconds
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`
}
