/** What each second of a rollout, looked at with everything before it, says about a check. Pure. */
import type { Check } from '../api/checks.ts'
import { type BadRequests, comparesWithStable } from './bad-requests.ts'
import { addEvidence, type Limit, logEvidence, logEvidenceOfSecond, NO_EVIDENCE, ODDS, type SecondCounts } from './evidence.ts'
import { FINEST_SHARE_VS_STABLE, requestsNeeded } from './sample-size.ts'
import { addCounts, badShare, type Counts, NO_COUNTS } from './tally.ts'

/** A good canary is failed in at most this share of rollouts, for each check, however long and often it is looked at. */
export const FALSE_ALARM_RATE = 0.01
/** Fewer bad answers than so many never fail a canary: one pod's hiccup is not independent evidence. */
export const LEAST_BAD = 3
/** Chance that a canary no worse than stable is called clearly worse when both break an absolute limit. */
const CLEARLY_WORSE = 0.001

const THRESHOLD = Math.log(1 / FALSE_ALARM_RATE)

export type Look = {
  /** Seconds since the first that was counted. */
  readonly second: number
  /** Everything up to and including this second. */
  readonly canary: Counts
  readonly stable: Counts
  /** `own`: the canary surely breaks the limit and stable does not do as badly. `shared`: stable does. */
  readonly broken: 'no' | 'own' | 'shared'
  /** Highest allowed share of bad canary requests, as known now. */
  readonly allowed: number
  /** Requests that the canary (and stable, when compared with) must have answered to pass. */
  readonly needed: number
  readonly passes: boolean
}

const allowedShare = (limits: readonly Limit[], stable: Counts): number =>
  Math.max(...limits.map(({ base, slope }) => base + slope * badShare(stable)))

/**
 * Is the canary's share of bad requests clearly above stable's? By the Chernoff bound on the canary's part of all bad requests,
 * which would be its part of all requests if both were alike.
 */
export const isClearlyWorse = (canary: Counts, stable: Counts): boolean => {
  const part = canary.requests / (canary.requests + stable.requests)
  const share = canary.bad / (canary.bad + stable.bad)
  if (!(share > part) || part === 1) return share > part || part === 1
  const entropy = share * Math.log(share / part) + (share < 1 ? (1 - share) * Math.log((1 - share) / (1 - part)) : 0)
  return (canary.bad + stable.bad) * entropy >= Math.log(1 / CLEARLY_WORSE)
}

/**
 * For an absolute limit that is broken at the last of `seconds`: did stable do as badly over the time in which the canary broke it?
 * It is the canary's own fault when for any start that alone proves it broken, stable kept to the limit or the canary was clearly worse.
 */
const isOwnFault = (seconds: readonly SecondCounts[], limit: Limit): boolean => {
  let canary = NO_COUNTS
  let stable = NO_COUNTS
  let logs: readonly number[] = ODDS.map(() => 0)
  for (const second of seconds.toReversed()) {
    canary = addCounts(canary, second.canary)
    stable = addCounts(stable, second.stable)
    const more = logEvidenceOfSecond(limit, second, 0)
    logs = logs.map((log, i) => log + more[i]!)
    const proves = Math.max(...logs) >= THRESHOLD && canary.bad >= LEAST_BAD
    if (proves && (badShare(stable) <= limit.base || isClearlyWorse(canary, stable))) return true
  }
  return false
}

const isBroken = (limits: readonly Limit[], logs: readonly number[], canary: Counts): boolean =>
  limits.every(({ base, slope }, i) =>
    base === 0 && slope === 0 ? canary.bad > 0 : logs[i]! >= THRESHOLD && canary.bad >= LEAST_BAD,
  )

/** Faults are told apart only where stable is not part of the limit anyway. */
const faultAt = (seconds: readonly SecondCounts[], limits: readonly Limit[]): 'own' | 'shared' => {
  const [limit] = limits
  if (limits.length > 1 || !limit || limit.slope > 0) return 'own'
  return isOwnFault(seconds, limit) ? 'own' : 'shared'
}

/** One look per second that was counted, oldest first, up to the first that proves the canary broken by its own fault. */
export const lookAtEachSecond = (check: Check, { limits, seconds }: BadRequests): readonly Look[] => {
  const looks: Look[] = []
  let evidence = limits.map(() => NO_EVIDENCE)
  let canary = NO_COUNTS
  let stable = NO_COUNTS
  for (const [i, second] of seconds.entries()) {
    evidence = evidence.map((before, k) => addEvidence(before, limits[k]!, second))
    canary = addCounts(canary, second.canary)
    stable = addCounts(stable, second.stable)
    const isNow = isBroken(limits, evidence.map(logEvidence), canary)
    const broken = isNow ? faultAt(seconds.slice(0, i + 1), limits) : 'no'
    const look = lookAt(check, limits, { second: second.second, canary, stable, broken })
    looks.push(look)
    if (broken === 'own') return looks
  }
  return looks
}

const lookAt = (check: Check, limits: readonly Limit[], so: Pick<Look, 'second' | 'canary' | 'stable' | 'broken'>): Look => {
  const vsStable = comparesWithStable(check)
  const allowed = allowedShare(limits, so.stable)
  const needed = requestsNeeded(vsStable ? Math.max(FINEST_SHARE_VS_STABLE, allowed) : allowed)
  const share = badShare(so.canary)
  const highest = allowed + (check.kind === 'success-rate-vs-stable' ? chanceOf(check.factor, so) : 0)
  // Nothing bad at all beats a stable version that has nothing bad either.
  const keeps = check.op === '>' || check.op === '<' ? share < highest || (vsStable && share === 0) : share <= highest
  const enough = so.canary.requests >= needed && (!vsStable || so.stable.requests >= needed)
  return { ...so, allowed, needed, passes: enough && keeps && so.broken === 'no' }
}

/** Two standard deviations of the difference of two shares: an equally good canary is above stable half of the time. */
const chanceOf = (factor: number, { canary, stable }: Pick<Look, 'canary' | 'stable'>): number => {
  const share = (counts: Counts) => Math.max(badShare(counts), 1 / Math.max(1, counts.requests))
  const variance = (counts: Counts) => (share(counts) * (1 - share(counts))) / Math.max(1, counts.requests)
  return 2 * Math.sqrt(variance(canary) + factor ** 2 * variance(stable))
}
