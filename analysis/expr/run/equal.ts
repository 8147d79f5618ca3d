/** Equality and order of values, as the Go library has them at run time. */
import { compareText } from '../go/text.ts'
import { ANYS, type GoType } from '../go/types.ts'
import { fail, floatOf, type GoMap, integerOf, isNil, isSlice, type Slice, typeName, typeOf, type Value } from './values.ts'

const sameItems = (left: Slice, right: Slice, same: (a: Value, b: Value) => boolean): boolean =>
  left.items.length === right.items.length && left.items.every((item, i) => same(item, right.items[i] ?? null))

const sameMaps = (left: GoMap, right: GoMap): boolean => {
  if (left === right) return true
  if (left.entries.size !== right.entries.size) return false
  return [...left.entries].every(([hash, { value }]) => {
    const other = right.entries.get(hash)
    return other !== undefined && deepEqual(value, other.value)
  })
}

/** Also of the same types all the way down: 1 is not 1.0. */
const deepEqual = (left: Value, right: Value): boolean => {
  if (typeOf(left)?.name !== typeOf(right)?.name) return false
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null) return left === right
  return sameObjects(left, right)
}

type Structured = Extract<Value, object>

const sameObjects = (left: Structured, right: Structured): boolean => {
  if (left.kind === 'slice' && right.kind === 'slice') {
    return left === right || (left.isNil === right.isNil && sameItems(left, right, deepEqual))
  }
  if (left.kind === 'map' && right.kind === 'map') return sameMaps(left, right)
  if (left.kind === 'boxed' && right.kind === 'boxed') return left.value === right.value
  if (left.kind === 'time' && right.kind === 'time') return left.ns === right.ns && left.location.name === right.location.name
  if (left.kind === 'duration' && right.kind === 'duration') return left.ns === right.ns
  return left.kind === 'location' && right.kind === 'location' && left.name === right.name
}

const isAnys = ({ type }: { readonly type: GoType }): boolean => type.name === ANYS.name
/** Types that a []any is compared with item by item. */
const isListed = ({ type }: Slice): boolean => type.elem?.kind !== 'array'

const equalSlices = (left: Slice, right: Slice): boolean => {
  if (isAnys(left) || isAnys(right)) {
    return isListed(left) && isListed(right) ? sameItems(left, right, equal) : deepEqual(left, right)
  }
  if (left.type.name === right.type.name && isListed(left)) return sameItems(left, right, equal)
  return deepEqual(left, right)
}

const equalNumbers = (left: Value, right: Value): boolean | undefined => {
  const [a, b] = [integerOf(left), integerOf(right)]
  if (a !== undefined && b !== undefined) return a === b
  const [x, y] = [floatOf(left), floatOf(right)]
  return x === undefined || y === undefined ? undefined : x === y
}

export const equal = (left: Value, right: Value): boolean => {
  const numbers = equalNumbers(left, right)
  if (numbers !== undefined) return numbers
  if (isNil(left) && isNil(right) && !(isSlice(left) && isSlice(right))) return true
  if (isSlice(left) && isSlice(right)) return equalSlices(left, right)
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right
  if (left.kind === 'time' && right.kind === 'time') return left.ns === right.ns
  return deepEqual(left, right)
}

const sign = <T extends number | bigint>(left: T, right: T): number =>
  left < right ? -1 : left > right ? 1 : left === right ? 0 : Number.NaN

const momentOf = (value: Value, kind: 'time' | 'duration'): bigint | undefined =>
  typeof value === 'object' && value?.kind === kind ? (value as { readonly ns: bigint }).ns : undefined

const pairOf = <T>(left: Value, right: Value, of: (value: Value) => T | undefined): readonly [T, T] | undefined => {
  const [a, b] = [of(left), of(right)]
  return a === undefined || b === undefined ? undefined : [a, b]
}

/** Negative, 0, positive; NaN when a side is NaN; undefined when they have no order. */
const order = (left: Value, right: Value): number | undefined => {
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right)
  const integers = pairOf(left, right, integerOf)
  if (integers) return sign(...integers)
  const floats = pairOf(left, right, floatOf)
  if (floats) return sign(...floats)
  const moments =
    pairOf(left, right, value => momentOf(value, 'time')) ?? pairOf(left, right, value => momentOf(value, 'duration'))
  return moments && sign(...moments)
}

export type Comparison = '<' | '>' | '<=' | '>='

export const compare = (left: Value, right: Value, operator: Comparison): boolean => {
  const found = order(left, right)
  if (found === undefined) return fail(`invalid operation: ${typeName(left)} ${operator} ${typeName(right)}`)
  switch (operator) {
    case '<':
      return found < 0
    case '>':
      return found > 0
    case '<=':
      return found <= 0
    case '>=':
      return found >= 0
  }
}

export const isLess = (left: Value, right: Value): boolean => compare(left, right, '<')
