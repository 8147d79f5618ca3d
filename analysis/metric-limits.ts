/** The numbers that rule a metric, with Argo Rollouts' defaults and validation messages. Pure. */
import type { AnalysisRunSpec, Metric } from '../api/analysis-run.ts'
import { parseDuration } from '../api/duration.ts'
import { compilePattern } from './expr/go/regexp.ts'

export type MetricLimits = {
  /** Measurements to take; undefined = until the run is terminated. */
  readonly count: number | undefined
  /** Milliseconds between measurements; undefined = no second one but after an error. */
  readonly interval: number | undefined
  readonly initialDelay: number
  /** -1 = none. */
  readonly failureLimit: number
  readonly inconclusiveLimit: number
  readonly consecutiveErrorLimit: number
  /** 0 = not used. */
  readonly consecutiveSuccessLimit: number
}

const numberOf = (value: number | string | undefined, otherwise: number): number => {
  if (value === undefined || value === '') return otherwise
  const number = Number(value)
  // As Kubernetes' IntOrString reads a string that is no number.
  return Number.isInteger(number) ? number : 0
}

export const limitsOf = (metric: Metric): MetricLimits => {
  const count = numberOf(metric.count, 0)
  const once = metric.interval ? undefined : 1
  return {
    count: count !== 0 ? count : once,
    interval: metric.interval ? (parseDuration(metric.interval) ?? 0) : undefined,
    initialDelay: metric.initialDelay ? (parseDuration(metric.initialDelay) ?? 0) : 0,
    failureLimit: numberOf(metric.failureLimit, 0),
    inconclusiveLimit: numberOf(metric.inconclusiveLimit, 0),
    consecutiveErrorLimit: numberOf(metric.consecutiveErrorLimit, 4),
    consecutiveSuccessLimit: numberOf(metric.consecutiveSuccessLimit, 0),
  }
}

const providersOf = (metric: Metric): number => {
  const kinds = Object.entries(metric.provider ?? {}).filter(([, config]) => config !== undefined && config !== null)
  return kinds.reduce(
    (sum, [kind, config]) => sum + (kind === 'plugin' && typeof config === 'object' ? Object.keys(config!).length : 1),
    0,
  )
}

const limitProblem = (metric: Metric): string | undefined => {
  const { failureLimit, inconclusiveLimit, consecutiveErrorLimit, consecutiveSuccessLimit } = limitsOf(metric)
  const count = numberOf(metric.count, 0)
  if (consecutiveSuccessLimit < 0) return 'consecutiveSuccessLimit must be >= 0'
  if (failureLimit < -1) return 'failureLimit must be >= -1'
  if (failureLimit === -1 && consecutiveSuccessLimit === 0)
    return 'failureLimit and consecutiveSuccessLimit cannot both be disabled'
  if (inconclusiveLimit < 0) return 'inconclusiveLimit must be >= 0'
  if (consecutiveErrorLimit < 0) return 'consecutiveErrorLimit must be >= 0'
  if (count <= 0) return undefined
  if (count < Math.max(0, failureLimit) + consecutiveSuccessLimit) {
    return consecutiveSuccessLimit > 0 && failureLimit > 0
      ? 'count must be >= failureLimit + consecutiveSuccessLimit'
      : `count must be >= ${consecutiveSuccessLimit > 0 ? 'consecutiveSuccessLimit' : 'failureLimit'}`
  }
  return count < inconclusiveLimit ? 'count must be >= inconclusiveLimit' : undefined
}

const durationProblem = (field: 'interval' | 'initialDelay', value: string | undefined): string | undefined =>
  value && parseDuration(value) === undefined
    ? `invalid ${field} string: time: invalid duration ${JSON.stringify(value)}`
    : undefined

const metricProblem = (metric: Metric): string | undefined => {
  const limits = limitProblem(metric)
  if (limits) return limits
  if (numberOf(metric.count, 0) > 1 && !metric.interval) return 'interval must be specified when count > 1'
  const duration = durationProblem('interval', metric.interval) ?? durationProblem('initialDelay', metric.initialDelay)
  if (duration) return duration
  const providers = providersOf(metric)
  if (providers === 0) return 'no provider specified'
  return providers > 1 ? 'multiple providers specified' : undefined
}

/** What is wrong with the metrics, as Argo Rollouts says it; undefined when nothing is. */
export const metricsProblem = (metrics: readonly Metric[]): string | undefined => {
  if (metrics.length === 0) return 'no metrics specified'
  for (const [i, metric] of metrics.entries()) {
    if (metrics.slice(0, i).some(({ name }) => name === metric.name)) return `metrics[${i}]: duplicate name '${metric.name}'`
    const problem = metricProblem(metric)
    if (problem) return `metrics[${i}]: ${problem}`
  }
  return undefined
}

type Rule = { readonly metricName: string }

/** As Go's regexp.MatchString; what is no pattern matches nothing, which rulesProblem reports. */
const matches = ({ metricName }: Rule, name: string): boolean => {
  const pattern = compilePattern(metricName)
  return typeof pattern === 'function' && pattern(name)
}

/** A rule of `dryRun` or `measurementRetention` that names no metric is an error; undefined when each names one. */
export const rulesProblem = ({ metrics, dryRun = [], measurementRetention = [] }: AnalysisRunSpec): string | undefined => {
  const idle = (field: string, rules: readonly Rule[]): string | undefined => {
    const i = rules.findIndex(rule => !metrics.some(({ name }) => matches(rule, name)))
    if (i === -1) return undefined
    const pattern = compilePattern(rules[i]?.metricName ?? '')
    const why = typeof pattern === 'function' ? '' : `: ${pattern.problem}`
    return `${field}[${i}]: Rule didn't match any metric name(s)${why}`
  }
  return idle('dryRun', dryRun) ?? idle('measurementRetention', measurementRetention)
}

export const isDryRun = (spec: AnalysisRunSpec, name: string): boolean => (spec.dryRun ?? []).some(rule => matches(rule, name))

/** Measurements kept in the status. */
const DEFAULT_RETENTION = 10

export const retentionOf = (spec: AnalysisRunSpec, name: string): number => {
  const limit = (spec.measurementRetention ?? []).findLast(rule => matches(rule, name))?.limit ?? 0
  return limit > 0 ? limit : DEFAULT_RETENTION
}
