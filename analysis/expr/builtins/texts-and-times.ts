/** Builtins that turn values into other forms (JSON, base64) and those of time. */
import { fromBytes } from '../go/text.ts'
import { ANY, DURATION, ERROR, funcOf, LOCATION, STRING, TIME } from '../go/types.ts'
import { parseJson, toBase64, toJson } from '../run/json.ts'
import { duration, fail, type Location, type Time, typeName, typeOf, type Value } from '../run/values.ts'
import { locationOf, UTC } from '../time/civil.ts'
import { parseSpan, parseTime } from '../time/parse.ts'
import type { Builtin } from './builtin.ts'

const text = (value: Value | undefined): string =>
  typeof value === 'string' ? value : fail(`interface conversion: interface {} is ${typeName(value ?? null)}, not string`)

const zone = (name: string): Location => locationOf(name) ?? fail(`unknown time zone ${name}`)

/** Without blanks and line ends. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const fromBase64 = (value: string): string => {
  const packed = value.replace(/[\r\n]/g, '')
  return BASE64.test(packed) ? fromBytes(Buffer.from(packed, 'base64')) : fail('illegal base64 data')
}

const LAYOUTS: readonly string[] = [
  '2006-01-02',
  '15:04:05',
  '2006-01-02 15:04:05',
  '2006-01-02T15:04:05Z07:00',
  '02 Jan 06 15:04 MST',
  'Monday, 02-Jan-06 15:04:05 MST',
  'Mon, 02 Jan 2006 15:04:05 MST',
]

const isLocation = (value: Value | undefined): value is Location => typeof value === 'object' && value?.kind === 'location'

/** `date([zone,] text [, layout [, zone]])`. */
const date = (args: readonly Value[]): Time => {
  const [head] = args
  const location = isLocation(head) ? head : UTC
  const [given, layout, name] = isLocation(head) ? args.slice(1) : args
  const when = text(given)
  const wanted = layout === undefined ? LAYOUTS : [text(layout)]
  const where = name === undefined ? location : zone(text(name))
  for (const one of wanted) {
    const found = parseTime(one, when, where)
    if (found) return found
  }
  return layout === undefined
    ? fail(`invalid date ${when}`)
    : fail(`parsing time ${JSON.stringify(when)} as ${JSON.stringify(layout)}`)
}

const simpleType = (value: Value): string => {
  if (value === null) return 'nil'
  if (isLocation(value)) return 'time.Location'
  const type = typeOf(value)
  if (type?.isNamed) return type.name
  const kind = type?.kind ?? 'unknown'
  const names: { readonly [kind: string]: string } = { int64: 'int', uint8: 'uint', float64: 'float', slice: 'array' }
  return names[kind] ?? kind
}

export const TEXT_AND_TIME_BUILTINS: readonly Builtin[] = [
  { name: 'type', types: [funcOf([ANY], [STRING])], call: ([value]) => simpleType(value ?? null) },
  { name: 'toJSON', types: [funcOf([ANY], [STRING])], call: ([value]) => toJson(value ?? null) },
  { name: 'fromJSON', types: [funcOf([STRING], [ANY])], call: ([value]) => parseJson(text(value)) },
  { name: 'toBase64', types: [funcOf([STRING], [STRING])], call: ([value]) => toBase64(text(value)) },
  { name: 'fromBase64', types: [funcOf([STRING], [STRING])], call: ([value]) => fromBase64(text(value)) },
  {
    name: 'now',
    validate: args => {
      const isZone = args.length === 1 && args[0]?.name === LOCATION.name
      return args.length === 0 || isZone ? TIME : { problem: `invalid number of arguments (expected 0, got ${args.length})` }
    },
    call: ([location], { now }) => (isLocation(location) ? { ...now(), location } : now()),
  },
  {
    name: 'duration',
    types: [funcOf([STRING], [DURATION, ERROR])],
    call: ([value]) => duration(parseSpan(text(value)) ?? fail(`time: invalid duration ${JSON.stringify(value)}`)),
  },
  {
    name: 'date',
    validate: args => {
      if (args.length < 1) return { problem: `invalid number of arguments (expected at least 1, got ${args.length})` }
      const count = args.length - (args[0]?.name === LOCATION.name ? 1 : 0)
      return count > 3 ? { problem: `invalid number of arguments (expected at most 3, got ${count})` } : TIME
    },
    call: date,
  },
  { name: 'timezone', types: [funcOf([STRING], [LOCATION, ERROR])], call: ([value]) => zone(text(value)) },
]
