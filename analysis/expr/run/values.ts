/** What expressions compute with: Go's values in JavaScript's clothes. Pure. */
import {
  ANY_MAP,
  ANYS,
  BOOL,
  BYTES,
  DURATION,
  FLOAT64,
  type GoType,
  INT,
  LOCATION,
  STRING,
  STRING_MAP,
  TIME,
  UINT8,
} from '../go/types.ts'

/** A whole number whose type is not int: int64, uint8, time.Month, time.Weekday. */
export type Boxed = { readonly kind: 'boxed'; readonly type: GoType; readonly value: bigint }
export type Slice = { readonly kind: 'slice'; readonly type: GoType; readonly items: readonly Value[]; readonly isNil?: true }
export type Entry = { readonly key: Value; readonly value: Value }
export type GoMap = { readonly kind: 'map'; readonly type: GoType; readonly entries: ReadonlyMap<string, Entry> }
/** `offset`: seconds east of UTC at a moment, for zones that have only one (parsed from a text). */
export type Location = {
  readonly kind: 'location'
  readonly name: string
  readonly fixed?: { readonly abbreviation: string; readonly offset: number }
}
/** Nanoseconds since the epoch. */
export type Time = { readonly kind: 'time'; readonly ns: bigint; readonly location: Location }
export type Duration = { readonly kind: 'duration'; readonly ns: bigint }
export type Func = { readonly kind: 'func'; readonly type: GoType; readonly call: (args: readonly Value[]) => Value }

/** nil, bool, int (64 bits), float64, string, and the objects. */
export type Value = null | boolean | bigint | number | string | Boxed | Slice | GoMap | Time | Duration | Location | Func

export const anys = (items: readonly Value[]): Slice => ({ kind: 'slice', type: ANYS, items })
export const sliceWith = (type: GoType, items: readonly Value[]): Slice => ({ kind: 'slice', type, items })
export const uint8 = (value: number): Boxed => ({ kind: 'boxed', type: UINT8, value: BigInt(value) })
export const bytesValue = (bytes: Uint8Array): Slice => sliceWith(BYTES, Array.from(bytes, uint8))
export const duration = (ns: bigint): Duration => ({ kind: 'duration', ns: BigInt.asIntN(64, ns) })
export const boxed = (type: GoType, value: bigint): Boxed => ({ kind: 'boxed', type, value })

export const isSlice = (value: Value): value is Slice => typeof value === 'object' && value?.kind === 'slice'
export const isMap = (value: Value): value is GoMap => typeof value === 'object' && value?.kind === 'map'

/** The dynamic type; undefined of nil. */
export const typeOf = (value: Value): GoType | undefined => {
  switch (typeof value) {
    case 'bigint':
      return INT
    case 'number':
      return FLOAT64
    case 'string':
      return STRING
    case 'boolean':
      return BOOL
    default:
  }
  if (value === null) return undefined
  if (value.kind === 'time') return TIME
  if (value.kind === 'duration') return DURATION
  return value.kind === 'location' ? LOCATION : value.type
}

/** As Go's %T. */
export const typeName = (value: Value): string => typeOf(value)?.name ?? '<nil>'

/** What a map finds its entries by; undefined for values that cannot be keys. */
export const hashKey = (map: GoType, key: Value): string | undefined => {
  if (map.key?.kind === 'string') return typeof key === 'string' ? key : undefined
  switch (typeof key) {
    case 'string':
      return `s${key}`
    case 'bigint':
      return `int:${key}`
    case 'number':
      // -0 and 0 are one key.
      return `f${key + 0}`
    case 'boolean':
      return `b${key}`
    default:
  }
  if (key === null) return 'nil'
  if (key.kind === 'boxed') return `${key.type.name}:${key.value}`
  if (key.kind === 'duration') return `d${key.ns}`
  if (key.kind === 'time') return `t${key.ns} ${key.location.name}`
  if (key.kind === 'slice') return key.type.kind === 'array' ? arrayHash(map, key) : undefined
  return key.kind === 'location' ? `l${key.name}` : undefined
}

const arrayHash = (map: GoType, array: Slice): string | undefined => {
  const hashes = array.items.map(item => hashKey(map, item))
  return hashes.includes(undefined) ? undefined : `a${JSON.stringify(hashes)}`
}

export const mapWith = (type: GoType, pairs: readonly (readonly [Value, Value])[]): GoMap => {
  const entries = new Map<string, Entry>()
  for (const [key, value] of pairs) {
    const hash = hashKey(type, key)
    if (hash !== undefined) entries.set(hash, { key, value })
  }
  return { kind: 'map', type, entries }
}

export const stringMap = (fields: Iterable<readonly [string, Value]>): GoMap => {
  const entries = new Map<string, Entry>()
  for (const [key, value] of fields) entries.set(key, { key, value })
  return { kind: 'map', type: STRING_MAP, entries }
}

export const anyMap = (pairs: readonly (readonly [Value, Value])[]): GoMap => mapWith(ANY_MAP, pairs)

/** nil itself, or a slice that Go calls nil. */
export const isNil = (value: Value): boolean => value === null || (isSlice(value) && value.isNil === true)

/** A whole number of any of Go's plain integer types; undefined for everything else. */
export const integerOf = (value: Value): bigint | undefined => {
  if (typeof value === 'bigint') return value
  return typeof value === 'object' && value?.kind === 'boxed' && !value.type.isNamed ? value.value : undefined
}

/** Any plain number as a float. */
export const floatOf = (value: Value): number | undefined => {
  if (typeof value === 'number') return value
  const integer = integerOf(value)
  return integer === undefined ? undefined : Number(integer)
}

/** What is wrong at run time; `evaluate` turns it into a value. */
export class RunFailure extends Error {}

export const fail = (message: string): never => {
  throw new RunFailure(message)
}
