/** Which types an operator takes, and what it gives. */
import type { BinaryNode, UnaryNode } from '../ast.ts'
import { compilePattern } from '../go/regexp.ts'
import { BOOL, DURATION, FLOAT64, INT, STRING, TIME } from '../go/types.ts'
import { type Checker, reject } from './checker.ts'
import {
  arrayOf,
  assignable,
  comparable,
  deref,
  elementOf,
  isArray,
  isBool,
  isBytes,
  isDuration,
  isInteger,
  isMapNature,
  isNumber,
  isString,
  isTime,
  isUnknown,
  kindOf,
  maybeCompatible,
  type Nature,
  NIL,
  nameOf,
  natureOf,
  promote,
  UNKNOWN,
} from './nature.ts'

/** Undefined = the operator does not take these. */
type Rule = (left: Nature, right: Nature) => Nature | undefined

const both = (left: Nature, right: Nature, check: (nature: Nature) => boolean): boolean => check(left) && check(right)
const when = (holds: boolean, nature: Nature): Nature | undefined => (holds ? nature : undefined)

const bool = natureOf(BOOL)
const float = natureOf(FLOAT64)
const time = natureOf(TIME)
const span = natureOf(DURATION)

const equality: Rule = (left, right) => when(comparable(left, right), bool)
const logic: Rule = (left, right) => when(both(left, right, isBool) || maybeCompatible(left, right, isBool), bool)
const order: Rule = (left, right) => {
  const checks = [isNumber, isString, isTime, isDuration]
  return when(checks.some(check => both(left, right, check)) || maybeCompatible(left, right, ...checks), bool)
}

const add: Rule = (left, right) => {
  if (both(left, right, isNumber)) return promote(left, right)
  if (both(left, right, isString)) return natureOf(STRING)
  if ((isTime(left) && isDuration(right)) || (isDuration(left) && isTime(right))) return time
  if (both(left, right, isDuration)) return span
  return when(maybeCompatible(left, right, isNumber, isString, isTime, isDuration), UNKNOWN)
}

const subtract: Rule = (left, right) => {
  if (both(left, right, isNumber)) return promote(left, right)
  if (both(left, right, isTime) || both(left, right, isDuration)) return span
  if (isTime(left) && isDuration(right)) return time
  return when(maybeCompatible(left, right, isNumber, isTime, isDuration), UNKNOWN)
}

const multiply: Rule = (left, right) => {
  if (both(left, right, isNumber)) return promote(left, right)
  const isScaled = (isNumber(left) && isDuration(right)) || (isDuration(left) && isNumber(right))
  if (isScaled || both(left, right, isDuration)) return span
  return when(maybeCompatible(left, right, isNumber, isDuration), UNKNOWN)
}

const fraction: Rule = (left, right) => when(both(left, right, isNumber) || maybeCompatible(left, right, isNumber), float)

const modulo: Rule = (left, right) => when(both(left, right, isInteger) || maybeCompatible(left, right, isInteger), natureOf(INT))

const range: Rule = (left, right) =>
  when(both(left, right, isInteger) || maybeCompatible(left, right, isInteger), arrayOf(natureOf(INT)))

const text: Rule = (left, right) => when(both(left, right, isString) || maybeCompatible(left, right, isString), bool)

const matches: Rule = (left, right) =>
  when(((isString(left) || isBytes(left)) && isString(right)) || maybeCompatible(left, right, isString), bool)

const coalesce: Rule = (left, right) => {
  if (left.isNil) return right.isNil ? NIL : right
  return right.isNil || assignable(right, left) ? left : UNKNOWN
}

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...['==', '!='].map(operator => [operator, equality] as const),
  ...['or', '||', 'and', '&&'].map(operator => [operator, logic] as const),
  ...['<', '>', '<=', '>='].map(operator => [operator, order] as const),
  ...['/', '**', '^'].map(operator => [operator, fraction] as const),
  ...['contains', 'startsWith', 'endsWith'].map(operator => [operator, text] as const),
  ['+', add],
  ['-', subtract],
  ['*', multiply],
  ['%', modulo],
  ['..', range],
  ['matches', matches],
  ['??', coalesce],
])

const membership = (node: BinaryNode, left: Nature, right: Nature): Nature | undefined => {
  if ((isString(left) || isUnknown(left)) && kindOf(right) === 'struct') return bool
  if (isMapNature(right)) {
    const key = right.type?.key ? natureOf(right.type.key) : UNKNOWN
    if (isUnknown(left) || assignable(left, key)) return bool
    return reject(node, `cannot use ${nameOf(left)} as type ${nameOf(key)} in map key`)
  }
  if (isArray(right)) {
    const element = elementOf(right)
    if (comparable(left, element)) return bool
    return reject(node, `cannot use ${nameOf(left)} as type ${nameOf(element)} in array`)
  }
  return when((isUnknown(left) && isString(right)) || isUnknown(right), bool)
}

export const checkBinary = (checker: Checker, node: BinaryNode): Nature => {
  const left = deref(checker.visit(node.left))
  const right = deref(checker.visit(node.right))
  if (node.operator === 'matches' && node.right.type === 'string') {
    const pattern = compilePattern(node.right.value)
    if ('problem' in pattern) reject(node, pattern.problem)
  }
  const rule = RULES.get(node.operator)
  const nature = node.operator === 'in' ? membership(node, left, right) : rule?.(left, right)
  return nature ?? reject(node, `invalid operation: ${node.operator} (mismatched types ${nameOf(left)} and ${nameOf(right)})`)
}

export const checkUnary = (checker: Checker, node: UnaryNode): Nature => {
  const nature = deref(checker.visit(node.node))
  const isLogic = node.operator === '!' || node.operator === 'not'
  if (isLogic && (isBool(nature) || isUnknown(nature))) return bool
  if (!isLogic && isNumber(nature)) return nature
  if (!isLogic && isUnknown(nature)) return UNKNOWN
  return reject(node, `invalid operation: ${node.operator} (mismatched type ${nameOf(nature)})`)
}
