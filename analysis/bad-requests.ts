/** What counts as a bad request for each kind of check: every check becomes a stream of good and bad requests. Pure. */
import type { Check } from '../api/checks.ts'
import { LATENCY_BOUNDS_MS, type Tally } from '../api/router-admin.ts'
import type { Limit, SecondCounts } from './evidence.ts'
import type { History, Second } from './history.ts'
import { requestsNeeded } from './sample-size.ts'
import { boundFor, failureCounts, quantileBucket, slowCounts } from './tally.ts'

/** All limits must be broken for the check to be broken. */
export type BadRequests = {
  readonly limits: readonly Limit[]
  /** The Unix second from which `seconds` are counted. */
  readonly zero: number
  readonly seconds: readonly SecondCounts[]
}

/** Can only be judged while stable has requests too. */
export const comparesWithStable = (check: Check): boolean =>
  check.kind === 'success-rate-vs-stable' || check.kind === 'latency-vs-stable'

/** Stable's quantile is taken from so many seconds before. */
const QUANTILE_WINDOW_S = 60

const limitsOf = (check: Check): readonly Limit[] => {
  switch (check.kind) {
    case 'success-rate':
      return [{ base: 1 - check.ratio, slope: 0 }]
    case 'success-rate-vs-stable':
      return [{ base: 1 - check.factor, slope: check.factor }]
    case 'latency':
      return [{ base: 1 - check.quantile, slope: 0 }]
    case 'latency-vs-stable':
      // Slower than allowed, and more often than stable itself is slower than its own quantile: a slow moment of both is no fault.
      return [
        { base: 1 - check.quantile, slope: 0 },
        { base: 0, slope: 1 },
      ]
  }
}

type Cut = { readonly canary: number; readonly stable: number }

/** Where to cut canary and stable into fast and slow in each second, from what stable did before it; undefined: not known yet. */
const cutsVsStable = (seconds: readonly Second[], quantile: number, factor: number): readonly (Cut | undefined)[] => {
  const enough = requestsNeeded(1 - quantile)
  const recent = makeRollingHistogram(seconds)
  return seconds.map((now, i) => {
    const { latency, requests } = recent(i, now.second - QUANTILE_WINDOW_S)
    const bucket = requests < enough ? undefined : quantileBucket(latency, quantile)
    const bound = bucket === undefined ? undefined : LATENCY_BOUNDS_MS[bucket]
    // Without a bound stable is slower than the histogram can tell, and nothing is surely slower still.
    return bound === undefined ? undefined : { canary: boundFor(bound * factor), stable: bucket! }
  })
}

type RollingHistogram = (before: number, from: number) => { readonly latency: readonly number[]; readonly requests: number }

/** Stable's durations in the seconds before index `before` that are not older than second `from`; both only grow. */
const makeRollingHistogram = (seconds: readonly Second[]): RollingHistogram => {
  const latency: number[] = []
  let requests = 0
  let added = 0
  let removed = 0
  const count = (tally: Tally, sign: 1 | -1): void => {
    for (let k = 0; k < tally.latency.length; k += 1) {
      latency[k] = (latency[k] ?? 0) + sign * (tally.latency[k] ?? 0)
      requests += sign * (tally.latency[k] ?? 0)
    }
  }
  return (before, from) => {
    for (; added < before; added += 1) count(seconds[added]!.stable, 1)
    for (; removed < added && seconds[removed]!.second < from; removed += 1) count(seconds[removed]!.stable, -1)
    return { latency, requests }
  }
}

/** The history as counts of good and bad requests, with `second` counted from the first second in which the canary had any. */
export const badRequests = (check: Check, history: History): BadRequests => {
  const seconds = history.seconds.filter(second => second.second >= history.startedAt)
  const zero = zeroOf(history.startedAt, seconds)
  const cuts = check.kind === 'latency-vs-stable' ? cutsVsStable(seconds, check.quantile, check.factor) : []
  const counted = seconds.flatMap((second, i): readonly SecondCounts[] => {
    const cut = check.kind === 'latency' ? sameCut(boundFor(check.milliseconds)) : cuts[i]
    if (check.kind === 'latency-vs-stable' && !cut) return []
    return [
      {
        second: second.second - zero,
        canary: cut ? slowCounts(second.canary, cut.canary) : failureCounts(second.canary),
        stable: cut ? slowCounts(second.stable, cut.stable) : failureCounts(second.stable),
      },
    ]
  })
  return { limits: limitsOf(check), zero, seconds: counted.filter(({ second }) => second >= 0) }
}

const sameCut = (index: number): Cut => ({ canary: index, stable: index })

/**
 * The second from which starting points are weighed. Their weights must add up to 1 over the whole rollout although old seconds drop
 * out of the history; counting from the start of the run instead, once the beginning has dropped out, only makes them smaller.
 */
const zeroOf = (startedAt: number, seconds: readonly Second[]): number => {
  const whole = seconds[0] === undefined || seconds.at(-1)!.second - startedAt < 590
  const first = seconds.find(({ canary }) => canary.requests > 0)
  return whole && first ? first.second : startedAt
}
