/** Sums of ranges of literals are computed, by the formula of the arithmetic series. */
import type { BinaryNode, BuiltinNode, Node } from '../ast.ts'
import { natureOf } from '../check/nature.ts'
import { wrap } from '../go/numbers.ts'
import { INT } from '../go/types.ts'
import type { Visit } from './walk.ts'

type Series = { readonly count: bigint; readonly sum: bigint }

const seriesOf = (node: Node | undefined): Series | undefined => {
  if (node?.type !== 'binary' || node.operator !== '..' || node.left.type !== 'integer' || node.right.type !== 'integer')
    return undefined
  const [from, to] = [node.left.value, node.right.value]
  if (to < from) return undefined
  const count = wrap(to - from + 1n)
  // The division comes last and on the wrapped product, as in 64 bits.
  return { count, sum: wrap(count * wrap(from + to)) / 2n }
}

const isItem = (node: Node): boolean => node.type === 'pointer' && node.name === ''

const ofBinary = ({ operator, left, right }: BinaryNode, { count, sum }: Series): bigint | undefined => {
  const isItemFirst = isItem(left)
  const constant = isItemFirst ? right : isItem(right) ? left : undefined
  if (constant?.type !== 'integer') return undefined
  const all = count * constant.value
  if (operator === '*') return constant.value * sum
  if (operator === '+') return sum + all
  if (operator !== '-') return undefined
  return isItemFirst ? sum - all : all - sum
}

const sumOf = (node: BuiltinNode, series: Series): bigint | undefined => {
  const [, predicate] = node.args
  if (!predicate) return series.sum
  if (predicate.type !== 'predicate') return undefined
  if (isItem(predicate.node)) return series.sum
  return predicate.node.type === 'binary' ? ofBinary(predicate.node, series) : undefined
}

const isSumming = (node: Node | undefined): boolean => {
  if (node?.type !== 'predicate' || node.node.type !== 'binary' || node.node.operator !== '+') return false
  const names = [node.node.left, node.node.right].map(side => (side.type === 'pointer' ? side.name : undefined))
  return names.includes('') && names.includes('acc')
}

const reduced = (node: BuiltinNode, series: Series): bigint | undefined => {
  const [, predicate, start] = node.args
  if (!isSumming(predicate)) return undefined
  if (!start) return series.sum
  return start.type === 'integer' ? start.value + series.sum : undefined
}

export const sumRange: Visit = node => {
  if (node.type !== 'builtin' || (node.name !== 'sum' && node.name !== 'reduce')) return node
  const series = seriesOf(node.args[0])
  const value = series && (node.name === 'sum' ? sumOf(node, series) : reduced(node, series))
  return value === undefined ? node : { type: 'integer', value: wrap(value), span: node.span, nature: natureOf(INT) }
}
