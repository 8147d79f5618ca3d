/** Limits of short checks as lines in a plot. Pure. */
import type { AnalysisRun, Metric } from '../../api/analysis-run.ts'
import { type Check, parseCheck } from '../../api/checks.ts'
import type { Threshold } from '../contract.ts'

/** The config's key of the routers' own numbers; see analysis/providers/sluice-router.ts. */
const SLUICE_ROUTER = 'sluice/router'

/** The short check that a metric is; undefined for every other metric. */
export const checkTextOf = ({ provider }: Metric): string | undefined => {
  const config = provider.plugin?.[SLUICE_ROUTER]
  const text = typeof config === 'object' && config !== null && 'check' in config ? config.check : undefined
  return typeof text === 'string' ? text : undefined
}

/** `p99`, `p99.9`. */
const plotOf = (check: Check): string => ('quantile' in check ? `p${Number((check.quantile * 100).toFixed(6))}` : 'success')

const limitOf = (check: Check): Pick<Threshold, 'value' | 'timesStable'> => {
  switch (check.kind) {
    case 'success-rate':
      return { value: check.ratio }
    case 'latency':
      return { value: check.milliseconds }
    case 'success-rate-vs-stable':
    case 'latency-vs-stable':
      return { timesStable: check.factor }
  }
}

export const thresholdOf = (text: string): Threshold | undefined => {
  const parsed = parseCheck(text)
  if (!('check' in parsed)) return undefined
  return { plot: plotOf(parsed.check), op: parsed.check.op, ...limitOf(parsed.check), text }
}

/** Of all checks of the runs, each text once. */
export const thresholdsOf = (runs: readonly AnalysisRun[]): readonly Threshold[] => {
  const texts = new Set(runs.flatMap(run => run.spec.metrics.flatMap(metric => checkTextOf(metric) ?? [])))
  return [...texts].flatMap(text => thresholdOf(text) ?? [])
}
