/** Sums and shares of what routers counted. Pure. */
import { LATENCY_BOUNDS_MS, type Tally } from '../api/router-admin.ts'

export const EMPTY_TALLY: Tally = Object.freeze({
  requests: 0,
  status2xx: 0,
  status3xx: 0,
  status4xx: 0,
  status5xx: 0,
  upstreamFailures: 0,
  clientAborts: 0,
  latency: Object.freeze([]),
})

const addHistograms = (a: readonly number[], b: readonly number[]): readonly number[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0))

/** The sum of two tallies; the order does not matter. Histograms may be cut off after their last count. */
export const addTallies = (a: Tally, b: Tally): Tally => ({
  requests: a.requests + b.requests,
  status2xx: a.status2xx + b.status2xx,
  status3xx: a.status3xx + b.status3xx,
  status4xx: a.status4xx + b.status4xx,
  status5xx: a.status5xx + b.status5xx,
  upstreamFailures: a.upstreamFailures + b.upstreamFailures,
  clientAborts: a.clientAborts + b.clientAborts,
  latency: addHistograms(a.latency, b.latency),
})

/** Adds in place: an AnalysisRun sums up to 1,200 tallies at each look. */
export const sumTallies = (tallies: readonly Tally[]): Tally => {
  const latency: number[] = []
  const sum = {
    requests: 0,
    status2xx: 0,
    status3xx: 0,
    status4xx: 0,
    status5xx: 0,
    upstreamFailures: 0,
    clientAborts: 0,
    latency,
  }
  for (const tally of tallies) {
    sum.requests += tally.requests
    sum.status2xx += tally.status2xx
    sum.status3xx += tally.status3xx
    sum.status4xx += tally.status4xx
    sum.status5xx += tally.status5xx
    sum.upstreamFailures += tally.upstreamFailures
    sum.clientAborts += tally.clientAborts
    for (let i = 0; i < tally.latency.length; i += 1) latency[i] = (latency[i] ?? 0) + (tally.latency[i] ?? 0)
  }
  return sum
}

/** Requests of which `bad` went wrong (failed, or took too long). */
export type Counts = { readonly requests: number; readonly bad: number }

export const NO_COUNTS: Counts = Object.freeze({ requests: 0, bad: 0 })

export const addCounts = (a: Counts, b: Counts): Counts => ({ requests: a.requests + b.requests, bad: a.bad + b.bad })

/** Share of bad requests, 0..1; 0 when there are none. */
export const badShare = (counts: Counts): number => (counts.requests > 0 ? counts.bad / counts.requests : 0)

/**
 * Failures of a version: its answers 5xx and what never became an answer because the pod refused, reset or timed out. 4xx is the
 * client's doing, and a client that went away says nothing, so it is not among the requests either.
 */
export const failureCounts = (tally: Tally): Counts => {
  const bad = tally.status5xx + tally.upstreamFailures
  return { requests: tally.status2xx + tally.status3xx + tally.status4xx + bad, bad }
}

/** Requests with a duration, and how many took longer than bound `index` of LATENCY_BOUNDS_MS. */
export const slowCounts = (tally: Tally, index: number): Counts => {
  let requests = 0
  let bad = 0
  for (let i = 0; i < tally.latency.length; i += 1) {
    const count = tally.latency[i] ?? 0
    requests += count
    if (i > index) bad += count
  }
  return { requests, bad }
}

/** How far above a bound a limit may lie and still be read as that bound: 1.2 x is one step of 2^(1/4) = 1.19 x. */
const GRACE = 1.02

/**
 * The bound of LATENCY_BOUNDS_MS at which requests are cut into fast and slow for a limit of `milliseconds`: the next one up, so
 * that only what is surely slower counts as slow. A limit above all bounds gives the last one.
 */
export const boundFor = (milliseconds: number): number => {
  const index = LATENCY_BOUNDS_MS.findIndex(bound => bound * GRACE >= milliseconds)
  return index === -1 ? LATENCY_BOUNDS_MS.length - 1 : index
}

/**
 * Index of the bound at or under which `quantile` (0..1) of the requests stayed; LATENCY_BOUNDS_MS.length when that is above every
 * bound; undefined without requests.
 */
export const quantileBucket = (latency: readonly number[], quantile: number): number | undefined => {
  let total = 0
  for (const count of latency) total += count
  if (total === 0) return undefined
  // Without the allowance 0.99 * 100 = 99.00000000000001 would need a hundredth request.
  const needed = quantile * total - 1e-9
  let seen = 0
  for (let i = 0; i < latency.length; i += 1) {
    seen += latency[i] ?? 0
    if (seen >= needed && seen > 0) return i
  }
  return latency.length - 1
}

/** The quantile in milliseconds, as the upper bound of its bucket (within 19 %); Infinity above 65 s; undefined without requests. */
export const quantileMs = (tally: Tally, quantile: number): number | undefined => {
  const bucket = quantileBucket(tally.latency, quantile)
  return bucket === undefined ? undefined : (LATENCY_BOUNDS_MS[bucket] ?? Number.POSITIVE_INFINITY)
}
