/** AnalysisRuns with every measurement, as they are shown. Pure. */
import type { AnalysisRun, Measurement, Metric, MetricResult } from '../../api/analysis-run.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { type ExplainedCheck, explainRun } from '../../view/explain.ts'
import type { Numbers } from '../../view/read-numbers.ts'
import type { RolloutView } from '../../view/rollout-view.ts'
import type { AnalysisState, CheckMeasurement, CheckState } from '../contract.ts'
import { checkTextOf, thresholdOf } from './thresholds.ts'

const SCALES: { readonly [unit: string]: number } = { '%': 0.01, ms: 1, s: 1000, '': 1 }

/** `canary 92.1% of 140`, `stable p99 84ms of 512`: as analysis/verdict-text.ts writes them. */
const VERSION = /\b(canary|stable) (?:p[\d.]+ )?([\d.]+)(%|ms|s|) ?of/g

/** Numbers in the value of a measurement: of both versions, else the first one there is, called `value`. */
export const numbersIn = (value: string | undefined): CheckMeasurement['numbers'] => {
  if (value === undefined) return {}
  const versions = [...value.matchAll(VERSION)].map(
    ([, name = '', digits = '', unit = '']) => [name, Number((Number(digits) * (SCALES[unit] ?? 1)).toPrecision(12))] as const,
  )
  if (versions.length > 0) return Object.fromEntries(versions)
  const [first] = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/.exec(value) ?? []
  return first === undefined || !/^[[\]\s\d.,eE+-]+$/.test(value) ? {} : { value: Number(first) }
}

const measurementOf = ({ phase, startedAt, finishedAt, value, message }: Measurement): CheckMeasurement => ({
  phase,
  ...(startedAt && { startedAt }),
  ...(finishedAt && { finishedAt }),
  ...(value && { value }),
  numbers: numbersIn(value),
  ...(message && { message }),
})

const providerOf = ({ provider }: Metric): string => {
  const [plugin] = Object.keys(provider.plugin ?? {})
  return plugin ?? Object.keys(provider)[0] ?? 'unknown'
}

const unitOf = (metric: Metric): CheckState['unit'] => {
  const threshold = thresholdOf(checkTextOf(metric) ?? '')
  if (threshold === undefined) return 'number'
  return threshold.plot === 'success' ? 'share' : 'ms'
}

const checkState = (metric: Metric, result: MetricResult | undefined, explained: ExplainedCheck | undefined): CheckState => {
  const threshold = thresholdOf(checkTextOf(metric) ?? '')
  return {
    name: metric.name,
    phase: explained?.phase ?? result?.phase ?? 'Pending',
    message: explained?.message ?? result?.message ?? '',
    endsBy: explained?.endsBy ?? '',
    successful: result?.successful ?? 0,
    failed: result?.failed ?? 0,
    inconclusive: result?.inconclusive ?? 0,
    errors: result?.error ?? 0,
    conditions: explained?.measured?.conditions ?? [],
    provider: providerOf(metric),
    unit: unitOf(metric),
    ...(threshold && { threshold }),
    measurements: (result?.measurements ?? []).map(measurementOf),
  }
}

type Seen = { readonly numbers: Numbers | undefined; readonly now: number }

/** `current`: of the update in progress, or of the last one. */
export const analysisState = (
  run: AnalysisRun,
  place: Pick<AnalysisState, 'current' | 'revision'>,
  { numbers, now }: Seen,
): AnalysisState => {
  const { phase, startedAt, checks } = explainRun(run, numbers, now)
  return {
    name: run.metadata.name,
    phase,
    ...(startedAt && { startedAt }),
    ...place,
    checks: run.spec.metrics.map(metric =>
      checkState(
        metric,
        run.status?.metricResults?.find(({ name }) => name === metric.name),
        checks.find(({ name }) => name === metric.name),
      ),
    ),
  }
}

const placeIn = (view: RolloutView, run: AnalysisRun): Pick<AnalysisState, 'current' | 'revision'> => {
  const hash = run.metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH]
  const revision = view.versions.find(one => one.hash === hash)?.revision
  return { current: view.analysisRuns.includes(run), ...(revision !== undefined && { revision }) }
}

/** Those of the present update first, then the newest. */
export const makeAnalyses = (view: RolloutView, seen: Seen): readonly AnalysisState[] => {
  const others = view.versions
    .flatMap(({ analysisRuns }) => analysisRuns)
    .filter(run => !view.analysisRuns.includes(run))
    .sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''))
  return [...view.analysisRuns, ...others].map(run => analysisState(run, placeIn(view, run), seen))
}
