/** The syntax tree. The checker notes on each node what it knows about its value; the optimiser replaces nodes. */
import type { Nature } from './check/nature.ts'
import type { Span } from './problem.ts'
import type { Value } from './run/values.ts'

type Base = { span: Span; nature: Nature }

export type NilNode = Base & { type: 'nil' }
export type IdentifierNode = Base & { type: 'identifier'; name: string }
export type IntegerNode = Base & { type: 'integer'; value: bigint }
export type FloatNode = Base & { type: 'float'; value: number }
export type BoolNode = Base & { type: 'bool'; value: boolean }
export type StringNode = Base & { type: 'string'; value: string }
export type BytesNode = Base & { type: 'bytes'; value: Uint8Array }
/** Made by the optimiser. */
export type ConstantNode = Base & { type: 'constant'; value: Value }
export type UnaryNode = Base & { type: 'unary'; operator: string; node: Node }
export type BinaryNode = Base & { type: 'binary'; operator: string; left: Node; right: Node }
/** The whole of `a?.b.c`: nil when one of its optional members has no base. */
export type ChainNode = Base & { type: 'chain'; node: Node }
export type MemberNode = Base & { type: 'member'; node: Node; property: Node; isOptional: boolean; isMethod: boolean }
export type SliceNode = Base & { type: 'slice'; node: Node; from?: Node; to?: Node }
export type CallNode = Base & { type: 'call'; callee: Node; args: Node[] }
export type BuiltinNode = Base & {
  type: 'builtin'
  name: string
  args: Node[]
  /** What of a found item is the result, instead of the item. */
  map?: Node
  /** Nothing found is an error. */
  throws?: boolean
  /** Counting may stop here. */
  threshold?: bigint
}
export type PredicateNode = Base & { type: 'predicate'; node: Node }
export type PointerNode = Base & { type: 'pointer'; name: string }
export type LetNode = Base & { type: 'let'; name: string; value: Node; body: Node }
export type SequenceNode = Base & { type: 'sequence'; nodes: Node[] }
export type ConditionalNode = Base & { type: 'conditional'; isTernary: boolean; condition: Node; yes: Node; no: Node }
export type ArrayNode = Base & { type: 'array'; nodes: Node[] }
export type PairNode = Base & { type: 'pair'; key: Node; value: Node }
export type MapNode = Base & { type: 'map'; pairs: PairNode[] }

export type Node =
  | NilNode
  | IdentifierNode
  | IntegerNode
  | FloatNode
  | BoolNode
  | StringNode
  | BytesNode
  | ConstantNode
  | UnaryNode
  | BinaryNode
  | ChainNode
  | MemberNode
  | SliceNode
  | CallNode
  | BuiltinNode
  | PredicateNode
  | PointerNode
  | LetNode
  | SequenceNode
  | ConditionalNode
  | ArrayNode
  | MapNode
  | PairNode
