/** Visits a tree from its leaves up; what a visit returns takes the node's place. */
import type { Node, PairNode } from '../ast.ts'
import { type Nature, natureOf, typeIn } from '../check/nature.ts'

export type Visit = (node: Node) => Node

const inPlace = (nodes: Node[], visit: Visit): void => {
  for (const [i, node] of nodes.entries()) nodes[i] = walk(node, visit)
}

const walkPair = (pair: PairNode, visit: Visit): void => {
  pair.key = walk(pair.key, visit)
  pair.value = walk(pair.value, visit)
}

const walkSlice = (node: Extract<Node, { type: 'slice' }>, visit: Visit): void => {
  node.node = walk(node.node, visit)
  if (node.from) node.from = walk(node.from, visit)
  if (node.to) node.to = walk(node.to, visit)
}

/** The parts of each kind of node. */
const walkParts = (node: Node, visit: Visit): void => {
  switch (node.type) {
    case 'unary':
    case 'chain':
    case 'predicate':
      node.node = walk(node.node, visit)
      break
    case 'binary':
      node.left = walk(node.left, visit)
      node.right = walk(node.right, visit)
      break
    case 'member':
      node.node = walk(node.node, visit)
      node.property = walk(node.property, visit)
      break
    case 'slice':
      walkSlice(node, visit)
      break
    case 'call':
      node.callee = walk(node.callee, visit)
      inPlace(node.args, visit)
      break
    case 'builtin':
      inPlace(node.args, visit)
      break
    case 'let':
      node.value = walk(node.value, visit)
      node.body = walk(node.body, visit)
      break
    case 'sequence':
    case 'array':
      inPlace(node.nodes, visit)
      break
    case 'conditional':
      node.condition = walk(node.condition, visit)
      node.yes = walk(node.yes, visit)
      node.no = walk(node.no, visit)
      break
    case 'map':
      for (const pair of node.pairs) walkPair(pair, visit)
      break
    default:
  }
}

export const walk = (node: Node, visit: Visit): Node => {
  walkParts(node, visit)
  return visit(node)
}

/** Only the type is kept of what was known: that is all that is left to decide. */
export const plain = (node: Node): Nature => natureOf(typeIn(node.nature))

/** `made` in the place of `node`, with that one's type. */
export const inPlaceOf = <T extends object>(node: Node, made: T) => ({ ...made, span: node.span, nature: plain(node) })
