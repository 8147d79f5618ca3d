/** Where a parser is, and the small steps that all of its parts take. */
import type { Node } from '../ast.ts'
import { type Nature, UNKNOWN } from '../check/nature.ts'
import { CompileFailure, type Span } from '../problem.ts'
import { is, type Token, type TokenKind, tokenText } from './token.ts'

/** As the Go library limits it. */
const MAX_NODES = 10_000

export type Parser = {
  readonly tokens: readonly Token[]
  at: number
  nodes: number
  /** How many predicates this place is inside of. */
  depth: number
  readonly isBuiltin: (name: string) => boolean
  /** The environment has this name, so that it hides a builtin. */
  readonly isOverridden: (name: string) => boolean
  readonly expression: (precedence: number) => Node
  readonly sequence: () => Node
}

export const current = (parser: Parser): Token => {
  const token = parser.tokens[parser.at] as Token
  if (token.kind === 'Wrong') throw new CompileFailure(token.value, token.span)
  return token
}

export const complain = (message: string, token: Token): never => {
  throw new CompileFailure(message, token.span)
}

export const unexpected = (token: Token): never => complain(`unexpected token ${tokenText(token)}`, token)

export const advance = (parser: Parser): void => {
  if (current(parser).kind === 'EOF') complain('unexpected end of expression', current(parser))
  parser.at += 1
}

export const sees = (parser: Parser, kind: TokenKind, value?: string): boolean => is(current(parser), kind, value)

/** Takes the token if it is this one. */
export const takes = (parser: Parser, kind: TokenKind, value: string): boolean => {
  if (!sees(parser, kind, value)) return false
  advance(parser)
  return true
}

export const expect = (parser: Parser, kind: TokenKind, value?: string): Token => {
  const token = current(parser)
  if (!is(token, kind, value)) unexpected(token)
  advance(parser)
  return token
}

/** A new node, which counts towards the limit. */
export const made = <T extends object>(parser: Parser, span: Span, fields: T): T & { span: Span; nature: Nature } => {
  parser.nodes += 1
  if (parser.nodes > MAX_NODES) complain('compilation failed: expression exceeds maximum allowed nodes', current(parser))
  return { ...fields, span, nature: UNKNOWN }
}
