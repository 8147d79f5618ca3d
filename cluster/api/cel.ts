/** CEL expressions over JSON: the only user of the CEL library (docs/decisions/0003-cel.md). */
import { Environment } from '@marcbachmann/cel-js'
import { rewriteHas } from './cel-has.ts'

export type CelResult = { readonly value: unknown } | { readonly error: string }

type Compiled = { readonly run: (variables: { readonly [name: string]: unknown }) => unknown } | { readonly error: string }

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
})

const compiled = new Map<string, Compiled>()
const CACHE_LIMIT = 1000

const messageOf = (error: unknown): string => (error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))

const compile = (expression: string): Compiled => {
  try {
    return { run: environment.parse(rewriteHas(expression)) }
  } catch (error) {
    return { error: messageOf(error) }
  }
}

const compiledOf = (expression: string): Compiled => {
  const known = compiled.get(expression)
  if (known) return known
  if (compiled.size >= CACHE_LIMIT) compiled.clear()
  const made = compile(expression)
  compiled.set(expression, made)
  return made
}

/** JSON as CEL sees it: whole numbers are ints (BigInt), all others doubles. */
export const celValue = (value: unknown): unknown => {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(celValue)
  if (typeof value !== 'object' || value === null) return value
  const converted: { [field: string]: unknown } = {}
  for (const [field, child] of Object.entries(value)) if (child !== undefined) converted[field] = celValue(child)
  return converted
}

/** Why an expression cannot be parsed; undefined when it can. */
export const celProblem = (expression: string): string | undefined => {
  const one = compiledOf(expression)
  return 'error' in one ? one.error : undefined
}

/** The value of an expression; its variables must come from celValue. An evaluation that fails (e.g. of a missing key) is an `error`. */
export const evaluateCel = (expression: string, variables: { readonly [name: string]: unknown }): CelResult => {
  const one = compiledOf(expression)
  if ('error' in one) return one
  try {
    return { value: one.run(variables) }
  } catch (error) {
    return { error: messageOf(error) }
  }
}
