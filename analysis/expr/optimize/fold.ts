/** Computes what is known already. The order of the rules is the Go library's, since what is folded first decides what else can be. */
import type { ArrayNode, BinaryNode, BuiltinNode, Node, UnaryNode } from '../ast.ts'
import { natureOf, typeIn } from '../check/nature.ts'
import { wrap } from '../go/numbers.ts'
import { power } from '../go/power.ts'
import { joined } from '../go/text.ts'
import { ANYS, BOOL, FLOAT64, INT, STRING } from '../go/types.ts'
import { CompileFailure } from '../problem.ts'
import { anys, type Value } from '../run/values.ts'
import { inPlaceOf, walk } from './walk.ts'

const integerNode = (at: Node, value: bigint): Node => ({
  type: 'integer',
  value: wrap(value),
  span: at.span,
  nature: natureOf(INT),
})
const floatNode = (at: Node, value: number): Node => ({ type: 'float', value, span: at.span, nature: natureOf(FLOAT64) })
const boolNode = (at: Node, value: boolean): Node => ({ type: 'bool', value, span: at.span, nature: natureOf(BOOL) })
const stringNode = (at: Node, value: string): Node => ({ type: 'string', value, span: at.span, nature: natureOf(STRING) })

const foldUnary = (node: UnaryNode): Node | undefined => {
  const { operator, node: operand } = node
  if (operand.type === 'integer' && (operator === '-' || operator === '+')) {
    return integerNode(node, operator === '-' ? -operand.value : operand.value)
  }
  if (operand.type === 'float' && (operator === '-' || operator === '+')) {
    return floatNode(node, operator === '-' ? -operand.value : operand.value)
  }
  return operand.type === 'bool' && (operator === '!' || operator === 'not') ? boolNode(node, !operand.value) : undefined
}

const INTEGERS: { readonly [operator: string]: (a: bigint, b: bigint) => bigint } = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
}

const FLOATS: { readonly [operator: string]: (a: number, b: number) => number } = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': power,
  '**': power,
}

const foldNumbers = (node: BinaryNode): Node | undefined => {
  const { operator, left, right } = node
  if (left.type === 'integer' && right.type === 'integer') {
    if (operator === '%') {
      if (right.value === 0n) throw new CompileFailure('integer divide by zero', node.span)
      return integerNode(node, left.value % right.value)
    }
    const whole = INTEGERS[operator]
    if (whole) return integerNode(node, whole(left.value, right.value))
  }
  const isNumber = (one: Node) => one.type === 'integer' || one.type === 'float'
  const float = FLOATS[operator]
  if (!float || !isNumber(left) || !isNumber(right)) return undefined
  return floatNode(node, float(Number(left.value), Number(right.value)))
}

const boolOf = (node: Node): boolean | undefined => (node.type === 'bool' ? node.value : undefined)

/** `true and x` is x, `false and x` is false; the other way round for or. */
const foldLogic = (node: BinaryNode, neutral: boolean): Node | undefined => {
  const [left, right] = [boolOf(node.left), boolOf(node.right)]
  if (left === neutral) return inPlaceOf(node, node.right) as Node
  if (right === neutral) return inPlaceOf(node, node.left) as Node
  return left !== undefined || right !== undefined ? boolNode(node, !neutral) : undefined
}

const foldEqual = (node: BinaryNode): Node | undefined => {
  const { left, right } = node
  const isKnown =
    (left.type === 'integer' && right.type === 'integer') ||
    (left.type === 'string' && right.type === 'string') ||
    (left.type === 'bool' && right.type === 'bool')
  return isKnown ? boolNode(node, left.value === right.value) : undefined
}

const foldBinary = (node: BinaryNode): Node | undefined => {
  const { operator, left, right } = node
  if (operator === '+' && left.type === 'string' && right.type === 'string') {
    return stringNode(node, joined(left.value, right.value))
  }
  if (operator === 'and' || operator === '&&') return foldLogic(node, true)
  if (operator === 'or' || operator === '||') return foldLogic(node, false)
  return operator === '==' ? foldEqual(node) : foldNumbers(node)
}

/** An array of literals is one constant. */
const foldArray = (node: ArrayNode): Node | undefined => {
  const values: Value[] = []
  for (const item of node.nodes) {
    if (item.type !== 'integer' && item.type !== 'float' && item.type !== 'string' && item.type !== 'bool') return undefined
    values.push(item.value)
  }
  if (values.length === 0) return undefined
  return { type: 'constant', value: anys(values), span: node.span, nature: natureOf(ANYS) }
}

/** A filter of a filter is one filter. */
const foldFilter = (node: BuiltinNode): Node | undefined => {
  const [inner, outer] = node.args
  if (node.name !== 'filter' || inner?.type !== 'builtin' || inner.name !== 'filter' || outer?.type !== 'predicate')
    return undefined
  const [items, first] = inner.args
  if (!items || first?.type !== 'predicate') return undefined
  const { span, nature } = outer
  const both: Node = { type: 'binary', operator: '&&', left: first.node, right: outer.node, span, nature }
  const predicate: Node = { type: 'predicate', node: both, span, nature }
  return { type: 'builtin', name: 'filter', args: [items, predicate], span: node.span, nature: natureOf(typeIn(node.nature)) }
}

const foldOne = (node: Node): Node | undefined => {
  if (node.type === 'unary') return foldUnary(node)
  if (node.type === 'binary') return foldBinary(node)
  if (node.type === 'array') return foldArray(node)
  return node.type === 'builtin' ? foldFilter(node) : undefined
}

const MAX_ROUNDS = 1001

/** Throws CompileFailure for `x % 0`. */
export const fold = (root: Node): Node => {
  let node = root
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    let isChanged = false
    node = walk(node, one => {
      const folded = foldOne(one)
      if (folded) isChanged = true
      return folded ?? one
    })
    if (!isChanged) break
  }
  return node
}
