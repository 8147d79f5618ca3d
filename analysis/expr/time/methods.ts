/** Methods of time.Time, time.Duration, time.Month, time.Weekday and *time.Location that expressions may call. */
import { BOOL, DURATION, FLOAT64, funcOf, type GoType, INT, INT64, LOCATION, MONTH, STRING, TIME, WEEKDAY } from '../go/types.ts'
import {
  type Boxed,
  boxed,
  type Duration,
  duration,
  type Func,
  type Location,
  type Time,
  typeOf,
  type Value,
} from '../run/values.ts'
import { civilOf, daysOf, floorDivide, offsetOf, SECOND, secondsOf, timeAt, UTC, weekdayOf, yearDayOf, zoneAt } from './civil.ts'
import { durationText, formatTime, timeText } from './format.ts'
import { DAYS, MONTHS } from './layout.ts'

type Method<T> = { readonly type: GoType; readonly call: (self: T, args: readonly Value[]) => Value }
type Methods<T> = { readonly [name: string]: Method<T> }

const getter = <T>(result: GoType, call: (self: T) => Value): Method<T> => ({ type: funcOf([], [result]), call })
const method = <T>(params: readonly GoType[], result: GoType, call: (self: T, args: readonly Value[]) => Value): Method<T> => ({
  type: funcOf(params, [result]),
  call,
})

const ns = (value: Value | undefined): bigint => (value as Time | Duration).ns
const int = (value: number): bigint => BigInt(value)

/** To the nearest multiple, halves away from zero; of a time, multiples count from year 1. */
const rounded = (value: bigint, unit: bigint): bigint => {
  if (unit <= 0n) return value
  const rest = value % unit
  const size = rest < 0n ? -rest : rest
  const base = value - rest
  if (size + size < unit) return base
  return value < 0n ? base - unit : base + unit
}

const YEAR_ONE = BigInt(daysOf(1, 1, 1)) * 86_400n * SECOND

const truncatedTime = (time: Time, unit: bigint): bigint =>
  unit <= 0n ? time.ns : YEAR_ONE + floorDivide(time.ns - YEAR_ONE, unit) * unit

const roundedTime = (time: Time, unit: bigint): bigint => {
  if (unit <= 0n) return time.ns
  const low = truncatedTime(time, unit)
  return (time.ns - low) * 2n < unit ? low : low + unit
}

const isoWeek = (time: Time): { readonly year: number; readonly week: number } => {
  const thursday: Time = { ...time, ns: time.ns + BigInt(3 - ((weekdayOf(time) + 6) % 7)) * 86_400n * SECOND }
  return { year: civilOf(thursday).year, week: Math.floor((yearDayOf(thursday) - 1) / 7) + 1 }
}

const addDate = (time: Time, [years, months, days]: readonly Value[]): Time => {
  const civil = civilOf(time)
  const moved = {
    ...civil,
    year: civil.year + Number(years),
    month: civil.month + Number(months),
    day: civil.day + Number(days),
  }
  return timeAt(moved, time.location)
}

const TIMES: Methods<Time> = {
  Year: getter(INT, time => int(civilOf(time).year)),
  Month: getter(MONTH, time => boxed(MONTH, int(civilOf(time).month))),
  Day: getter(INT, time => int(civilOf(time).day)),
  Hour: getter(INT, time => int(civilOf(time).hour)),
  Minute: getter(INT, time => int(civilOf(time).minute)),
  Second: getter(INT, time => int(civilOf(time).second)),
  Nanosecond: getter(INT, time => int(civilOf(time).nanosecond)),
  Weekday: getter(WEEKDAY, time => boxed(WEEKDAY, int(weekdayOf(time)))),
  YearDay: getter(INT, time => int(yearDayOf(time))),
  ISOWeek: { type: funcOf([], [INT, INT]), call: time => int(isoWeek(time).year) },
  Zone: { type: funcOf([], [STRING, INT]), call: time => zoneAt(time.location, secondsOf(time)).abbreviation },
  Date: { type: funcOf([], [INT, MONTH, INT]), call: time => int(civilOf(time).year) },
  Clock: { type: funcOf([], [INT, INT, INT]), call: time => int(civilOf(time).hour) },
  Unix: getter(INT64, time => boxed(INT64, floorDivide(time.ns, SECOND))),
  UnixMilli: getter(INT64, time => boxed(INT64, floorDivide(time.ns, 1_000_000n))),
  UnixMicro: getter(INT64, time => boxed(INT64, floorDivide(time.ns, 1_000n))),
  UnixNano: getter(INT64, time => boxed(INT64, BigInt.asIntN(64, time.ns))),
  IsZero: getter(BOOL, time => time.ns === YEAR_ONE),
  IsDST: getter(BOOL, time => offsetOf(time) > offsetOf(timeAt({ ...civilOf(time), month: 1, day: 1 }, time.location))),
  String: getter(STRING, timeText),
  Format: method([STRING], STRING, (time, [layout]) => formatTime(time, String(layout))),
  Add: method([DURATION], TIME, (time, [span]) => ({ ...time, ns: time.ns + ns(span) })),
  Sub: method([TIME], DURATION, (time, [other]) => duration(time.ns - ns(other))),
  AddDate: method([INT, INT, INT], TIME, addDate),
  After: method([TIME], BOOL, (time, [other]) => time.ns > ns(other)),
  Before: method([TIME], BOOL, (time, [other]) => time.ns < ns(other)),
  Equal: method([TIME], BOOL, (time, [other]) => time.ns === ns(other)),
  Compare: method([TIME], INT, (time, [other]) => (time.ns < ns(other) ? -1n : time.ns > ns(other) ? 1n : 0n)),
  Truncate: method([DURATION], TIME, (time, [unit]) => ({ ...time, ns: truncatedTime(time, ns(unit)) })),
  Round: method([DURATION], TIME, (time, [unit]) => ({ ...time, ns: roundedTime(time, ns(unit)) })),
  UTC: getter(TIME, time => ({ ...time, location: UTC })),
  Local: getter(TIME, time => ({ ...time, location: UTC })),
  In: method([LOCATION], TIME, (time, [location]) => ({ ...time, location: location as Location })),
  Location: getter(LOCATION, time => time.location),
}

const hours = (span: Duration, unit: bigint): number => Number(span.ns / unit) + Number(span.ns % unit) / Number(unit)

const DURATIONS: Methods<Duration> = {
  Hours: getter(FLOAT64, span => hours(span, 3_600_000_000_000n)),
  Minutes: getter(FLOAT64, span => hours(span, 60_000_000_000n)),
  Seconds: getter(FLOAT64, span => hours(span, SECOND)),
  Milliseconds: getter(INT64, span => boxed(INT64, span.ns / 1_000_000n)),
  Microseconds: getter(INT64, span => boxed(INT64, span.ns / 1_000n)),
  Nanoseconds: getter(INT64, span => boxed(INT64, span.ns)),
  Abs: getter(DURATION, span => duration(span.ns < 0n ? -span.ns : span.ns)),
  String: getter(STRING, span => durationText(span.ns)),
  Truncate: method([DURATION], DURATION, (span, [unit]) => duration(ns(unit) <= 0n ? span.ns : span.ns - (span.ns % ns(unit)))),
  Round: method([DURATION], DURATION, (span, [unit]) => duration(rounded(span.ns, ns(unit)))),
}

const nameOf = (names: readonly string[], first: number, kind: string) =>
  getter<Boxed>(STRING, ({ value }) => names[Number(value) - first] ?? `%!${kind}(${value})`)

const BY_TYPE: { readonly [type: string]: Methods<never> } = {
  [TIME.name]: TIMES,
  [DURATION.name]: DURATIONS,
  [MONTH.name]: { String: nameOf(MONTHS, 1, 'Month') },
  [WEEKDAY.name]: { String: nameOf(DAYS, 0, 'Weekday') },
  [LOCATION.name]: { String: getter<Location>(STRING, ({ name }) => name) },
}

const found = (type: GoType | undefined, name: string): Method<never> | undefined => {
  const methods = type && BY_TYPE[type.name]
  return methods && Object.hasOwn(methods, name) ? methods[name] : undefined
}

/** The type of a method, without its receiver. */
export const methodType = (type: GoType | undefined, name: string): GoType | undefined => found(type, name)?.type

/** A method as a function of its own. */
export const methodOf = (value: Value, name: string): Func | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  const method_ = found(typeOf(value), name)
  return method_ && { kind: 'func', type: method_.type, call: args => method_.call(value as never, args) }
}
