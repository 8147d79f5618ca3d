/** What is wrong with a template, or a run's metrics, whatever its arguments will be. Pure. */
import type { AnalysisTemplate, Metric } from '../api/analysis-run.ts'
import { conditionProblems } from './conditions.ts'
import { metricsProblem, rulesProblem } from './metric-limits.ts'

/** A number or a time that an argument will give is taken as one that is right. */
const OPEN = [
  'interval',
  'initialDelay',
  'count',
  'failureLimit',
  'inconclusiveLimit',
  'consecutiveErrorLimit',
  'consecutiveSuccessLimit',
] as const

const isOpen = (metric: Metric): boolean => OPEN.some(field => String(metric[field] ?? '').includes('{{'))

const conditionsProblem = (metrics: readonly Metric[]): string | undefined => {
  const [first] = conditionProblems(metrics)
  return first && `metric ${first.metric}: ${first.field}: ${first.message}`
}

/** Undefined when nothing is. */
export const templateProblem = ({ spec }: AnalysisTemplate): string | undefined => {
  const metrics = spec.metrics ?? []
  const hasOthers = (spec.templates ?? []).length > 0
  if (metrics.length === 0) return hasOthers ? undefined : metricsProblem(metrics)
  const both = spec.args?.find(({ value, valueFrom }) => value !== undefined && valueFrom !== undefined)
  if (both) return `arg '${both.name}' has both Value and ValueFrom fields`
  const problem = metrics.some(isOpen) ? undefined : metricsProblem(metrics)
  // Rules may be for metrics of the other templates.
  return problem ?? conditionsProblem(metrics) ?? (hasOthers ? undefined : rulesProblem({ ...spec, metrics }))
}

/** The same, worked out once for each object of a cache. */
export const makeTemplateProblems = (): Pick<ReadonlyMap<AnalysisTemplate, string>, 'get'> => {
  const known = new WeakMap<AnalysisTemplate, { readonly problem: string | undefined }>()
  return {
    get: template => {
      const found = known.get(template) ?? { problem: templateProblem(template) }
      known.set(template, found)
      return found.problem
    },
  }
}
