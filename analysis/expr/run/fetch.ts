/** Looking into values: members, slices, `in`. */
import { truncate } from '../go/numbers.ts'
import { byteAt, byteLength, sliceBytes } from '../go/text.ts'
import { ANY, sliceOf } from '../go/types.ts'
import { methodOf } from '../time/methods.ts'
import { equal } from './equal.ts'
import {
  fail,
  type GoMap,
  hashKey,
  integerOf,
  isMap,
  isSlice,
  type Slice,
  sliceWith,
  typeName,
  uint8,
  type Value,
} from './values.ts'

/** Any number as a whole one, as an index is read. */
export const toInt = (value: Value): bigint => {
  if (typeof value === 'number') return truncate(value)
  return integerOf(value) ?? fail(`invalid operation: int(${typeName(value)})`)
}

const shown = (value: Value): string =>
  typeof value === 'string' ? value : typeof value === 'object' ? typeName(value) : String(value)

/** The key of a map that a value stands for; nil stands for the zero key. */
const keyOf = (map: GoMap, key: Value): string => {
  const isText = map.type.key?.kind === 'string'
  if (key === null) return isText ? '' : map.type.key?.kind === 'int' ? 'int:0' : 'nil'
  const wanted = map.type.key ?? ANY
  if (wanted.kind !== 'interface' && typeName(key) !== wanted.name) {
    return fail(`reflect.Value.MapIndex: value of type ${typeName(key)} is not assignable to type ${wanted.name}`)
  }
  return hashKey(map.type, key) ?? fail(`runtime error: hash of unhashable type ${typeName(key)}`)
}

const zeroOf = (map: GoMap): Value =>
  map.type.elem?.kind === 'slice' ? { kind: 'slice', type: map.type.elem, items: [], isNil: true } : null

/** An index counted from the end when it is negative; undefined when it is outside. */
const position = (index: bigint, length: number): number | undefined => {
  const at = index < 0n ? BigInt(length) + index : index
  return at >= 0n && at < BigInt(length) ? Number(at) : undefined
}

const itemAt = (
  from: Slice | string,
  key: Value,
): { readonly value: Value } | { readonly index: bigint; readonly length: number } => {
  const index = toInt(key)
  const length = typeof from === 'string' ? byteLength(from) : from.items.length
  const at = position(index, length)
  if (at === undefined) return { index: index < 0n ? BigInt(length) + index : index, length }
  return { value: typeof from === 'string' ? uint8(byteAt(from, at)) : (from.items[at] ?? null) }
}

/** `from[key]` and `from.key`. */
export const fetch = (from: Value, key: Value): Value => {
  if (typeof key === 'string') {
    const method = methodOf(from, key)
    if (method) return method
  }
  if (isSlice(from) || typeof from === 'string') {
    const found = itemAt(from, key)
    return 'value' in found ? found.value : fail(`index out of range: ${found.index} (array length is ${found.length})`)
  }
  if (!isMap(from)) return fail(`cannot fetch ${shown(key)} from ${typeName(from)}`)
  const entry = from.entries.get(keyOf(from, key))
  return entry ? entry.value : zeroOf(from)
}

/** As `fetch`, but nil for what is not there. */
export const get = (from: Value, key: Value): Value => {
  if (typeof key === 'string') {
    const method = methodOf(from, key)
    if (method) return method
  }
  if (isSlice(from) || typeof from === 'string') {
    const found = itemAt(from, key)
    return 'value' in found ? found.value : null
  }
  return isMap(from) ? (from.entries.get(keyOf(from, key))?.value ?? null) : null
}

export const slice = (from: Value, low: Value, high: Value): Value => {
  if (!isSlice(from) && typeof from !== 'string') return fail(`cannot slice ${shown(low)}`)
  const length = typeof from === 'string' ? byteLength(from) : from.items.length
  const bound = (value: Value): number => {
    const index = toInt(value)
    const at = index < 0n ? BigInt(length) + index : index
    return at < 0n ? 0 : at > BigInt(length) ? length : Number(at)
  }
  const end = bound(high)
  const start = Math.min(bound(low), end)
  if (typeof from === 'string') return sliceBytes(from, start, end)
  if (from.isNil) return from
  return sliceWith(from.type.kind === 'array' ? sliceOf(from.type.elem ?? ANY) : from.type, from.items.slice(start, end))
}

/** Bytes of a text, items of the others; where a slice without end ends. */
export const lengthOf = (value: Value): bigint => {
  if (typeof value === 'string') return BigInt(byteLength(value))
  if (isSlice(value)) return BigInt(value.items.length)
  return isMap(value) ? BigInt(value.entries.size) : fail(`invalid argument for len (type ${typeName(value)})`)
}

export const isIn = (needle: Value, within: Value): boolean => {
  if (within === null) return false
  if (isSlice(within)) return within.items.some(item => equal(item, needle))
  if (isMap(within)) return within.entries.has(keyOf(within, needle))
  if (typeof within === 'object' && within.kind === 'time') {
    return typeof needle === 'string' ? false : fail(`cannot use ${typeName(needle)} as field name of ${typeName(within)}`)
  }
  return fail(`operator "in" not defined on ${typeName(within)}`)
}
