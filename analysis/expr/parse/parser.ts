/** Tokens to a tree, by operator precedence. Pure. */
import type { ConditionalNode, Node } from '../ast.ts'
import { UNKNOWN } from '../check/nature.ts'
import { NOWHERE } from '../problem.ts'
import { call } from './calls.ts'
import { lex } from './lexer.ts'
import { arrayLiteral, mapLiteral, numberLiteral } from './literals.ts'
import { BINARY, isComparison, mayFollowNot, type Operator, UNARY } from './operators.ts'
import { postfix } from './postfix.ts'
import { advance, complain, current, expect, made, type Parser, sees, takes, unexpected } from './state.ts'
import { is, type Token } from './token.ts'

const identifier = (parser: Parser, token: Token): Node => {
  advance(parser)
  const { span, value: name } = token
  if (name === 'true' || name === 'false') return made(parser, span, { type: 'bool', value: name === 'true' })
  if (name === 'nil') return made(parser, span, { type: 'nil' })
  const node = sees(parser, 'Bracket', '(')
    ? call(parser, token, [], true)
    : made(parser, span, { type: 'identifier', name } as const)
  return postfix(parser, node)
}

const secondary = (parser: Parser): Node => {
  const token = current(parser)
  if (token.kind === 'Identifier') return identifier(parser, token)
  if (token.kind === 'Number') return numberLiteral(parser, token)
  if (token.kind === 'String') {
    advance(parser)
    return postfix(parser, made(parser, token.span, { type: 'string', value: token.value }))
  }
  if (token.kind === 'Bytes') {
    advance(parser)
    return postfix(parser, made(parser, token.span, { type: 'bytes', value: token.bytes ?? new Uint8Array() }))
  }
  if (is(token, 'Bracket', '[')) return postfix(parser, arrayLiteral(parser, token))
  if (is(token, 'Bracket', '{')) return postfix(parser, mapLiteral(parser, token))
  return unexpected(token)
}

/** `#`, `#name`, or a member of the item: `.name`. */
const pointer = (parser: Parser, token: Token): Node => {
  let name = ''
  if (takes(parser, 'Operator', '#') && sees(parser, 'Identifier')) {
    name = current(parser).value
    advance(parser)
  }
  return postfix(parser, made(parser, token.span, { type: 'pointer', name }))
}

const primary = (parser: Parser): Node => {
  const token = current(parser)
  const unary = token.kind === 'Operator' ? UNARY.get(token.value) : undefined
  if (unary) {
    advance(parser)
    const node = parser.expression(unary.precedence)
    return postfix(parser, made(parser, token.span, { type: 'unary', operator: token.value, node }))
  }
  if (takes(parser, 'Bracket', '(')) {
    const node = parser.sequence()
    expect(parser, 'Bracket', ')')
    return postfix(parser, node)
  }
  if (parser.depth > 0 && (is(token, 'Operator', '#') || is(token, 'Operator', '.'))) return pointer(parser, token)
  if (takes(parser, 'Operator', '::')) {
    const name = expect(parser, 'Identifier')
    return postfix(parser, call(parser, name, [], false))
  }
  return secondary(parser)
}

/** `a < b < c` means `a < b && b < c`. */
const comparison = (parser: Parser, first: Node, operator: Token, precedence: number): Node => {
  let [left, token] = [first, operator]
  let root: Node | undefined
  for (;;) {
    const right = parser.expression(precedence + 1)
    const one: Node = made(parser, token.span, { type: 'binary', operator: token.value, left, right } as const)
    const whole: Node = root ? made(parser, token.span, { type: 'binary', operator: '&&', left: root, right: one } as const) : one
    root = whole
    left = right
    token = current(parser)
    if (token.kind !== 'Operator' || !isComparison(token.value)) return whole
    advance(parser)
  }
}

type Found = { readonly token: Token; readonly operator: Operator; readonly isNegated: boolean }

/** The binary operator that stands here, and binds at least so tightly; it is taken, and a `not` before it. */
const binaryOperator = (parser: Parser, precedence: number): Found | undefined => {
  const start = parser.at
  const isNegated = takes(parser, 'Operator', 'not')
  const token = current(parser)
  if (token.kind !== 'Operator' && !isNegated) return undefined
  if (isNegated && !mayFollowNot(token.value)) unexpected(token)
  const operator = BINARY.get(token.value)
  if (!operator || operator.precedence < precedence) {
    parser.at = start
    return undefined
  }
  advance(parser)
  return { token, operator, isNegated }
}

const withOperator = (parser: Parser, left: Node, { token, operator, isNegated }: Found): Node => {
  if (isComparison(token.value)) return comparison(parser, left, token, operator.precedence)
  const right = parser.expression(operator.isRight ? operator.precedence : operator.precedence + 1)
  const node = made(parser, token.span, { type: 'binary', operator: token.value, left, right } as const)
  return isNegated ? made(parser, token.span, { type: 'unary', operator: 'not', node }) : node
}

const binary = (parser: Parser, first: Node, precedence: number): Node => {
  let left = first
  let previous = ''
  for (;;) {
    const found = binaryOperator(parser, precedence)
    if (!found) return left
    const { value } = found.token
    if (value === '|') {
      left = call(parser, expect(parser, 'Identifier'), [left], true)
    } else {
      if (previous === '??' && value !== '??') {
        complain(`Operator (${value}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.`, found.token)
      }
      left = withOperator(parser, left, found)
    }
    previous = value
  }
}

const conditional = (parser: Parser, first: Node): Node => {
  let condition = first
  while (takes(parser, 'Operator', '?')) {
    const isShort = takes(parser, 'Operator', ':')
    const yes = isShort ? condition : parser.expression(0)
    if (!isShort) expect(parser, 'Operator', ':')
    const no = parser.expression(0)
    condition = made(parser, current(parser).span, { type: 'conditional', isTernary: true, condition, yes, no })
  }
  return condition
}

const declaration = (parser: Parser): Node => {
  advance(parser)
  const name = expect(parser, 'Identifier')
  expect(parser, 'Operator', '=')
  const value = parser.expression(0)
  expect(parser, 'Operator', ';')
  const body = parser.sequence()
  return made(parser, name.span, { type: 'let', name: name.value, value, body })
}

const block = (parser: Parser): Node => {
  expect(parser, 'Bracket', '{')
  const node = parser.sequence()
  expect(parser, 'Bracket', '}')
  return node
}

const ifElse = (parser: Parser): ConditionalNode => {
  advance(parser)
  const condition = parser.expression(0)
  const yes = block(parser)
  expect(parser, 'Operator', 'else')
  const no = sees(parser, 'Operator', 'if') ? ifElse(parser) : block(parser)
  return { type: 'conditional', isTernary: false, condition, yes, no, span: NOWHERE, nature: UNKNOWN }
}

const expression = (parser: Parser, precedence: number): Node => {
  if (precedence > 0) return binary(parser, primary(parser), precedence)
  if (sees(parser, 'Operator', 'let')) return declaration(parser)
  if (sees(parser, 'Operator', 'if')) return ifElse(parser)
  return conditional(parser, binary(parser, primary(parser), 0))
}

const sequence = (parser: Parser): Node => {
  const first = parser.expression(0)
  const nodes = [first]
  while (takes(parser, 'Operator', ';')) {
    if (sees(parser, 'EOF')) break
    nodes.push(parser.expression(0))
  }
  return nodes.length === 1 ? first : made(parser, first.span, { type: 'sequence', nodes })
}

type Names = Pick<Parser, 'isBuiltin' | 'isOverridden'>

/** The tree of an expression; throws CompileFailure. */
export const parse = (source: string, names: Names): Node => {
  const parser: Parser = {
    tokens: lex(source),
    at: 0,
    nodes: 0,
    depth: 0,
    ...names,
    expression: precedence => expression(parser, precedence),
    sequence: () => sequence(parser),
  }
  const node = parser.sequence()
  if (!sees(parser, 'EOF')) unexpected(current(parser))
  return node
}
