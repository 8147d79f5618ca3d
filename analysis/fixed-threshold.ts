/**
 * A check as it is mostly written for Argo Rollouts: a rate over the last minute, measured every minute, and a number of measurements that may
 * fail. Only what the judge is compared with in its benchmark. Pure.
 */
import type { Second } from './history.ts'
import { addCounts, badShare, type Counts, failureCounts, NO_COUNTS } from './tally.ts'

export type FixedThreshold = {
  /** Seconds between two measurements, and how far each looks back. */
  readonly interval: number
  /** The run fails with one more. */
  readonly failureLimit: number
  /** As failureCondition over the shares of failed requests, 0..1. */
  readonly fails: (canary: number, stable: number) => boolean
}

/** Seconds after the start at which the run fails; undefined when it does not. The first measurement is at the end of the first interval. */
export const failsAfter = ({ interval, failureLimit, fails }: FixedThreshold, seconds: readonly Second[]): number | undefined => {
  let failed = 0
  let canary: Counts = NO_COUNTS
  let stable: Counts = NO_COUNTS
  for (const [i, second] of seconds.entries()) {
    canary = addCounts(canary, failureCounts(second.canary))
    stable = addCounts(stable, failureCounts(second.stable))
    if ((i + 1) % interval !== 0) continue
    if (canary.requests > 0 && fails(badShare(canary), badShare(stable))) failed += 1
    if (failed > failureLimit) return i + 1
    canary = NO_COUNTS
    stable = NO_COUNTS
  }
  return undefined
}
