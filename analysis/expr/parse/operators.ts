/** Precedence and associativity of the operators, as in expr-lang 1.17. Pure. */

export type Operator = { readonly precedence: number; readonly isRight?: true }

export const UNARY: ReadonlyMap<string, Operator> = new Map([
  ['not', { precedence: 50 }],
  ['!', { precedence: 50 }],
  ['-', { precedence: 90 }],
  ['+', { precedence: 90 }],
])

const levels: readonly (readonly [precedence: number, operators: string])[] = [
  [0, '|'],
  [10, 'or ||'],
  [15, 'and &&'],
  [20, '== != < > >= <= in matches contains startsWith endsWith'],
  [25, '..'],
  [30, '+ -'],
  [60, '* / %'],
  [500, '??'],
]

export const BINARY: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ...levels.flatMap(([precedence, operators]) => operators.split(' ').map(operator => [operator, { precedence }] as const)),
  ['**', { precedence: 100, isRight: true }],
  ['^', { precedence: 100, isRight: true }],
])

export const isBoolean = (operator: string): boolean => ['and', 'or', '&&', '||'].includes(operator)
export const isComparison = (operator: string): boolean => ['<', '>', '<=', '>='].includes(operator)
export const mayFollowNot = (operator: string): boolean =>
  ['contains', 'matches', 'startsWith', 'endsWith', 'in'].includes(operator)
