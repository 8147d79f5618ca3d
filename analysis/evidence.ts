/**
 * The sequential test behind every short check: how strongly the requests so far speak against "the canary keeps to its limit".
 * The mathematics, with proofs and sources, is in docs/decisions/0002-judging.md. In short:
 *
 * - Limit: the canary's share of bad requests is at most `base + slope * (stable's share)`. An absolute check has slope 0.
 * - For an assumed worse canary, the likelihood ratio of one second against the nearest pair of shares that keeps to the limit has an
 *   expectation of at most 1 whenever the limit holds, whatever the shares are in that second. Products of such ratios are
 *   e-processes: they exceed 1/alpha ever, at however many looks, with a probability of at most alpha (Ville's inequality).
 * - It is not known how bad a bad canary is, nor when it turns bad, so the evidence is the weighted average over a grid of badness
 *   (ODDS) and over every second as a starting point. An average of e-processes is one too, whatever the weights: they say where the
 *   test is quick, and only that they add up to 1 matters for how often it is wrong.
 */
import type { Counts } from './tally.ts'

/** The canary's share of bad requests must be at most `base + slope * (stable's share)`. */
export type Limit = { readonly base: number; readonly slope: number }

/** What ended in one second. `second` counts from the start of the rollout's traffic. */
export type SecondCounts = { readonly second: number; readonly canary: Counts; readonly stable: Counts }

/** Assumed badness: the odds of a bad answer are so many times those of the limit. */
export const ODDS: readonly number[] = [2, 4, 8, 16, 32, 64]

/**
 * How much each of ODDS counts. Most for 4 and 8 times, where every request that is saved is a second at ten a second; what is far worse is
 * found with three bad answers however little it counts, and twice as bad takes minutes.
 */
const ODDS_WEIGHTS: readonly number[] = [3, 8, 8, 3, 1, 1]
const ODDS_MASS = ODDS_WEIGHTS.reduce((sum, weight) => sum + weight, 0)
export const LOG_ODDS_WEIGHTS: readonly number[] = ODDS_WEIGHTS.map(weight => Math.log(weight / ODDS_MASS))

/** Shares are kept so far away from 0 and 1, so that no single request is infinitely telling. */
const MARGIN = 1e-6
const inside = (share: number): number => Math.min(1 - MARGIN, Math.max(MARGIN, share))

/** How likely a bad canary is held to be bad from its first request on. */
const BAD_FROM_START = 0.75
/** Sum over n >= 3 of 1 / (n ln^2 n), rounded up. */
const LATER_MASS = 1.0693

/** log of the weight of second `second` as the one in which the canary turned bad; all weights add up to at most 1. */
export const logStartWeight = (second: number): number => {
  if (second <= 0) return Math.log(BAD_FROM_START)
  const n = second + 2
  return Math.log((1 - BAD_FROM_START) / (LATER_MASS * n * Math.log(n) ** 2))
}

export const logSum = (a: number, b: number): number => {
  const high = Math.max(a, b)
  return high === Number.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(Math.min(a, b) - high))
}

const logLikelihood = (counts: Counts, share: number): number =>
  counts.bad * Math.log(share) + (counts.requests - counts.bad) * Math.log1p(-share)

const withOdds = (share: number, odds: number): number => inside((odds * share) / (1 - share + odds * share))

type Pair = { readonly canary: number; readonly stable: number }

/** Derivative of the relative entropy of `assumed` against `share`, by `share`. */
const pull = (assumed: number, share: number): number => (share - assumed) / (share * (1 - share))

/**
 * Stable's share on the limit's edge that is nearest (in relative entropy of this many requests) to the assumed shares.
 * @param requests of both; only how they stand to each other counts
 */
export const nearestOnEdge = (limit: Limit, assumed: Pair, requests: Pair): number => {
  // Equal shares: the nearest is where both are pooled.
  if (limit.base === 0 && limit.slope === 1) {
    return inside(
      (requests.canary * assumed.canary + requests.stable * assumed.stable) / Math.max(1, requests.canary + requests.stable),
    )
  }
  let low = 0
  let high = 1
  for (let i = 0; i < 40; i += 1) {
    const stable = (low + high) / 2
    const canary = inside(limit.base + limit.slope * stable)
    const slope =
      requests.canary * limit.slope * pull(assumed.canary, canary) + requests.stable * pull(assumed.stable, inside(stable))
    if (slope < 0) low = stable
    else high = stable
  }
  return inside((low + high) / 2)
}

/**
 * log of the e-value of one second, for each of ODDS.
 * @param stableShare what stable's share was in earlier seconds; must not depend on this second
 */
export const logEvidenceOfSecond = (limit: Limit, counts: SecondCounts, stableShare: number): readonly number[] => {
  const { canary, stable } = counts
  const assumedStable = inside(stableShare)
  const edge = inside(limit.base + limit.slope * assumedStable)
  return ODDS.map(odds => {
    const assumed = { canary: withOdds(edge, odds), stable: assumedStable }
    if (limit.slope === 0) return logLikelihood(canary, assumed.canary) - logLikelihood(canary, edge)
    const nearest = nearestOnEdge(limit, assumed, { canary: canary.requests, stable: stable.requests })
    return (
      logLikelihood(canary, assumed.canary) -
      logLikelihood(canary, inside(limit.base + limit.slope * nearest)) +
      logLikelihood(stable, assumed.stable) -
      logLikelihood(stable, nearest)
    )
  })
}

/** The state of the test after some seconds. */
export type Evidence = {
  /** log of the evidence gathered for each of ODDS, over all starting points. */
  readonly logs: readonly number[]
  /** log of the e-value of the last second alone, for each of ODDS. */
  readonly latest: readonly number[]
  readonly stable: Counts
}

export const NO_EVIDENCE: Evidence = Object.freeze({
  logs: Object.freeze(ODDS.map(() => Number.NEGATIVE_INFINITY)),
  latest: Object.freeze(ODDS.map(() => 0)),
  // As if half a bad request in fifty had been seen: only the power depends on it, never the false-alarm rate.
  stable: Object.freeze({ requests: 50, bad: 0.5 }),
})

/** Adds one second's counts. Seconds must come in order, each once. */
export const addEvidence = (before: Evidence, limit: Limit, counts: SecondCounts): Evidence => {
  const start = logStartWeight(counts.second)
  const latest = logEvidenceOfSecond(limit, counts, before.stable.bad / before.stable.requests)
  return {
    logs: before.logs.map((log, i) => logSum(log, start) + latest[i]!),
    latest,
    stable: { requests: before.stable.requests + counts.stable.requests, bad: before.stable.bad + counts.stable.bad },
  }
}

/** log of the whole evidence against the limit; above log(1 / alpha) it is false in at most the share alpha of good rollouts. */
export const logEvidence = (evidence: Evidence): number =>
  evidence.logs.reduce((sum, log, i) => logSum(sum, log + LOG_ODDS_WEIGHTS[i]!), Number.NEGATIVE_INFINITY)
