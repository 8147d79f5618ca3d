/** successCondition and failureCondition: judging a result by them, and what is wrong with them before there is one. Pure. */
import type { Metric } from '../api/analysis-run.ts'
import { conditionEnv } from './expr/argo.ts'
import { compileCondition, evaluate } from './expr/compile.ts'
import { isNil, isSlice, typeName, type Value } from './expr/run/values.ts'

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

type Conditions = Pick<Metric, 'successCondition' | 'failureCondition'>
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

export type ConditionProblem = {
  readonly metric: string
  readonly field: keyof Conditions
  /** With the place in the condition, on several lines. */
  readonly message: string
}

const FIELDS = ['successCondition', 'failureCondition'] as const

/** The result can be anything before there is one. */
const UNTYPED: ReadonlySet<string> = new Set(['result'])

const problemOf = (condition: string | undefined): string | undefined => {
  // An argument is put in later, and can be any part of the condition.
  if (!condition || condition.includes('{{')) return undefined
  const compiled = compileCondition(condition, conditionEnv(null), UNTYPED)
  return 'problem' in compiled ? compiled.problem.text : undefined
}

/** What is wrong with the conditions of a template's metrics, whatever the results will be; conditions with arguments are left out. */
export const conditionProblems = (metrics: readonly Metric[]): readonly ConditionProblem[] =>
  metrics.flatMap(metric =>
    FIELDS.flatMap(field => {
      const message = problemOf(metric[field])
      return message === undefined ? [] : [{ metric: metric.name, field, message }]
    }),
  )
