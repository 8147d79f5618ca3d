/**
 * The Go library's other optimisations. They are here because some can be seen: a loop that ends early does not meet the error in a
 * later item, and a sum of an array adds in another order.
 */
import type { BinaryNode, BuiltinNode, Node } from '../ast.ts'
import { kindOf, natureOf, typeIn } from '../check/nature.ts'
import { INT_SET, STRING_SET } from '../go/types.ts'
import { mapWith } from '../run/values.ts'
import { inPlaceOf, type Visit, walk } from './walk.ts'

const isBuiltin = (node: Node | undefined, name: string, args: number): node is BuiltinNode =>
  node?.type === 'builtin' && node.name === name && node.args.length === args

/** `x in [1, 2]` and `x in ["a", "b"]` look into a set. */
export const inArray: Visit = node => {
  if (node.type !== 'binary' || node.operator !== 'in' || node.right.type !== 'array' || node.right.nodes.length === 0)
    return node
  const { nodes } = node.right
  const isInts = kindOf(node.left.nature) === 'int' && nodes.every(({ type }) => type === 'integer')
  if (!isInts && !nodes.every(({ type }) => type === 'string')) return node
  const type = isInts ? INT_SET : STRING_SET
  const values = nodes.flatMap(one => (one.type === 'integer' || one.type === 'string' ? [one.value] : []))
  const right: Node = {
    type: 'constant',
    value: mapWith(
      type,
      values.map(value => [value, true] as const),
    ),
    span: node.span,
    nature: natureOf(type),
  }
  return inPlaceOf(node, { type: 'binary', operator: 'in', left: node.left, right } as const)
}

/** `x in 1..9` compares. */
const inRange: Visit = node => {
  if (node.type !== 'binary' || node.operator !== 'in' || kindOf(node.left.nature) !== 'int') return node
  const range = node.right
  if (range.type !== 'binary' || range.operator !== '..' || range.left.type !== 'integer' || range.right.type !== 'integer')
    return node
  const compare = (operator: string, right: Node): Node => ({
    type: 'binary',
    operator,
    left: node.left,
    right,
    span: node.span,
    nature: {},
  })
  const [left, right] = [compare('>=', range.left), compare('<=', range.right)]
  return inPlaceOf(node, { type: 'binary', operator: 'and', left, right } as const)
}

const usesIndex = (node: Node): boolean => {
  let isUsed = false
  walk(structuredClone(node), one => {
    if (one.type === 'pointer' && one.name === 'index') isUsed = true
    return one
  })
  return isUsed
}

/** A map of a filter is one loop. */
const filterMap: Visit = node => {
  if (!isBuiltin(node, 'map', 2)) return node
  const [filter, predicate] = node.args
  if (filter?.type !== 'builtin' || filter.name !== 'filter' || filter.map || predicate?.type !== 'predicate') return node
  if (usesIndex(predicate)) return node
  return inPlaceOf(node, { type: 'builtin', name: 'filter', args: filter.args, map: predicate.node } as const)
}

const filterLen: Visit = node => {
  const filter = isBuiltin(node, 'len', 1) ? node.args[0] : undefined
  return isBuiltin(filter, 'filter', 2) ? inPlaceOf(node, { type: 'builtin', name: 'count', args: filter.args } as const) : node
}

/** The first or last of a filter is found without the others. */
const filterEnd =
  (index: bigint, function_: string, name: string): Visit =>
  node => {
    const isIndexed =
      node.type === 'member' && !node.isOptional && node.property.type === 'integer' && node.property.value === index
    const filter = isIndexed ? node.node : isBuiltin(node, function_, 1) ? node.args[0] : undefined
    if (!isBuiltin(filter, 'filter', 2)) return node
    const map = filter.map ? { map: filter.map } : {}
    return inPlaceOf(node, { type: 'builtin', name, args: filter.args, throws: isIndexed, ...map } as const)
  }

const COMBINED: { readonly [name: string]: { readonly [operator: string]: string } } = {
  all: { and: 'and', '&&': '&&' },
  any: { or: 'or', '||': '||' },
  none: { and: 'or', '&&': '||' },
}

/** Equal texts, whatever stands where. */
const shapeOf = (node: Node): string =>
  JSON.stringify(node, (key, value: unknown) =>
    key === 'span' || key === 'nature' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
  )

/** Two tests of the same items are one loop. */
const combine: Visit = node => {
  if (node.type !== 'binary' || node.left.type !== 'builtin' || node.right.type !== 'builtin') return node
  const { left, right } = node
  const operator = left.name === right.name ? COMBINED[left.name]?.[node.operator] : undefined
  const [items, first] = left.args
  const [others, second] = right.args
  if (operator === undefined || !items || !others || first?.type !== 'predicate' || second?.type !== 'predicate') return node
  if (typeIn(items.nature).name !== typeIn(others.nature).name || shapeOf(items) !== shapeOf(others)) return node
  const both = combine({ type: 'binary', operator, left: first.node, right: second.node, span: node.span, nature: {} })
  const predicate: Node = { type: 'predicate', node: both, span: node.span, nature: {} }
  return inPlaceOf(node, { type: 'builtin', name: left.name, args: [items, predicate] } as const)
}

/** `sum([a, b, c])` is a + (b + c). */
const sumArray: Visit = node => {
  const array = isBuiltin(node, 'sum', 1) ? node.args[0] : undefined
  if (array?.type !== 'array' || array.nodes.length < 2) return node
  const [last, ...others] = array.nodes.toReversed()
  const sum = others.reduce<Node>(
    (right, left) => ({ type: 'binary', operator: '+', left, right, span: node.span, nature: {} }),
    last as Node,
  )
  return inPlaceOf(node, sum as BinaryNode)
}

const sumMap: Visit = node => {
  const map = isBuiltin(node, 'sum', 1) ? node.args[0] : undefined
  return isBuiltin(map, 'map', 2) ? inPlaceOf(node, { type: 'builtin', name: 'sum', args: map.args } as const) : node
}

const countOf = (node: Node): { readonly count: BuiltinNode; readonly operator: string; readonly limit: bigint } | undefined =>
  node.type === 'binary' && isBuiltin(node.left, 'count', 2) && node.right.type === 'integer'
    ? { count: node.left, operator: node.operator, limit: node.right.value }
    : undefined

const countAny: Visit = node => {
  const found = countOf(node)
  const isAny = found && ((found.operator === '>' && found.limit === 0n) || (found.operator === '>=' && found.limit === 1n))
  return isAny ? inPlaceOf(node, { type: 'builtin', name: 'any', args: found.count.args } as const) : node
}

const EXTRA: { readonly [operator: string]: bigint } = { '>': 1n, '>=': 0n, '<': 0n, '<=': 1n }

/** Counting ends when the comparison is decided. */
const countThreshold: Visit = node => {
  const found = countOf(node)
  const extra = found ? EXTRA[found.operator] : undefined
  if (!found || extra === undefined || found.limit < 0n || found.limit + extra <= 1n) return node
  found.count.threshold = found.limit + extra
  return node
}

export const BEFORE_SUMS: readonly Visit[] = [
  inRange,
  filterMap,
  filterLen,
  filterEnd(-1n, 'last', 'findLast'),
  filterEnd(0n, 'first', 'find'),
  combine,
]
export const AFTER_SUMS: readonly Visit[] = [sumArray, sumMap, countAny, countThreshold]
