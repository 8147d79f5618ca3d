/** What the routers counted, in spans to plot. Pure. */
import type { Second } from '../../analysis/history.ts'
import { badShare, failureCounts, quantileMs, sumTallies } from '../../analysis/tally.ts'
import type { AnalysisRun } from '../../api/analysis-run.ts'
import { LATENCY_BOUNDS_MS, type Tally } from '../../api/router-admin.ts'
import type { Asked } from '../../view/read-numbers.ts'
import type { Numbers, NumbersPoint, Sample } from '../contract.ts'
import { thresholdsOf } from './thresholds.ts'

/** Seconds that one point stands for: short enough to see a burst of errors, long enough for a quantile. */
export const SPAN_S = 5

const LAST_BOUND_MS = LATENCY_BOUNDS_MS.at(-1) ?? 0

const quantileOf = (tally: Tally, quantile: number): number | undefined => {
  const ms = quantileMs(tally, quantile)
  return ms === undefined ? undefined : Math.min(ms, LAST_BOUND_MS)
}

const sampleOf = (tallies: readonly Tally[]): Sample => {
  const tally = sumTallies(tallies)
  const counts = failureCounts(tally)
  const [p50, p95, p99] = [quantileOf(tally, 0.5), quantileOf(tally, 0.95), quantileOf(tally, 0.99)]
  return {
    requests: counts.requests,
    ...(counts.requests > 0 && { success: 1 - badShare(counts) }),
    ...(p50 !== undefined && { p50 }),
    ...(p95 !== undefined && { p95 }),
    ...(p99 !== undefined && { p99 }),
  }
}

/** Only whole spans: a point does not change any more once it is shown. `nowSecond`: Unix seconds. */
export const pointsOf = (seconds: readonly Second[], nowSecond: number): readonly NumbersPoint[] => {
  const end = Math.floor(nowSecond / SPAN_S) * SPAN_S
  const spans = new Map<number, Second[]>()
  for (const one of seconds) {
    const at = Math.floor(one.second / SPAN_S) * SPAN_S
    if (at >= end) continue
    const known = spans.get(at)
    if (known === undefined) spans.set(at, [one])
    else known.push(one)
  }
  return [...spans]
    .sort(([a], [b]) => a - b)
    .map(([at, each]) => ({
      at,
      canary: sampleOf(each.map(({ canary }) => canary)),
      stable: sampleOf(each.map(({ stable }) => stable)),
    }))
}

/** `now`: milliseconds since the epoch. */
export const makeNumbers = (asked: Asked, runs: readonly AnalysisRun[], now: number): Numbers => {
  const thresholds = thresholdsOf(runs)
  if ('unknown' in asked) return { span: SPAN_S, points: [], thresholds, routers: 0, unknown: asked.unknown }
  return { span: SPAN_S, points: pointsOf(asked.seconds, now / 1000), thresholds, routers: asked.answered }
}
