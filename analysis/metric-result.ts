/** How one metric's result grows with each measurement, by the rules of Argo Rollouts. Pure. */
import type { AnalysisPhase, Measurement, Metric, MetricResult } from '../api/analysis-run.ts'
import { judgeResult } from './conditions.ts'
import type { Measured } from './measured.ts'
import { limitsOf, type MetricLimits } from './metric-limits.ts'

/** After a measurement that could not be made. */
export const ERROR_RETRY_MS = 10_000
/** A short check that keeps its verdict is recorded no more often than this. */
export const RECORD_EVERY_MS = 10_000
/** A short check is looked at so often. */
export const LOOK_EVERY_MS = 500
/** One whose canary got no request lately. */
export const LOOK_QUIET_MS = 2000

export const isCompleted = (phase: AnalysisPhase | undefined): boolean =>
  phase === 'Successful' || phase === 'Failed' || phase === 'Error' || phase === 'Inconclusive'

/** RFC 3339 without fractions, as Kubernetes writes times. */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** Looked at all the time instead of once an interval. */
export const isCheck = (metric: Metric): boolean => {
  const config = metric.provider?.plugin?.['sluice/router']
  return typeof config === 'object' && config !== null && 'check' in config && config.check !== undefined && config.check !== ''
}

const lastOf = (result: MetricResult | undefined): Measurement | undefined => result?.measurements?.at(-1)

/** The measurement that was begun and has not ended. */
export const openOf = (result: MetricResult | undefined): Measurement | undefined => {
  const last = lastOf(result)
  return last?.finishedAt === undefined ? last : undefined
}

/** Which measurement of the metric is the next, or the one that is not finished. */
export const numberOf = (result: MetricResult | undefined): number => (result?.count ?? 0) + (result?.error ?? 0) + 1

const finishedAt = (measurement: Measurement): number => Date.parse(measurement.finishedAt ?? '') || 0

/** Milliseconds from the last measurement to the next. */
const waitAfter = (last: Measurement, limits: MetricLimits): number => {
  if (last.phase === 'Error') return ERROR_RETRY_MS
  return limits.interval ?? ERROR_RETRY_MS
}

/** When the metric is to be measured (next); undefined when it no longer is. */
export const measureAt = (
  metric: Metric,
  result: MetricResult | undefined,
  startedAt: number,
  now: number,
): number | undefined => {
  if (isCompleted(result?.phase)) return undefined
  const limits = limitsOf(metric)
  if (limits.count !== undefined && (result?.count ?? 0) >= limits.count) return undefined
  const first = startedAt + limits.initialDelay
  if (isCheck(metric)) return Math.max(first, now)
  const last = lastOf(result)
  if (openOf(result)) return Date.parse(last?.resumeAt ?? '') || now
  return last ? finishedAt(last) + waitAfter(last, limits) : first
}

type Finished = Exclude<Measured, { readonly kind: 'pending' }>

const measurementOf = (metric: Metric, measured: Finished, now: number): Measurement => {
  const times = { startedAt: timestamp(now), finishedAt: timestamp(now) }
  if (measured.kind === 'error') return { phase: 'Error', message: measured.message, ...times }
  const metadata = measured.metadata ? { metadata: measured.metadata } : {}
  if (measured.kind === 'phase') {
    const { phase, value, message } = measured
    return { phase, ...(value !== undefined && { value }), ...(message !== undefined && { message }), ...times, ...metadata }
  }
  if (measured.kind === 'value') {
    const judged = judgeResult(metric, measured.result, now)
    if ('problem' in judged) return { phase: 'Error', message: judged.problem, ...times, ...metadata }
    return { phase: judged.phase, value: measured.value, ...times, ...metadata }
  }
  const { phase, value, message } = measured.verdict
  return { phase, value, ...(phase === 'Successful' ? {} : { message }), ...times, ...metadata }
}

const isDue = (metric: Metric, last: Measurement | undefined, next: Measurement, now: number): boolean => {
  if (!isCheck(metric) || last?.phase !== next.phase) return true
  const { interval = 0 } = limitsOf(metric)
  return now - finishedAt(last) >= (next.phase === 'Error' ? ERROR_RETRY_MS : Math.max(RECORD_EVERY_MS, interval))
}

const countIn = (result: MetricResult, phase: AnalysisPhase): MetricResult => {
  const add = (n: number | undefined) => (n ?? 0) + 1
  if (phase === 'Error')
    return { ...result, error: add(result.error), consecutiveError: add(result.consecutiveError), consecutiveSuccess: 0 }
  const counted = { ...result, count: add(result.count), consecutiveError: 0, consecutiveSuccess: 0 }
  if (phase === 'Successful')
    return { ...counted, successful: add(result.successful), consecutiveSuccess: add(result.consecutiveSuccess) }
  return phase === 'Failed' ? { ...counted, failed: add(result.failed) } : { ...counted, inconclusive: add(result.inconclusive) }
}

/** The measurements with one that is not finished: a new one, or the open one with when it is asked for again. */
const begin = (
  before: MetricResult,
  { metadata, afterMs }: Extract<Measured, { kind: 'pending' }>,
  now: number,
): MetricResult => {
  const open = openOf(before)
  const resumeAt = timestamp(Math.ceil((now + afterMs) / 1000) * 1000)
  const one: Measurement = { phase: 'Running', startedAt: open?.startedAt ?? timestamp(now), resumeAt, metadata }
  return { ...before, measurements: [...finishedOf(before), one] }
}

const finishedOf = (result: MetricResult): readonly Measurement[] => {
  const { measurements = [] } = result
  return openOf(result) ? measurements.slice(0, -1) : measurements
}

/** What was noted when it was begun stays. */
const finish = (open: Measurement | undefined, { startedAt, metadata, ...rest }: Measurement): Measurement => {
  const noted = { ...open?.metadata, ...metadata }
  const since = open?.startedAt ?? startedAt
  return {
    ...rest,
    ...(since !== undefined && { startedAt: since }),
    ...(Object.keys(noted).length > 0 && { metadata: noted }),
  }
}

/**
 * The result with one more measurement. A short check that cannot be told yet adds none, only a message, and one that keeps its
 * verdict adds one every RECORD_EVERY_MS at most.
 */
export const addMeasured = (metric: Metric, before: MetricResult, measured: Measured, now: number): MetricResult => {
  if (measured.kind === 'verdict' && measured.verdict.phase === 'Running') {
    return {
      ...before,
      phase: 'Running',
      message: measured.verdict.message,
      ...(before.consecutiveError ? { consecutiveError: 0 } : {}),
    }
  }
  if (measured.kind === 'pending') return begin(before, measured, now)
  const measurement = finish(openOf(before), measurementOf(metric, measured, now))
  const answered = measurement.phase === 'Error' || !before.consecutiveError ? before : { ...before, consecutiveError: 0 }
  const message = measured.kind === 'verdict' ? measured.verdict.message : undefined
  const said = message === undefined ? answered : { ...answered, message }
  if (!isDue(metric, lastOf(before), measurement, now)) return said
  return countIn({ ...said, measurements: [...finishedOf(before), measurement] }, measurement.phase)
}

/** All measurements are made and not one was good, in a metric that has a limit of failures: Argo Rollouts calls that a success. */
const isNeverGood = ({ count, failureLimit, consecutiveSuccessLimit }: MetricLimits, result: MetricResult): boolean =>
  count !== undefined &&
  (result.count ?? 0) >= count &&
  (result.successful ?? 0) === 0 &&
  failureLimit >= 0 &&
  consecutiveSuccessLimit === 0

/** The phase that broken limits give, with Argo Rollouts' words for it; undefined when none is broken. */
export const brokenLimit = (
  limits: MetricLimits,
  result: MetricResult,
): { readonly phase: AnalysisPhase; readonly why: string } | undefined => {
  const { failed = 0, inconclusive = 0, consecutiveError = 0, count = 0 } = result
  // The last that applies wins.
  if (consecutiveError > limits.consecutiveErrorLimit) {
    return {
      phase: 'Error',
      why: `consecutiveErrors (${consecutiveError}) > consecutiveErrorLimit (${limits.consecutiveErrorLimit})`,
    }
  }
  if (inconclusive > limits.inconclusiveLimit) {
    return { phase: 'Inconclusive', why: `inconclusive (${inconclusive}) > inconclusiveLimit (${limits.inconclusiveLimit})` }
  }
  if (limits.failureLimit >= 0 && failed > limits.failureLimit) {
    return { phase: 'Failed', why: `failed (${failed}) > failureLimit (${limits.failureLimit})` }
  }
  if (isNeverGood(limits, result))
    return { phase: failed > 0 ? 'Failed' : 'Inconclusive', why: `none of ${count} measurements was successful` }
  return undefined
}

const phaseAtCount = ({ failureLimit, consecutiveSuccessLimit }: MetricLimits): AnalysisPhase => {
  if (consecutiveSuccessLimit === 0) return 'Successful'
  return failureLimit >= 0 ? 'Inconclusive' : 'Failed'
}

/** The metric's phase by its measurements so far. */
export const phaseOf = (metric: Metric, result: MetricResult, isTerminating: boolean): AnalysisPhase => {
  if (isCompleted(result.phase)) return result.phase
  const limits = limitsOf(metric)
  const broken = brokenLimit(limits, result)
  if (broken) return broken.phase
  if (limits.consecutiveSuccessLimit > 0 && (result.consecutiveSuccess ?? 0) >= limits.consecutiveSuccessLimit)
    return 'Successful'
  if (limits.count !== undefined && (result.count ?? 0) >= limits.count) return phaseAtCount(limits)
  // What was begun is ended first.
  if (isTerminating) return openOf(result) ? 'Running' : 'Successful'
  if (!lastOf(result)) return result.phase === 'Running' ? 'Running' : 'Pending'
  return 'Running'
}
