/** What may follow a value: members, calls of members, indices, slices. */
import type { Node } from '../ast.ts'
import { callArguments } from './calls.ts'
import { advance, complain, current, expect, made, type Parser, sees, takes } from './state.ts'
import { is, isIdentifier, type Token } from './token.ts'

const member = (parser: Parser, base: Node, isOptional: boolean): Node => {
  const name = current(parser)
  const isName = name.kind === 'Identifier' || (name.kind === 'Operator' && isIdentifier(name.value))
  if (!isName) complain('expected name', name)
  advance(parser)
  const property = made(parser, name.span, { type: 'string', value: name.value } as const)
  const isChain = base.type === 'chain'
  const node = isChain ? base.node : base
  const access = made(parser, name.span, { type: 'member', node, property, isOptional, isMethod: false } as const)
  let result: Node = access
  if (sees(parser, 'Bracket', '(')) {
    const args = callArguments(parser, [])
    result = made(parser, name.span, { type: 'call', callee: { ...access, isMethod: true }, args })
  }
  return isChain || isOptional ? made(parser, name.span, { type: 'chain', node: result }) : result
}

const slice = (parser: Parser, node: Node, from: Node | undefined, token: Token): Node => {
  const to = sees(parser, 'Bracket', ']') ? undefined : parser.expression(0)
  const result = made(parser, token.span, { type: 'slice', node, ...(from && { from }), ...(to && { to }) } as const)
  expect(parser, 'Bracket', ']')
  return result
}

/** After the opening bracket. */
const index = (parser: Parser, node: Node, isOptional: boolean, token: Token): Node => {
  if (takes(parser, 'Operator', ':')) return slice(parser, node, undefined, token)
  const property = parser.expression(0)
  if (takes(parser, 'Operator', ':')) return slice(parser, node, property, token)
  const access = made(parser, token.span, { type: 'member', node, property, isOptional, isMethod: false } as const)
  const result = isOptional ? made(parser, token.span, { type: 'chain', node: access } as const) : access
  expect(parser, 'Bracket', ']')
  return result
}

export const postfix = (parser: Parser, start: Node): Node => {
  let node = start
  for (;;) {
    const token = current(parser)
    if (is(token, 'Operator', '.') || is(token, 'Operator', '?.')) {
      advance(parser)
      const isOptional = token.value === '?.'
      const bracket = current(parser)
      if (isOptional && takes(parser, 'Bracket', '[')) node = index(parser, node, true, bracket)
      else node = member(parser, node, isOptional)
    } else if (is(token, 'Bracket', '[')) {
      advance(parser)
      node = index(parser, node, false, token)
    } else {
      return node
    }
  }
}
