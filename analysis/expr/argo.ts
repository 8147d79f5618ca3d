/** The names that Argo Rollouts puts around a metric's result, and how the two conditions of a metric combine (its `evaluate` package). */
import { compileCondition, type Env, evaluate } from './compile.ts'
import { parseDecimal, parseFloat64, truncate } from './go/numbers.ts'
import { ANY, BOOL, FLOAT64, funcOf, INT64 } from './go/types.ts'
import { show } from './run/show.ts'
import { boxed, type Func, fail, floatOf, integerOf, isNil, isSlice, typeName, type Value } from './run/values.ts'

const func = (type: Func['type'], call: Func['call']): Func => ({ kind: 'func', type, call })
const first = ([value]: readonly Value[]): Value => value ?? null

const asInt = (value: Value): Value => {
  if (typeof value === 'number') return boxed(INT64, truncate(value))
  if (typeof value === 'string') {
    const parsed = parseDecimal(value)
    if (typeof parsed === 'bigint') return boxed(INT64, parsed)
    return fail(
      `strconv.ParseInt: parsing ${JSON.stringify(value)}: ${parsed === 'range' ? 'value out of range' : 'invalid syntax'}`,
    )
  }
  const whole = integerOf(value)
  return whole === undefined ? fail(`asInt() not supported on ${typeName(value)} ${show(value)}`) : boxed(INT64, whole)
}

const asFloat = (value: Value): Value => {
  if (typeof value === 'string') {
    const parsed = parseFloat64(value)
    if (typeof parsed === 'number') return parsed
    return fail(
      `strconv.ParseFloat: parsing ${JSON.stringify(value)}: ${parsed === 'range' ? 'value out of range' : 'invalid syntax'}`,
    )
  }
  return floatOf(value) ?? fail(`asFloat() not supported on ${typeName(value)} ${show(value)}`)
}

const isInf = func(funcOf([FLOAT64], [BOOL]), args => Math.abs(first(args) as number) === Number.POSITIVE_INFINITY)
const isNaN_ = func(funcOf([FLOAT64], [BOOL]), args => Number.isNaN(first(args)))
const AS_INT = func(funcOf([ANY], [INT64]), args => asInt(first(args)))
const AS_FLOAT = func(funcOf([ANY], [FLOAT64]), args => asFloat(first(args)))

/** `isNil` and `default` look at the result, whatever they are given: so they do in Argo Rollouts. */
export const conditionEnv = (given: Value): Env => {
  const result = isNil(given) ? null : given
  return new Map<string, Value>([
    ['result', result],
    ['asInt', AS_INT],
    ['asFloat', AS_FLOAT],
    ['isNaN', isNaN_],
    ['isInf', isInf],
    ['isNil', func(funcOf([ANY], [BOOL]), () => result === null)],
    ['default', func(funcOf([ANY, ANY], [ANY]), ([, otherwise]) => (result === null ? (otherwise ?? null) : result))],
  ])
}

/** What times of a range query are computed in. */
export const timeEnv: Env = new Map<string, Value>([
  ['isNaN', isNaN_],
  ['isInf', isInf],
])

export type Held = { readonly holds: boolean } | { readonly problem: string }

/** One condition over one result. */
export const holds = (condition: string, result: Value, now: number): Held => {
  const env = conditionEnv(result)
  const compiled = compileCondition(condition, env)
  if ('problem' in compiled) return { problem: compiled.problem.message }
  const answer = evaluate(compiled.program, env, now)
  if ('problem' in answer) return { problem: answer.problem.message }
  if (typeof answer.value === 'boolean') return { holds: answer.value }
  return { problem: `expected bool, but got ${typeName(answer.value)}` }
}

const isEmpty = (value: Value): boolean => isNil(value) || (isSlice(value) && value.items.length === 0)

type Conditions = { readonly successCondition?: string; readonly failureCondition?: string }
type Outcome = { readonly phase: 'Successful' | 'Failed' | 'Inconclusive' } | { readonly problem: string }

const heldOr = (name: keyof Conditions, condition: string | undefined, result: Value, now: number): Held | undefined => {
  if (!condition) return undefined
  const held = holds(condition, result, now)
  if (!('problem' in held)) return held
  const why = isEmpty(result) ? 'metric result is nil or empty: no data returned from the metric provider' : held.problem
  return { problem: `could not evaluate ${name} "${condition}": ${why}` }
}

/**
 * The phase of a measurement by its conditions: none, Successful; one, as it says; both, Failed if the failure condition holds, else
 * Successful if the success condition does, else Inconclusive.
 * @param now milliseconds since the epoch
 */
export const judgeResult = (conditions: Conditions, result: Value, now: number): Outcome => {
  const success = heldOr('successCondition', conditions.successCondition, result, now)
  if (success && 'problem' in success) return success
  const failure = heldOr('failureCondition', conditions.failureCondition, result, now)
  if (failure && 'problem' in failure) return failure
  const isFailed = failure?.holds ?? (success ? !success.holds : false)
  if (isFailed) return { phase: 'Failed' }
  return { phase: (success?.holds ?? true) ? 'Successful' : 'Inconclusive' }
}
