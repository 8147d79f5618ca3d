/** The binary operators over two values. */
import type { BinaryNode } from '../ast.ts'
import { kindOf } from '../check/nature.ts'
import { wrap } from '../go/numbers.ts'
import { compilePattern, type Pattern } from '../go/regexp.ts'
import { endsWithText, indexOfText, startsWithText, toBytes } from '../go/text.ts'
import { BYTES, INTS } from '../go/types.ts'
import { add, divide, exponent, modulo, multiply, subtract } from './arithmetic.ts'
import { compare, equal } from './equal.ts'
import { isIn, toInt } from './fetch.ts'
import type { Frame } from './frame.ts'
import { fail, isNil, isSlice, sliceWith, typeName, type Value } from './values.ts'

export type Operation = (left: Value, right: Value, frame: Frame) => Value

const range: Operation = (left, right, frame) => {
  const [from, to] = [toInt(left), toInt(right)]
  const size = Math.max(0, Number(wrap(to - from + 1n)))
  frame.around.grow(size)
  return sliceWith(
    INTS,
    Array.from({ length: size }, (_, i) => from + BigInt(i)),
  )
}

export const asText = (value: Value): string =>
  typeof value === 'string' ? value : fail(`interface conversion: interface {} is ${typeName(value)}, not string`)

/** Nothing contains nil. */
const onTexts =
  (test: (text: string, part: string) => boolean): Operation =>
  (left, right) =>
    !isNil(left) && !isNil(right) && test(asText(left), asText(right))

const subject = (value: Value): string | Uint8Array => {
  if (typeof value === 'string') return value.isWellFormed() ? value : toBytes(value)
  if (!isSlice(value) || value.type.name !== BYTES.name)
    return fail(`interface conversion: interface {} is ${typeName(value)}, not []uint8`)
  return Uint8Array.from(value.items, item => Number(toInt(item)))
}

/** nil matches nothing. */
export const matchesPattern = (pattern: Pattern, value: Value): boolean => !isNil(value) && pattern(subject(value))

const matches: Operation = (left, right) => {
  if (isNil(left) || isNil(right)) return false
  const pattern = compilePattern(asText(right))
  return 'problem' in pattern ? fail(pattern.problem) : pattern(subject(left))
}

const OPERATIONS: { readonly [operator: string]: Operation } = {
  '<': (left, right) => compare(left, right, '<'),
  '>': (left, right) => compare(left, right, '>'),
  '<=': (left, right) => compare(left, right, '<='),
  '>=': (left, right) => compare(left, right, '>='),
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
  '^': exponent,
  '**': exponent,
  '..': range,
  in: isIn,
  matches,
  contains: onTexts((text, part) => indexOfText(text, part) >= 0),
  startsWith: onTexts(startsWithText),
  endsWith: onTexts(endsWithText),
}

/** Values that the checker took for plain ints (or texts) are compared as such, and fail when they are not. */
const strictEqual = (type: 'bigint' | 'string', name: string): Operation => {
  const strict = (value: Value): Value =>
    typeof value === type
      ? value
      : fail(`interface conversion: interface {} is ${value === null ? 'nil' : typeName(value)}, not ${name}`)
  return (left, right) => {
    const b = strict(right)
    return strict(left) === b
  }
}

const equality = (node: BinaryNode): Operation => {
  const kinds = [node.left, node.right].map(({ nature }) => (nature.type?.isNamed ? '' : kindOf(nature)))
  if (kinds.every(kind => kind === 'int')) return strictEqual('bigint', 'int')
  return kinds.every(kind => kind === 'string') ? strictEqual('string', 'string') : equal
}

const negated =
  (operation: Operation): Operation =>
  (left, right, frame) =>
    !operation(left, right, frame)

/** What an operator that takes both of its values does. */
export const operationOf = (node: BinaryNode): Operation => {
  if (node.operator === '==') return equality(node)
  return node.operator === '!=' ? negated(equality(node)) : (OPERATIONS[node.operator] as Operation)
}
