/** Finds the nature of every node, or why the expression can have no value in this environment. */
import type { ConditionalNode, IdentifierNode, LetNode, MemberNode, Node, PointerNode, SliceNode } from '../ast.ts'
import type { Builtin } from '../builtins/builtin.ts'
import { ANY, ANYS, BOOL, BYTES, ERROR, FLOAT64, funcOf, INT, STRING, STRING_MAP } from '../go/types.ts'
import { typeOf } from '../run/values.ts'
import { methodType } from '../time/methods.ts'
import { checkBuiltin, checkCall } from './calls.ts'
import { type Checker, reject } from './checker.ts'
import {
  arrayOf,
  assignable,
  deref,
  elementOf,
  isArray,
  isBool,
  isInteger,
  isMapNature,
  isUnknown,
  kindOf,
  type Nature,
  NIL,
  nameOf,
  natureOf,
  UNKNOWN,
} from './nature.ts'
import { checkBinary, checkUnary } from './operators.ts'
import { checkPredicateBuiltin, isPredicateBuiltin } from './predicates.ts'

/** What Go says of a builtin that has no declared type. */
const UNTYPED = funcOf([ANYS], [ANY, ERROR], true)

const nameNature = (
  checker: Checker,
  node: Node,
  name: string,
  options: { isStrict: boolean; withBuiltins: boolean },
): Nature => {
  const nature = checker.env.get(name)
  if (nature) return nature
  const builtin = options.withBuiltins ? checker.builtins.get(name) : undefined
  if (builtin) return natureOf(builtin.types?.[0] ?? UNTYPED)
  return options.isStrict ? reject(node, `unknown name ${name}`) : UNKNOWN
}

const checkIdentifier = (checker: Checker, node: IdentifierNode): Nature => {
  const variable = checker.variables.findLast(({ name }) => name === node.name)
  if (variable) return variable.nature
  return node.name === '$env' ? UNKNOWN : nameNature(checker, node, node.name, { isStrict: true, withBuiltins: true })
}

const noMember = (node: MemberNode, base: Nature, property: Nature): Nature => {
  if (node.property.type !== 'string') return reject(node, `type ${nameOf(base)}[${nameOf(property)}] is undefined`)
  return reject(node, `type ${nameOf(base)} has no ${node.isMethod ? 'method' : 'field'} ${node.property.value}`)
}

const checkLookup = (node: MemberNode, base: Nature, property: Nature): Nature => {
  if (isMapNature(base)) {
    if (assignable(property, natureOf(base.type?.key ?? ANY)) || isUnknown(property)) return elementOf(base)
    return reject(node.property, `cannot use ${nameOf(property)} to get an element from ${nameOf(base)}`)
  }
  if (!isArray(base)) return noMember(node, base, property)
  const index = deref(property)
  if (isInteger(index) || isUnknown(index)) return elementOf(base)
  return reject(node.property, `array elements can only be selected using an integer (got ${nameOf(index)})`)
}

const checkMember = (checker: Checker, node: MemberNode): Nature => {
  if (node.node.type === 'identifier' && node.node.name === '$env') {
    if (node.property.type !== 'string') return UNKNOWN
    return nameNature(checker, node, node.property.value, { isStrict: !node.isOptional, withBuiltins: false })
  }
  const pointed = checker.visit(node.node)
  const property = checker.visit(node.property)
  if (isUnknown(pointed)) return UNKNOWN
  if (node.property.type === 'string') {
    if (pointed.isNil) return reject(node, `type nil has no field ${node.property.value}`)
    const method = methodType(pointed.type, node.property.value)
    if (method) return natureOf(method)
  }
  return checkLookup(node, deref(pointed), property)
}

const checkSlice = (checker: Checker, node: SliceNode): Nature => {
  const nature = checker.visit(node.node)
  if (isUnknown(nature)) return UNKNOWN
  if (!isArray(nature) && kindOf(nature) !== 'string') return reject(node, `cannot slice ${nameOf(nature)}`)
  for (const bound of [node.from, node.to]) {
    if (!bound) continue
    const index = deref(checker.visit(bound))
    if (!isInteger(index) && !isUnknown(index)) reject(bound, `non-integer slice index ${nameOf(index)}`)
  }
  return nature
}

const checkPointer = (checker: Checker, node: PointerNode): Nature => {
  const scope = checker.scopes.at(-1)
  if (!scope) return reject(node, 'cannot use pointer accessor outside predicate')
  if (node.name === '') return isUnknown(scope.collection) ? UNKNOWN : elementOf(scope.collection)
  return scope.names.find(({ name }) => name === node.name)?.nature ?? reject(node, `unknown pointer #${node.name}`)
}

const checkLet = (checker: Checker, node: LetNode): Nature => {
  if (checker.env.has(node.name)) return reject(node, `cannot redeclare ${node.name}`)
  if (checker.builtins.has(node.name)) return reject(node, `cannot redeclare builtin ${node.name}`)
  if (checker.variables.some(({ name }) => name === node.name)) return reject(node, `cannot redeclare variable ${node.name}`)
  const nature = checker.visit(node.value)
  checker.variables.push({ name: node.name, nature })
  const body = checker.visit(node.body)
  checker.variables.pop()
  return body
}

const checkConditional = (checker: Checker, node: ConditionalNode): Nature => {
  const condition = deref(checker.visit(node.condition))
  if (!isBool(condition) && !isUnknown(condition)) {
    reject(node.condition, `non-bool expression (type ${nameOf(condition)}) used as condition`)
  }
  const yes = checker.visit(node.yes)
  const no = checker.visit(node.no)
  if (yes.isNil || no.isNil) return yes.isNil ? no : yes
  if (!assignable(yes, no)) return UNKNOWN
  if (!isArray(yes) || !isArray(no)) return yes
  const [first, second] = [elementOf(yes), elementOf(no)]
  return assignable(first, second) && assignable(second, first) ? yes : natureOf(ANYS)
}

const checkArray = (checker: Checker, nodes: readonly Node[]): Nature => {
  const natures = nodes.map(node => checker.visit(node))
  const kinds = new Set(natures.map(kindOf))
  return kinds.size <= 1 ? arrayOf(natures.at(-1) ?? UNKNOWN) : natureOf(ANYS)
}

const checkSequence = (checker: Checker, nodes: readonly Node[]): Nature => {
  let last: Nature = UNKNOWN
  for (const node of nodes) last = checker.visit(node)
  return last
}

const find = (checker: Checker, node: Node): Nature => {
  switch (node.type) {
    case 'nil':
      return NIL
    case 'integer':
      return natureOf(INT)
    case 'float':
      return natureOf(FLOAT64)
    case 'bool':
      return natureOf(BOOL)
    case 'string':
      return natureOf(STRING)
    case 'bytes':
      return natureOf(BYTES)
    case 'constant':
      return natureOf(typeOf(node.value) ?? ANY)
    case 'identifier':
      return checkIdentifier(checker, node)
    case 'unary':
      return checkUnary(checker, node)
    case 'binary':
      return checkBinary(checker, node)
    case 'chain':
      return checker.visit(node.node)
    case 'member':
      return checkMember(checker, node)
    case 'slice':
      return checkSlice(checker, node)
    case 'call':
      return checkCall(checker, node)
    case 'builtin':
      return isPredicateBuiltin(node.name) ? checkPredicateBuiltin(checker, node) : checkBuiltin(checker, node)
    case 'predicate':
      return checker.visit(node.node)
    case 'pointer':
      return checkPointer(checker, node)
    case 'let':
      return checkLet(checker, node)
    case 'sequence':
      return checkSequence(checker, node.nodes)
    case 'conditional':
      return checkConditional(checker, node)
    case 'array':
      return checkArray(checker, node.nodes)
    case 'map':
      for (const pair of node.pairs) checker.visit(pair)
      return natureOf(STRING_MAP)
    case 'pair':
      checker.visit(node.key)
      checker.visit(node.value)
      return NIL
  }
}

/** Notes each node's nature; throws CompileFailure. */
export const check = (root: Node, env: ReadonlyMap<string, Nature>, builtins: ReadonlyMap<string, Builtin>): void => {
  const checker: Checker = {
    env,
    builtins,
    scopes: [],
    variables: [],
    visit: node => {
      node.nature = find(checker, node)
      return node.nature
    },
  }
  checker.visit(root)
}
