/** Calls: of builtins with predicates, of other builtins, of functions. */
import type { Node } from '../ast.ts'
import { complain, current, expect, made, type Parser, sees, takes } from './state.ts'
import type { Token } from './token.ts'

type Parameter = 'value' | 'predicate' | 'optional value' | 'optional predicate'

const two: readonly Parameter[] = ['value', 'predicate']

/** Builtins that evaluate an expression for each item. */
const PREDICATES: ReadonlyMap<string, readonly Parameter[]> = new Map([
  ...['all', 'none', 'any', 'one', 'filter', 'map'].map(name => [name, two] as const),
  ...['find', 'findIndex', 'findLast', 'findLastIndex', 'groupBy'].map(name => [name, two] as const),
  ['count', ['value', 'optional predicate']],
  ['sum', ['value', 'optional predicate']],
  ['sortBy', [...two, 'optional value']],
  ['reduce', [...two, 'optional value']],
] as const)

const predicate = (parser: Parser): Node => {
  const start = current(parser)
  const isBraced = takes(parser, 'Bracket', '{')
  parser.depth += 1
  const node = isBraced ? parser.sequence() : parser.expression(0)
  if (!isBraced && sees(parser, 'Operator', ';')) complain('wrap predicate with brackets { and }', current(parser))
  parser.depth -= 1
  if (isBraced) expect(parser, 'Bracket', '}')
  return made(parser, start.span, { type: 'predicate', node })
}

export const callArguments = (parser: Parser, given: readonly Node[]): Node[] => {
  const args = [...given]
  expect(parser, 'Bracket', '(')
  while (!sees(parser, 'Bracket', ')')) {
    if (args.length > given.length) expect(parser, 'Operator', ',')
    if (sees(parser, 'Bracket', ')')) break
    args.push(parser.expression(0))
  }
  expect(parser, 'Bracket', ')')
  return args
}

const predicateArguments = (parser: Parser, parameters: readonly Parameter[], given: readonly Node[]): Node[] => {
  const args = [...given]
  const rest = parameters.slice(given.length)
  expect(parser, 'Bracket', '(')
  for (const [i, parameter] of rest.entries()) {
    if (sees(parser, 'Bracket', ')')) {
      if (parameter.startsWith('optional')) break
      complain(`expected at least ${rest.length} arguments`, current(parser))
    }
    if (i > 0) expect(parser, 'Operator', ',')
    args.push(parameter.endsWith('predicate') ? predicate(parser) : parser.expression(0))
  }
  takes(parser, 'Operator', ',')
  expect(parser, 'Bracket', ')')
  return args
}

/**
 * A call of a name.
 * @param given what a pipe puts in front of the arguments
 */
export const call = (parser: Parser, token: Token, given: readonly Node[], mayBeOverridden: boolean): Node => {
  const name = token.value
  const isOverridden = mayBeOverridden && parser.isOverridden(name)
  const parameters = isOverridden ? undefined : PREDICATES.get(name)
  if (parameters) {
    const args = predicateArguments(parser, parameters, given)
    return made(parser, token.span, { type: 'builtin', name, args })
  }
  if (!isOverridden && parser.isBuiltin(name)) {
    const args = callArguments(parser, given)
    return made(parser, token.span, { type: 'builtin', name, args })
  }
  const callee = made(parser, token.span, { type: 'identifier', name } as const)
  const args = callArguments(parser, given)
  return made(parser, token.span, { type: 'call', callee, args })
}
