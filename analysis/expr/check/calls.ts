/** Calls of functions, methods and plain builtins. */
import type { BuiltinNode, CallNode, Node } from '../ast.ts'
import type { Builtin } from '../builtins/builtin.ts'
import { ANY, FLOAT64, type GoType } from '../go/types.ts'
import { CompileFailure } from '../problem.ts'
import { type Checker, reject } from './checker.ts'
import {
  assignable,
  deref,
  elementOf,
  isArray,
  isFloat,
  isInteger,
  isMapNature,
  isUnknown,
  kindOf,
  type Nature,
  nameOf,
  natureOf,
  UNKNOWN,
} from './nature.ts'

/** Whole numbers written where a float is wanted are floats, also inside of sums and products. */
const toFloats = (node: Node): Node => {
  if (node.type === 'integer') return { type: 'float', value: Number(node.value), span: node.span, nature: natureOf(FLOAT64) }
  if (node.type === 'unary') node.node = toFloats(node.node)
  if (node.type === 'binary' && ['+', '-', '*'].includes(node.operator)) {
    node.left = toFloats(node.left)
    node.right = toFloats(node.right)
  }
  return node
}

const parameterAt = (fn: GoType, i: number): GoType => {
  const params = fn.params ?? []
  const last = params.at(-1)
  if (fn.isVariadic && i >= params.length - 1) return last?.elem ?? ANY
  return params[i] ?? ANY
}

const countProblem = (name: string, fn: GoType, count: number): string | undefined => {
  const wanted = fn.params?.length ?? 0
  if (count < (fn.isVariadic ? wanted - 1 : wanted)) return `not enough arguments to call ${name}`
  return !fn.isVariadic && count > wanted ? `too many arguments to call ${name}` : undefined
}

const argumentProblem = (name: string, nature: Nature, wanted: Nature): string | undefined => {
  if (nature.isNil) {
    const takesNil = ['ptr', 'interface'].includes(kindOf(wanted))
    return takesNil ? undefined : `cannot use nil as argument (type ${nameOf(wanted)}) to call ${name}`
  }
  if (isUnknown(nature) || assignable(nature, wanted) || assignable(deref(nature), wanted)) return undefined
  return `cannot use ${nameOf(nature)} as argument (type ${nameOf(wanted)}) to call ${name} `
}

const checkArgument = (checker: Checker, name: string, args: Node[], i: number, wanted: Nature): CompileFailure | undefined => {
  const arg = args[i] as Node
  const nature = checker.visit(arg)
  if (isInteger(nature) && isInteger(wanted)) return undefined
  if (isInteger(nature) && isFloat(wanted)) {
    args[i] = toFloats(arg)
    return undefined
  }
  const problem = argumentProblem(name, nature, wanted)
  return problem === undefined ? undefined : new CompileFailure(problem, arg.span)
}

/** The result's nature, or why the arguments do not fit. */
const checkArguments = (checker: Checker, name: string, fn: GoType, args: Node[], node: Node): Nature | CompileFailure => {
  const results = fn.results ?? []
  if (results.length === 0) return new CompileFailure(`func ${name} doesn't return value`, node.span)
  if (results.length > 2) return new CompileFailure(`func ${name} returns more then two values`, node.span)
  const count = countProblem(name, fn, args.length)
  if (count !== undefined) {
    for (const arg of args) checker.visit(arg)
    return new CompileFailure(count, node.span)
  }
  for (const i of args.keys()) {
    const problem = checkArgument(checker, name, args, i, natureOf(parameterAt(fn, i)))
    if (problem) return problem
  }
  return natureOf(results[0] ?? ANY)
}

const checkOverloads = (checker: Checker, builtin: Builtin, node: BuiltinNode): Nature => {
  let last: CompileFailure | undefined
  for (const type of builtin.types ?? []) {
    const result = checkArguments(checker, builtin.name, type, node.args, node)
    if (!(result instanceof CompileFailure)) return result
    last = result
  }
  throw last ?? new CompileFailure(`no matching overload for ${builtin.name}`, node.span)
}

const checkLookup = (from: Node, base: Nature, at: Node, key: Nature): Nature => {
  if (isArray(base)) {
    return isInteger(key) || isUnknown(key) ? elementOf(base) : reject(at, `non-integer slice index ${nameOf(key)}`)
  }
  if (!isMapNature(base)) return reject(from, `type ${nameOf(base)} does not support indexing`)
  const wanted = natureOf(base.type?.key ?? ANY)
  if (assignable(key, wanted) || isUnknown(key)) return elementOf(base)
  return reject(at, `cannot use ${nameOf(key)} to get an element from ${nameOf(base)}`)
}

const checkGet = (checker: Checker, node: BuiltinNode): Nature => {
  const [from, at] = node.args
  if (!from || !at || node.args.length !== 2) {
    return reject(node, `invalid number of arguments (expected 2, got ${node.args.length})`)
  }
  const base = checker.visit(from)
  const key = deref(checker.visit(at))
  if (from.type === 'identifier' && from.name === '$env') {
    return (at.type === 'string' ? checker.env.get(at.value) : undefined) ?? UNKNOWN
  }
  return isUnknown(base) ? UNKNOWN : checkLookup(from, base, at, key)
}

/** A builtin without predicate. */
export const checkBuiltin = (checker: Checker, node: BuiltinNode): Nature => {
  if (node.name === 'get') return checkGet(checker, node)
  const builtin = checker.builtins.get(node.name)
  if (!builtin) return reject(node, `unknown builtin ${node.name}`)
  if (!builtin.validate) return checkOverloads(checker, builtin, node)
  const types = node.args.map(arg => {
    const nature = checker.visit(arg)
    return isUnknown(nature) ? ANY : nature.type
  })
  const result = builtin.validate(types)
  return 'problem' in result ? reject(node, result.problem) : natureOf(result)
}

const calleeName = ({ callee }: CallNode): string => {
  if (callee.type === 'identifier') return callee.name
  return callee.type === 'member' && callee.property.type === 'string' ? callee.property.value : 'function'
}

/** A function of the environment, a method, or a value that may turn out to be a function. */
export const checkCall = (checker: Checker, node: CallNode): Nature => {
  if (node.callee.type === 'identifier' && node.callee.name === '$env') {
    return reject(node, 'map[string]interface {} is not callable')
  }
  const callee = checker.visit(node.callee)
  if (isUnknown(callee)) return UNKNOWN
  const name = calleeName(node)
  if (callee.isNil) return reject(node, `${name} is nil; cannot call nil as function`)
  if (callee.type?.kind !== 'func') return reject(node, `${nameOf(callee)} is not callable`)
  const result = checkArguments(checker, name, callee.type, node.args, node)
  if (result instanceof CompileFailure) throw result
  return result
}
