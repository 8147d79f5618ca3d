/** Number literals, arrays and maps. */
import type { ArrayNode, MapNode, Node, PairNode } from '../ast.ts'
import { parseFloat64 } from '../go/numbers.ts'
import { advance, complain, current, expect, made, type Parser, sees, takes } from './state.ts'
import { type Token, tokenText } from './token.ts'

const MAX_INT = 2n ** 63n - 1n

const wrongNumber = (parser: Parser, name: string, digits: string, why: 'syntax' | 'range'): never => {
  const parse = name === 'float' ? 'ParseFloat' : 'ParseInt'
  const reason = why === 'range' ? 'value out of range' : 'invalid syntax'
  return complain(`invalid ${name} literal: strconv.${parse}: parsing ${JSON.stringify(digits)}: ${reason}`, current(parser))
}

const integer = (parser: Parser, digits: string, name: string, token: Token): Node => {
  if (!/^(?:[0-9]+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(digits)) wrongNumber(parser, name, digits, 'syntax')
  const isPlain = /^[0-9]+$/.test(digits)
  const value = BigInt(isPlain ? digits : digits.toLowerCase())
  if (value > MAX_INT) wrongNumber(parser, name, digits, 'range')
  return made(parser, token.span, { type: 'integer', value })
}

export const numberLiteral = (parser: Parser, token: Token): Node => {
  advance(parser)
  const digits = token.value.replaceAll('_', '')
  if (/^0x/i.test(digits)) return integer(parser, digits, 'hex', token)
  if (/[.e]/i.test(digits)) {
    const value = parseFloat64(digits)
    if (typeof value !== 'number') return wrongNumber(parser, 'float', digits, value)
    return made(parser, token.span, { type: 'float', value })
  }
  if (/^0b/i.test(digits)) return integer(parser, digits, 'binary', token)
  if (/^0o/i.test(digits)) return integer(parser, digits, 'octal', token)
  return integer(parser, digits, 'integer', token)
}

export const arrayLiteral = (parser: Parser, token: Token): ArrayNode => {
  const nodes: Node[] = []
  expect(parser, 'Bracket', '[')
  while (!sees(parser, 'Bracket', ']')) {
    if (nodes.length > 0) {
      expect(parser, 'Operator', ',')
      if (sees(parser, 'Bracket', ']')) break
    }
    nodes.push(parser.expression(0))
  }
  expect(parser, 'Bracket', ']')
  return made(parser, token.span, { type: 'array', nodes })
}

/** A number, a text and a name are texts; anything else stands in parentheses. */
const mapKey = (parser: Parser): Node => {
  const token = current(parser)
  if (token.kind === 'Number' || token.kind === 'String' || token.kind === 'Identifier') {
    const key = made(parser, token.span, { type: 'string', value: token.value } as const)
    advance(parser)
    return key
  }
  if (sees(parser, 'Bracket', '(')) return parser.expression(0)
  return complain(
    `a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses (unexpected token ${tokenText(token)})`,
    token,
  )
}

export const mapLiteral = (parser: Parser, token: Token): MapNode => {
  const pairs: PairNode[] = []
  expect(parser, 'Bracket', '{')
  while (!sees(parser, 'Bracket', '}')) {
    if (pairs.length > 0) {
      expect(parser, 'Operator', ',')
      if (sees(parser, 'Bracket', '}')) break
    }
    const key = mapKey(parser)
    expect(parser, 'Operator', ':')
    const value = parser.expression(0)
    pairs.push(made(parser, token.span, { type: 'pair', key, value }))
  }
  takes(parser, 'Bracket', '}')
  return made(parser, token.span, { type: 'map', pairs })
}
