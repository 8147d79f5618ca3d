/** The phase rules of an AnalysisRun, as Argo Rollouts has them. Pure. */
import type { AnalysisPhase, AnalysisRun, AnalysisRunSpec, AnalysisRunStatus, Metric, MetricResult } from '../api/analysis-run.ts'
import { type ArgumentValues, NO_VALUES, resolveArguments } from './arguments.ts'
import { conditionProblems } from './conditions.ts'
import type { Measured } from './measured.ts'
import { isDryRun, limitsOf, metricsProblem, retentionOf, rulesProblem } from './metric-limits.ts'
import {
  addMeasured,
  brokenLimit,
  isCheck,
  isCompleted,
  LOOK_EVERY_MS,
  LOOK_QUIET_MS,
  measureAt,
  openOf,
  phaseOf,
  timestamp,
} from './metric-result.ts'

export type Assessment = {
  readonly status: AnalysisRunStatus
  /** Milliseconds since the epoch at which to measure and assess again; undefined when the run is over. */
  readonly wakeAt?: number
}

export type AssessOptions = {
  /** Of arguments with `valueFrom`, as the metrics were measured with. */
  readonly values?: ArgumentValues
  /** What a metric's result shows of its configuration. */
  readonly describe?: (metric: Metric) => { readonly [key: string]: string }
}

/** Best to worst. */
const ORDER: readonly AnalysisPhase[] = ['Successful', 'Running', 'Pending', 'Inconclusive', 'Error', 'Failed']

export const isOver = (run: AnalysisRun): boolean => isCompleted(run.status?.phase)

/**
 * The metrics with their arguments put in, or why this run can never be measured.
 * @param values of arguments with `valueFrom`; without them the metrics are right in all but that
 */
export const readMetrics = (
  spec: AnalysisRunSpec,
  values: ArgumentValues = NO_VALUES,
): { readonly metrics: readonly Metric[] } | { readonly problem: string } => {
  const metrics: Metric[] = []
  for (const metric of spec.metrics ?? []) {
    const resolved = resolveArguments(metric, spec.args ?? [], values)
    if ('problem' in resolved) return { problem: `Unable to resolve metric arguments: ${resolved.problem}` }
    metrics.push(resolved.metric)
  }
  const problem = metricsProblem(metrics) ?? rulesProblem({ ...spec, metrics })
  return problem === undefined ? { metrics } : { problem: `Analysis spec invalid: ${problem}` }
}

/** Conditions are looked at once, before the first measurement, and as written: what arguments make of them may be anything. */
const readRun = (run: AnalysisRun, values: ArgumentValues): ReturnType<typeof readMetrics> => {
  const [wrong] = run.status?.startedAt === undefined ? conditionProblems(run.spec.metrics ?? []) : []
  if (wrong) return { problem: `Analysis spec invalid: metric ${wrong.metric}: ${wrong.field}: ${wrong.message}` }
  return readMetrics(run.spec, values)
}

const startOf = (run: AnalysisRun, now: number): number => Date.parse(run.status?.startedAt ?? '') || now

const resultsOf = (run: AnalysisRun): readonly MetricResult[] => run.status?.metricResults ?? []

const isTerminating = (spec: AnalysisRunSpec, results: readonly MetricResult[]): boolean =>
  spec.terminate === true || results.some(({ dryRun, phase }) => !dryRun && isCompleted(phase) && phase !== 'Successful')

/** The metrics that are to be measured now; none when the run is over, ending or wrong. */
export const metricsToMeasure = (run: AnalysisRun, now: number, values: ArgumentValues = NO_VALUES): readonly Metric[] => {
  const read = readRun(run, values)
  if (isOver(run) || 'problem' in read || isTerminating(run.spec, resultsOf(run))) return []
  return read.metrics.filter(metric => {
    const at = measureAt(
      metric,
      resultsOf(run).find(({ name }) => name === metric.name),
      startOf(run, now),
      now,
    )
    return at !== undefined && at <= now
  })
}

/** The metrics whose measurement was begun and is to be given up, since the run ends. */
export const metricsToEnd = (run: AnalysisRun, values: ArgumentValues = NO_VALUES): readonly Metric[] => {
  const read = readRun(run, values)
  if (isOver(run) || 'problem' in read || !isTerminating(run.spec, resultsOf(run))) return []
  const open = resultsOf(run).filter(openOf)
  return read.metrics.filter(metric => open.some(({ name }) => name === metric.name))
}

/**
 * The run's status after what was measured, and when to look again.
 * @param measured by metric name; what metricsToMeasure asked for
 * @param now milliseconds since the epoch
 */
export const assess = (
  run: AnalysisRun,
  measured: ReadonlyMap<string, Measured>,
  now: number,
  { values = NO_VALUES, describe = () => ({}) }: AssessOptions = {},
): Assessment => {
  if (isOver(run)) return { status: run.status! }
  const read = readRun(run, values)
  if ('problem' in read) return giveUp(run, read.problem, now)
  const startedAt = run.status?.startedAt ?? timestamp(now)
  const { metrics } = read
  const grown = metrics.flatMap(metric => grow(run, metric, measured.get(metric.name), { now, describe }))
  // A metric that fails now ends the others now.
  const once = settle(run.spec, metrics, grown)
  const results = settle(run.spec, metrics, once)
  const verdict = runPhase(run.spec, metrics, results)
  const kept = results.map(result => trim(run.spec, result))
  const status = {
    phase: verdict.phase,
    ...(verdict.message ? { message: verdict.message } : {}),
    metricResults: kept,
    startedAt,
    ...(isCompleted(verdict.phase) ? { completedAt: timestamp(now) } : {}),
    ...summaries(run.spec, metrics, results),
  }
  if (isCompleted(verdict.phase)) return { status }
  if (isTerminating(run.spec, results)) return { status, wakeAt: now }
  const times = metrics.map(metric =>
    nextLook(metric, kept, measured.get(metric.name), { startedAt: Date.parse(startedAt), now }),
  )
  return { status, wakeAt: Math.min(...times, now + LONGEST_SLEEP_MS) }
}

/** The run ends with an error that no further measurement can mend. */
export const giveUp = ({ status }: AnalysisRun, problem: string, now: number): Assessment => {
  const startedAt = status?.startedAt ?? timestamp(now)
  return { status: { ...status, phase: 'Error', message: problem, startedAt, completedAt: timestamp(now) } }
}

/** A run whose metrics all wait for something else is still looked at so often. */
const LONGEST_SLEEP_MS = 60_000

type Times = { readonly startedAt: number; readonly now: number }

const nextLook = (
  metric: Metric,
  results: readonly MetricResult[],
  measured: Measured | undefined,
  { startedAt, now }: Times,
): number => {
  const result = results.find(({ name }) => name === metric.name)
  const at = measureAt(metric, result, startedAt, now) ?? Number.POSITIVE_INFINITY
  const isQuiet = measured?.kind === 'verdict' && measured.isQuiet === true
  return isCheck(metric) ? Math.max(at, now + (isQuiet ? LOOK_QUIET_MS : LOOK_EVERY_MS)) : at
}

type Growing = { readonly now: number } & Required<Pick<AssessOptions, 'describe'>>

const grow = (
  run: AnalysisRun,
  metric: Metric,
  measured: Measured | undefined,
  { now, describe }: Growing,
): readonly MetricResult[] => {
  const before = resultsOf(run).find(({ name }) => name === metric.name)
  if (!measured || isCompleted(before?.phase)) return before ? [before] : []
  const fresh = { name: metric.name, phase: 'Pending', ...(isDryRun(run.spec, metric.name) ? { dryRun: true } : {}) } as const
  const metadata = describe(metric)
  return [
    {
      ...addMeasured(metric, before ?? fresh, measured, now),
      ...(Object.keys(metadata).length > 0 && { metadata }),
    },
  ]
}

/** Gives each result its phase. */
const settle = (spec: AnalysisRunSpec, metrics: readonly Metric[], results: readonly MetricResult[]): readonly MetricResult[] => {
  const ending = isTerminating(spec, results)
  return results.map(result => {
    const metric = metrics.find(({ name }) => name === result.name)
    if (!metric) return result
    const phase = phaseOf(metric, result, ending)
    if (phase === result.phase) return result
    const said = result.measurements?.at(-1)?.message
    const broken = brokenLimit(limitsOf(metric), result)
    if (result.dryRun && broken) return { ...result, phase, message: `Metric assessed ${phase} due to ${broken.why}` }
    // A short check says in its message what it waited for, and so how sure its success is.
    return said === undefined ? { ...result, phase } : { ...result, phase, message: said }
  })
}

type RunVerdict = { readonly phase: AnalysisPhase; readonly message?: string }

const reasonOf = (metrics: readonly Metric[], result: MetricResult): string | undefined => {
  const metric = metrics.find(({ name }) => name === result.name)
  const broken = metric && !result.dryRun ? brokenLimit(limitsOf(metric), result) : undefined
  if (!broken) return undefined
  const detail = result.message ? `: "Error Message: ${result.message}"` : ''
  return `Metric "${result.name}" assessed ${result.phase} due to ${broken.why}${detail}`
}

/** The worst of the metrics that are over, the first of equally bad ones; undefined when none is. */
const worstOf = (metrics: readonly Metric[], results: readonly MetricResult[]): RunVerdict | undefined => {
  let worst: RunVerdict | undefined
  for (const result of results.filter(({ phase }) => isCompleted(phase))) {
    const phase = result.dryRun ? 'Successful' : result.phase
    if (worst && ORDER.indexOf(phase) <= ORDER.indexOf(worst.phase)) continue
    const message = reasonOf(metrics, result) ?? worst?.message
    worst = message === undefined ? { phase } : { phase, message }
  }
  return worst
}

const runPhase = (spec: AnalysisRunSpec, metrics: readonly Metric[], results: readonly MetricResult[]): RunVerdict => {
  const worst = worstOf(metrics, results)
  const isComplete = results.length === metrics.length && results.every(({ phase }) => isCompleted(phase))
  if (isTerminating(spec, results)) {
    if (results.some(openOf)) return { phase: 'Running' }
    return { phase: worst?.phase ?? 'Successful', message: worst?.message ?? (spec.terminate ? 'Run Terminated' : '') }
  }
  return isComplete && worst ? worst : { phase: 'Running' }
}

const trim = (spec: AnalysisRunSpec, result: MetricResult): MetricResult =>
  result.measurements ? { ...result, measurements: result.measurements.slice(-retentionOf(spec, result.name)) } : result

type Summary = { count: number; successful: number; failed: number; inconclusive: number; error: number }

const summaries = (spec: AnalysisRunSpec, metrics: readonly Metric[], results: readonly MetricResult[]) => {
  const summary = (dryRun: boolean): Summary => {
    const names = metrics.filter(({ name }) => isDryRun(spec, name) === dryRun).map(({ name }) => name)
    const phases = results.filter(({ name, phase }) => names.includes(name) && isCompleted(phase)).map(({ phase }) => phase)
    const count = (phase: AnalysisPhase) => phases.filter(p => p === phase).length
    return {
      count: names.length,
      successful: count('Successful'),
      failed: count('Failed'),
      inconclusive: count('Inconclusive'),
      error: count('Error'),
    }
  }
  return { runSummary: summary(false), dryRunSummary: summary(true) }
}
