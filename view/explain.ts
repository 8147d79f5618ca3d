/** The numbers behind the present verdict of an update, check by check. Pure. */
import { badRequests, comparesWithStable } from '../analysis/bad-requests.ts'
import { addEvidence, logEvidence, NO_EVIDENCE } from '../analysis/evidence.ts'
import type { History, Second } from '../analysis/history.ts'
import { FALSE_ALARM_RATE, lookAtEachSecond } from '../analysis/looks.ts'
import { limitsOf } from '../analysis/metric-limits.ts'
import { SLUICE_ROUTER } from '../analysis/providers/sluice-router.ts'
import { badShare, type Counts, failureCounts, quantileMs, sumTallies } from '../analysis/tally.ts'
import { judge } from '../analysis/verdict.ts'
import type { AnalysisPhase, AnalysisRun, Measurement, Metric, MetricResult } from '../api/analysis-run.ts'
import { type Check, parseCheck } from '../api/checks.ts'
import type { Numbers } from './read-numbers.ts'

export type MeasuredVersion = {
  readonly requests: number
  /** Failed, or slower than the limit. */
  readonly bad: number
  /** 0..1; absent without requests. */
  readonly successRate?: number
  /** Milliseconds of the check's quantile; absent for a success rate and without requests. */
  readonly latencyMs?: number
}

/** What the routers' numbers say, for a short check. */
export type Evidence = {
  /** Seconds since the epoch, the first and the last that are judged. */
  readonly from: number
  readonly to: number
  readonly canary: MeasuredVersion
  readonly stable: MeasuredVersion
  /** Share of bad requests that the canary may have, 0..1; absent before any request. */
  readonly allowed?: number
  /** Requests that a version must have answered before the check can pass. */
  readonly needed?: number
  /** How strongly the numbers speak against the canary; it fails at `failsAt`. */
  readonly against: number
  readonly failsAt: number
  /** Canary requests a second in the last minute. */
  readonly rate: number
}

export type ExplainedCheck = {
  readonly name: string
  readonly phase: AnalysisPhase
  /** One sentence: why. */
  readonly message: string
  readonly evidence?: Evidence
  /** Of metrics that are measured now and then, and of checks when the routers cannot be asked. */
  readonly measured?: {
    readonly successful: number
    readonly failed: number
    readonly inconclusive: number
    readonly errors: number
    readonly last?: string
    readonly conditions: readonly string[]
    /** Milliseconds since the epoch; absent when it is not measured again. */
    readonly nextAt?: number
  }
  /** What would end the present state. */
  readonly endsBy: string
}

export type ExplainedRun = {
  readonly name: string
  readonly phase: AnalysisPhase
  readonly startedAt?: string
  readonly checks: readonly ExplainedCheck[]
}

const RATE_WINDOW_S = 60

const checkOf = ({ provider }: Metric): Check | undefined => {
  const config = provider.plugin?.[SLUICE_ROUTER]
  const text = typeof config === 'object' && config !== null && 'check' in config ? config.check : undefined
  const parsed = typeof text === 'string' ? parseCheck(text) : undefined
  return parsed !== undefined && 'check' in parsed ? parsed.check : undefined
}

const versionOf = (check: Check, counts: Counts, seconds: readonly Second[], which: 'canary' | 'stable'): MeasuredVersion => {
  const tally = sumTallies(seconds.map(second => second[which]))
  const answered = failureCounts(tally)
  const latencyMs = 'quantile' in check ? quantileMs(tally, check.quantile) : undefined
  return {
    requests: counts.requests,
    bad: counts.bad,
    ...(answered.requests > 0 && { successRate: 1 - badShare(answered) }),
    ...(latencyMs !== undefined && { latencyMs }),
  }
}

/** As `judge` sees it: against stable only whole seconds count. */
const judgedBy = (check: Check, history: History, now: number): History => ({
  ...history,
  seconds: history.seconds.filter(
    ({ second }) => second >= history.startedAt && (second < Math.floor(now / 1000) || !comparesWithStable(check)),
  ),
})

const evidenceOf = (check: Check, history: History, now: number): Evidence => {
  const known = judgedBy(check, history, now)
  const bad = badRequests(check, known)
  const last = lookAtEachSecond(check, bad).at(-1)
  // The weakest of its limits counts: all of them must be broken.
  const logs = bad.limits.map(limit =>
    logEvidence(bad.seconds.reduce((sum, counts) => addEvidence(sum, limit, counts), NO_EVIDENCE)),
  )
  const nowSecond = Math.floor(now / 1000)
  const recent = known.seconds.filter(({ second }) => second >= nowSecond - RATE_WINDOW_S)
  const span = Math.max(1, Math.min(RATE_WINDOW_S, nowSecond - history.startedAt))
  return {
    from: Math.max(history.startedAt, known.seconds[0]?.second ?? history.startedAt),
    to: nowSecond,
    canary: versionOf(check, last?.canary ?? { requests: 0, bad: 0 }, known.seconds, 'canary'),
    stable: versionOf(check, last?.stable ?? { requests: 0, bad: 0 }, known.seconds, 'stable'),
    ...(last && { allowed: last.allowed, needed: last.needed }),
    against: bad.seconds.length === 0 ? 0 : Math.exp(Math.min(...logs)),
    failsAt: 1 / FALSE_ALARM_RATE,
    rate: failureCounts(sumTallies(recent.map(({ canary }) => canary))).requests / span,
  }
}

const ENDS: { readonly [phase in AnalysisPhase]: string } = {
  Pending: 'begins with its first measurement',
  Running: 'passes, fails or pauses with more requests',
  Successful: 'it stays judged until the update is over; the way to 100% is open as far as this check goes',
  Failed: 'the update is rolled back; another version, or a retry, starts anew',
  Error: 'the update is rolled back; put what the error names right, then retry',
  Inconclusive: 'the update is paused; a person promotes it or aborts it',
}

const passesSoon = ({ needed, canary, rate }: Evidence): string | undefined => {
  if (needed === undefined || canary.requests >= needed) return undefined
  const missing = needed - canary.requests
  const when =
    rate > 0
      ? `, at ${Number(rate.toPrecision(2))} a second in about ${Math.ceil(missing / rate)}s`
      : '; none came in the last minute'
  return `can pass after ${missing} more requests of the canary${when}`
}

const explainCheck = (
  check: Check,
  metric: Metric,
  result: MetricResult | undefined,
  history: History,
  now: number,
): ExplainedCheck => {
  const evidence = evidenceOf(check, history, now)
  const verdict = judge(check, { ...history, passedBefore: (result?.successful ?? 0) > 0 }, now)
  const { phase } = verdict
  return {
    name: metric.name,
    phase,
    message: verdict.message,
    evidence,
    endsBy: (phase === 'Running' ? passesSoon(evidence) : undefined) ?? ENDS[phase],
  }
}

const nextAt = (metric: Metric, last: Measurement | undefined): number | undefined => {
  const { interval } = limitsOf(metric)
  const at = Date.parse(last?.finishedAt ?? '')
  return interval === undefined || Number.isNaN(at) ? undefined : at + interval
}

/** A short check fails by evidence, not by a count. */
const tolerated = (metric: Metric): readonly string[] => {
  const { failureLimit, inconclusiveLimit, consecutiveErrorLimit } = limitsOf(metric)
  if (checkOf(metric) !== undefined) return []
  const failed = failureLimit < 0 ? 'any number of failed measurements' : `${failureLimit} failed`
  return [`tolerates ${failed}, ${inconclusiveLimit} inconclusive, ${consecutiveErrorLimit} errors in a row`]
}

const explainMetric = (metric: Metric, result: MetricResult | undefined): ExplainedCheck => {
  const last = result?.measurements?.at(-1)
  const phase = result?.phase ?? 'Pending'
  const { successCondition, failureCondition } = metric
  const next = phase === 'Running' ? nextAt(metric, last) : undefined
  const shown = last?.value ?? last?.message
  return {
    name: metric.name,
    phase,
    message: result?.message ?? last?.message ?? '',
    measured: {
      successful: result?.successful ?? 0,
      failed: result?.failed ?? 0,
      inconclusive: result?.inconclusive ?? 0,
      errors: result?.error ?? 0,
      ...(shown === undefined ? {} : { last: shown }),
      conditions: [
        ...(successCondition ? [`succeeds when ${successCondition}`] : []),
        ...(failureCondition ? [`fails when ${failureCondition}`] : []),
        ...tolerated(metric),
      ],
      ...(next === undefined ? {} : { nextAt: next }),
    },
    endsBy: ENDS[phase],
  }
}

/** `numbers` absent: the routers could not be asked, so that only what the AnalysisRun says is known. */
export const explainRun = (run: AnalysisRun, numbers: Numbers | undefined, now: number): ExplainedRun => {
  const { metricResults = [], startedAt, phase = 'Pending' } = run.status ?? {}
  const since = Date.parse(startedAt ?? run.metadata.creationTimestamp ?? '')
  // A run that is over is explained by what it noted: the routers count on.
  const isOpen = phase === 'Pending' || phase === 'Running'
  const checks = run.spec.metrics.map(metric => {
    const result = metricResults.find(({ name }) => name === metric.name)
    const check = checkOf(metric)
    if (check === undefined || numbers === undefined || !isOpen || Number.isNaN(since)) return explainMetric(metric, result)
    return explainCheck(check, metric, result, { startedAt: Math.floor(since / 1000), seconds: numbers.seconds }, now)
  })
  return { name: run.metadata.name, phase, ...(startedAt && { startedAt }), checks }
}
