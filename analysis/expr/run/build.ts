/** Compiles a checked tree to a function. */
import type {
  BinaryNode,
  BuiltinNode,
  CallNode,
  ConditionalNode,
  LetNode,
  MapNode,
  MemberNode,
  Node,
  PointerNode,
  SliceNode,
  UnaryNode,
} from '../ast.ts'
import type { Builtin } from '../builtins/builtin.ts'
import { kindOf } from '../check/nature.ts'
import { compilePattern } from '../go/regexp.ts'
import { CompileFailure } from '../problem.ts'
import { negate } from './arithmetic.ts'
import { callFunction } from './call.ts'
import { fetch, lengthOf, slice } from './fetch.ts'
import { asBool, type Builder, type Code, costOf, type Frame, type Loop } from './frame.ts'
import { buildLoop } from './loops.ts'
import { asText, matchesPattern, operationOf } from './operations.ts'
import { anys, bytesValue, isNil, stringMap, type Value } from './values.ts'

type Run = (frame: Frame) => Value
const buildLogic = (builder: Builder, { left, right }: BinaryNode, endsAt: boolean): Run => {
  const [first, second] = [builder.build(left), builder.build(right)]
  return frame => {
    const value = first(frame)
    return asBool(value) === endsAt ? value : second(frame)
  }
}

const buildConstantMatch = (builder: Builder, { left, span }: BinaryNode, text: string): Run => {
  const value = builder.build(left)
  const pattern = compilePattern(text)
  if ('problem' in pattern) throw new CompileFailure(pattern.problem, span)
  return frame => matchesPattern(pattern, value(frame))
}

const buildBinary = (builder: Builder, node: BinaryNode): Run => {
  const { operator, right: last } = node
  if (operator === 'or' || operator === '||') return buildLogic(builder, node, true)
  if (operator === 'and' || operator === '&&') return buildLogic(builder, node, false)
  if (operator === 'matches' && last.type === 'string') return buildConstantMatch(builder, node, last.value)
  const [left, right] = [builder.build(node.left), builder.build(node.right)]
  if (operator === '??') {
    return frame => {
      const value = left(frame)
      return isNil(value) ? right(frame) : value
    }
  }
  const operation = operationOf(node)
  return frame => {
    const a = left(frame)
    const b = right(frame)
    frame.at = node.span
    frame.around.step(1 + costOf(a) + costOf(b))
    return operation(a, b, frame)
  }
}

const buildUnary = (builder: Builder, node: UnaryNode): Run => {
  const value = builder.build(node.node)
  if (node.operator === '+') return value
  const isMinus = node.operator === '-'
  return frame => {
    const operand = value(frame)
    frame.at = node.span
    return isMinus ? negate(operand) : !asBool(operand)
  }
}

const buildMember = (builder: Builder, node: MemberNode): Code => {
  const base = builder.buildLink(node.node)
  const property = builder.build(node.property)
  return frame => {
    const from = base(frame)
    if (from === undefined || (node.isOptional && isNil(from))) return undefined
    const key = property(frame)
    frame.at = node.span
    return fetch(from, key)
  }
}

const buildCall = (builder: Builder, node: CallNode): Code => {
  const args = node.args.map(arg => builder.build(arg))
  const callee = builder.buildLink(node.callee)
  const isKnown = kindOf(node.callee.nature) === 'func'
  return frame => {
    const given = args.map(arg => arg(frame))
    const called = callee(frame)
    if (called === undefined) return undefined
    frame.at = node.span
    return callFunction(called, given, isKnown)
  }
}

const buildSlice = (builder: Builder, node: SliceNode): Run => {
  const base = builder.build(node.node)
  const to: Run | undefined = node.to && builder.build(node.to)
  const from: Run = node.from ? builder.build(node.from) : () => 0n
  return frame => {
    const value = base(frame)
    frame.at = node.span
    const high = to ? to(frame) : lengthOf(value)
    return slice(value, from(frame), high)
  }
}

const buildBuiltin = (builder: Builder, node: BuiltinNode): Run => {
  const loop = buildLoop(builder, node)
  if (loop) return loop
  const builtin = builder.builtins.get(node.name)
  if (!builtin) throw new CompileFailure(`unknown builtin ${node.name}`, node.span)
  const args = node.args.map(arg => builder.build(arg))
  return frame => {
    const given = args.map(arg => arg(frame))
    frame.at = node.span
    for (const arg of given) frame.around.step(1 + costOf(arg))
    return builtin.call(given, frame.around)
  }
}

const buildPointer = ({ name }: PointerNode): Run => {
  if (name === 'index') return frame => BigInt((frame.loop as Loop).index)
  if (name === 'acc') return frame => (frame.loop as Loop).acc
  return frame => (frame.loop as Loop).itemAt((frame.loop as Loop).index)
}

const buildLet = (builder: Builder, node: LetNode): Run => {
  const value = builder.build(node.value)
  const slot = builder.slots
  builder.slots += 1
  builder.names.push({ name: node.name, slot })
  const body = builder.build(node.body)
  builder.names.pop()
  return frame => {
    frame.variables[slot] = value(frame)
    return body(frame)
  }
}

const buildName = (builder: Builder, name: string): Run => {
  const variable = builder.names.findLast(one => one.name === name)
  if (variable) return frame => frame.variables[variable.slot] ?? null
  return name === '$env' ? frame => frame.env : frame => frame.env.entries.get(name)?.value ?? null
}

const buildConditional = (builder: Builder, node: ConditionalNode): Run => {
  const [condition, yes, no] = [builder.build(node.condition), builder.build(node.yes), builder.build(node.no)]
  return frame => (asBool(condition(frame)) ? yes(frame) : no(frame))
}

const buildMap = (builder: Builder, node: MapNode): Run => {
  const pairs = node.pairs.map(pair => [builder.build(pair.key), builder.build(pair.value)] as const)
  return frame => {
    const values = pairs.map(([key, value]) => [key(frame), value(frame)] as const)
    frame.at = node.span
    frame.around.grow(values.length)
    // The last of equal keys is put in first, and overwritten by the first.
    return stringMap(values.toReversed().map(([key, value]) => [asText(key), value] as const))
  }
}

const buildArray = (builder: Builder, nodes: readonly Node[]): Run => {
  const items = nodes.map(node => builder.build(node))
  return frame => {
    const values = items.map(item => item(frame))
    frame.around.grow(values.length)
    return anys(values)
  }
}

const buildChain = (builder: Builder, node: Node): Run => {
  const link = builder.buildLink(node)
  return frame => {
    const value = link(frame)
    return value === undefined || isNil(value) ? null : value
  }
}

const buildSequence = (builder: Builder, nodes: readonly Node[]): Run => {
  const codes = nodes.map(node => builder.build(node))
  return frame => codes.reduce<Value>((_, code) => code(frame), null)
}

const constant =
  (value: Value): Run =>
  () =>
    value

const buildNode = (builder: Builder, node: Node): Code => {
  switch (node.type) {
    case 'nil':
      return constant(null)
    case 'integer':
    case 'float':
    case 'bool':
    case 'string':
    case 'constant':
      return constant(node.value)
    case 'bytes':
      return constant(bytesValue(node.value))
    case 'identifier':
      return buildName(builder, node.name)
    case 'unary':
      return buildUnary(builder, node)
    case 'binary':
      return buildBinary(builder, node)
    case 'chain':
      return buildChain(builder, node.node)
    case 'member':
      return buildMember(builder, node)
    case 'slice':
      return buildSlice(builder, node)
    case 'call':
      return buildCall(builder, node)
    case 'builtin':
      return buildBuiltin(builder, node)
    case 'predicate':
      return builder.build(node.node)
    case 'pointer':
      return buildPointer(node)
    case 'let':
      return buildLet(builder, node)
    case 'sequence':
      return buildSequence(builder, node.nodes)
    case 'conditional':
      return buildConditional(builder, node)
    case 'array':
      return buildArray(builder, node.nodes)
    case 'map':
      return buildMap(builder, node)
    case 'pair':
      throw new CompileFailure('a pair outside of a map', node.span)
  }
}

/** Throws CompileFailure. */
export const buildCode = (root: Node, builtins: ReadonlyMap<string, Builtin>): Run => {
  const builder: Builder = {
    builtins,
    names: [],
    slots: 0,
    buildLink: node => buildNode(builder, node),
    build: node => {
      const code = buildNode(builder, node)
      return frame => code(frame) ?? null
    },
  }
  return builder.build(root)
}
