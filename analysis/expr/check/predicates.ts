/** The builtins that evaluate an expression for each item. */
import type { BuiltinNode, Node } from '../ast.ts'
import { ANYS, BOOL, GROUPS, INT } from '../go/types.ts'
import { type Checker, type Named, reject } from './checker.ts'
import {
  arrayOf,
  deref,
  elementOf,
  isArray,
  isBool,
  isString,
  isUnknown,
  type Nature,
  nameOf,
  natureOf,
  typeIn,
  UNKNOWN,
} from './nature.ts'

const INDEX: Named = { name: 'index', nature: natureOf(INT) }
const ACC: Named = { name: 'acc', nature: UNKNOWN }

const collectionOf = (checker: Checker, node: BuiltinNode): Nature => {
  const [first] = node.args as [Node]
  const collection = deref(checker.visit(first))
  if (isArray(collection) || isUnknown(collection)) return collection
  return reject(first, `builtin ${node.name} takes only array (got ${nameOf(collection)})`)
}

/** The nature of a predicate's result. */
const bodyOf = (checker: Checker, node: Node, collection: Nature, names: readonly Named[]): Nature => {
  checker.scopes.push({ collection, names })
  const body = checker.visit(node.type === 'predicate' ? node.node : node)
  checker.scopes.pop()
  return body
}

type Rule = (collection: Nature, body: Nature) => Nature

const bool: Rule = () => natureOf(BOOL)
const int: Rule = () => natureOf(INT)
const element: Rule = collection => (isUnknown(collection) ? UNKNOWN : elementOf(collection))

type Shape = { readonly rule: Rule; readonly isTest?: true; readonly names?: readonly Named[] }

const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ...['all', 'none', 'any', 'one'].map(name => [name, { rule: bool, isTest: true }] as const),
  ...['find', 'findLast'].map(name => [name, { rule: element, isTest: true }] as const),
  ...['count', 'findIndex', 'findLastIndex'].map(name => [name, { rule: int, isTest: true }] as const),
  ['filter', { rule: from => (isUnknown(from) ? natureOf(ANYS) : arrayOf(elementOf(from))), isTest: true }],
  ['map', { rule: (_, body) => arrayOf(body), names: [INDEX] }],
  ['sum', { rule: (_, body) => natureOf(typeIn(body)) }],
  ['groupBy', { rule: () => natureOf(GROUPS) }],
  ['sortBy', { rule: collection => collection }],
  ['reduce', { rule: (_, body) => body, names: [INDEX, ACC] }],
])

export const isPredicateBuiltin = (name: string): boolean => SHAPES.has(name)

/** The third argument: the order of sortBy, the first value of reduce. */
const checkThird = (checker: Checker, name: string, third: Node): void => {
  const nature = checker.visit(third)
  if (name !== 'sortBy' || isString(nature) || isUnknown(nature)) return
  reject(third, `sortBy order argument must be a string (got ${nameOf(nature)})`)
}

export const checkPredicateBuiltin = (checker: Checker, node: BuiltinNode): Nature => {
  const shape = SHAPES.get(node.name) as Shape
  const collection = collectionOf(checker, node)
  const [, predicate, third] = node.args
  if (!predicate) return node.name === 'count' ? natureOf(INT) : element(collection, UNKNOWN)
  const body = bodyOf(checker, predicate, collection, shape.names ?? [])
  if (third) checkThird(checker, node.name, third)
  if (body.isNil) reject(predicate, 'predicate should has one input and one output param')
  if (shape.isTest && !isBool(body) && !isUnknown(body)) {
    reject(predicate, `predicate should return boolean (got ${nameOf(body)})`)
  }
  return shape.rule(collection, body)
}
