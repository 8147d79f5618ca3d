/** Simulated rollouts with a seed: for measuring how often and how soon the judge speaks, and for its tests. Pure but for the generator's own state. */
import { LATENCY_BOUNDS_MS, type Tally } from '../api/router-admin.ts'
import type { Second } from './history.ts'

/** Uniform in [0, 1). */
export type Random = () => number

/** A small generator with 32 bits of state (splitmix32's mixing): the same seed gives the same numbers everywhere. */
export const seeded = (seed: number): Random => {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

/** How many of `requests` go wrong when each does with probability `share`: jumps from one to the next. */
export const binomial = (random: Random, requests: number, share: number): number => {
  if (share <= 0) return 0
  if (share >= 1) return requests
  const log = Math.log1p(-share)
  let bad = 0
  for (let i = Math.floor(Math.log1p(-random()) / log); i < requests; i += 1 + Math.floor(Math.log1p(-random()) / log)) bad += 1
  return bad
}

/** How many requests arrive in a second at `rate` a second on average (Poisson). */
export const arrivals = (random: Random, rate: number): number => {
  if (rate > 50) return Math.max(0, Math.round(rate + Math.sqrt(rate) * gaussian(random)))
  const limit = Math.exp(-rate)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count += 1
  return count
}

const gaussian = (random: Random): number => Math.sqrt(-2 * Math.log1p(-random())) * Math.cos(2 * Math.PI * random())

export type VersionModel = {
  /** Requests a second. */
  readonly rate: number
  /** Share of answers 5xx. */
  readonly failing: number
  /** Median duration in milliseconds of a log-normal distribution; absent: durations are not counted. */
  readonly medianMs?: number
  readonly sigma?: number
}

const bucketOf = (ms: number): number => {
  const index = Math.ceil(4 * Math.log2(ms / 0.5))
  return Math.min(LATENCY_BOUNDS_MS.length, Math.max(0, index))
}

const durations = (random: Random, requests: number, { medianMs, sigma = 0.5 }: VersionModel): readonly number[] => {
  if (medianMs === undefined) return []
  const latency = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0)
  for (let i = 0; i < requests; i += 1) latency[bucketOf(medianMs * Math.exp(sigma * gaussian(random)))]! += 1
  return latency
}

/** One second of one version. */
export const simulateTally = (random: Random, version: VersionModel): Tally => {
  const requests = arrivals(random, version.rate)
  const failed = binomial(random, requests, version.failing)
  return {
    requests,
    status2xx: requests - failed,
    status3xx: 0,
    status4xx: 0,
    status5xx: failed,
    upstreamFailures: 0,
    clientAborts: 0,
    latency: durations(random, requests, version),
  }
}

export type RolloutModel = {
  readonly seconds: number
  readonly canary: VersionModel
  readonly stable: VersionModel
  readonly startedAt?: number
}

export const simulateRollout = (random: Random, { seconds, canary, stable, startedAt = 0 }: RolloutModel): readonly Second[] =>
  Array.from({ length: seconds }, (_, i) => ({
    second: startedAt + i,
    canary: simulateTally(random, canary),
    stable: simulateTally(random, stable),
  }))
