/** What each second of a rollout, looked at with everything before it, says about a check. Pure. */
import type { Check } from '../api/checks.ts'
import { type BadRequests, comparesWithStable } from './bad-requests.ts'
import { addEvidence, type Evidence, type Limit, logEvidence, NO_EVIDENCE, type SecondCounts } from './evidence.ts'
import { FINEST_SHARE_VS_STABLE, requestsNeeded } from './sample-size.ts'
import { addCounts, badShare, type Counts, NO_COUNTS } from './tally.ts'

/** A good canary is failed in at most this share of rollouts, for each check, however long and often it is looked at. */
export const FALSE_ALARM_RATE = 0.008
/** Fewer bad answers than so many never fail a canary: one pod's hiccup is not independent evidence. */
export const LEAST_BAD = 3
/** Chance that a canary no worse than stable is called clearly worse when both break an absolute limit. */
const CLEARLY_WORSE = 0.001

const THRESHOLD = Math.log(1 / FALSE_ALARM_RATE)

/** The time over which the evidence is strongest. */
export type Period = { readonly from: number; readonly canary: Counts; readonly stable: Counts }

export type Look = {
  /** Seconds since the first that was counted. */
  readonly second: number
  /** Everything up to and including this second. */
  readonly canary: Counts
  readonly stable: Counts
  /** `own`: the canary surely breaks the limit and stable does not do as badly. `shared`: stable does. */
  readonly broken: 'no' | 'own' | 'shared'
  /** When broken: over which time. */
  readonly period?: Period
  /** Highest allowed share of bad canary requests, as known now. */
  readonly allowed: number
  /** Requests that the canary (and stable, when compared with) must have answered to pass. */
  readonly needed: number
  readonly passes: boolean
}

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

/** Is the limit broken, with that much evidence and so many answers of the canary? Where nothing bad is allowed, one bad answer is proof. */
export const isProven = ({ base, slope }: Limit, log: number, canary: Counts): boolean =>
  base === 0 && slope === 0 ? canary.bad > 0 : log >= THRESHOLD && canary.bad >= LEAST_BAD

/** One second as the test saw it: the evidence of each limit after it. */
type Step = { readonly counts: SecondCounts; readonly evidence: readonly Evidence[] }

type Fault = Pick<Look, 'broken' | 'period'>

/**
 * Every time up to now that by itself proves all limits broken; at least one when the evidence as a whole does and there is one limit,
 * since an average is above the threshold only where one of its parts is. The strongest comes first.
 */
const provingPeriods = (steps: readonly Step[], limits: readonly Limit[]): readonly Period[] => {
  const periods: { readonly period: Period; readonly strength: number }[] = []
  let canary = NO_COUNTS
  let stable = NO_COUNTS
  const logs: number[][] = limits.map(() => [])
  for (const { counts, evidence } of steps.toReversed()) {
    canary = addCounts(canary, counts.canary)
    stable = addCounts(stable, counts.stable)
    const strengths = limits.map((_, k) => {
      logs[k] = evidence[k]!.latest.map((log, i) => log + (logs[k]![i] ?? 0))
      return Math.max(...logs[k])
    })
    if (limits.every((limit, k) => isProven(limit, strengths[k]!, canary))) {
      periods.push({ period: { from: counts.second, canary, stable }, strength: Math.min(...strengths) })
    }
  }
  return periods.toSorted((a, b) => b.strength - a.strength).map(({ period }) => period)
}

/**
 * An absolute limit is broken by the canary's own fault when, over any time that proves it broken, stable kept to it or the canary was
 * clearly worse. A limit relative to stable has stable's share in it already.
 */
const faultOf = (check: Check, steps: readonly Step[], limits: readonly Limit[], whole: Period): Fault => {
  const periods = provingPeriods(steps, limits)
  if (comparesWithStable(check)) return { broken: 'own', period: periods[0] ?? whole }
  const own = periods.find(({ canary, stable }) => badShare(stable) <= limits[0]!.base || isClearlyWorse(canary, stable))
  if (own) return { broken: 'own', period: own }
  return periods[0] ? { broken: 'shared', period: periods[0] } : { broken: 'no' }
}

/**
 * One look per second that was counted, oldest first, up to the first that proves the canary broken by its own fault.
 * @param minimum requests without which nothing passes, however few the limit needs
 */
export const lookAtEachSecond = (check: Check, { limits, seconds }: BadRequests, minimum = 0): readonly Look[] => {
  const looks: Look[] = []
  const steps: Step[] = []
  let evidence: readonly Evidence[] = limits.map(() => NO_EVIDENCE)
  let canary = NO_COUNTS
  let stable = NO_COUNTS
  for (const counts of seconds) {
    evidence = evidence.map((before, k) => addEvidence(before, limits[k]!, counts))
    steps.push({ counts, evidence })
    canary = addCounts(canary, counts.canary)
    stable = addCounts(stable, counts.stable)
    const isBroken = limits.every((limit, k) => isProven(limit, logEvidence(evidence[k]!), canary))
    const whole = { from: seconds[0]!.second, canary, stable }
    const fault: Fault = isBroken ? faultOf(check, steps, limits, whole) : { broken: 'no' }
    looks.push(lookAt(check, { limits, minimum }, { second: counts.second, canary, stable, ...fault }))
    if (fault.broken === 'own') return looks
  }
  return looks
}

const allowedShare = (limits: readonly Limit[], stable: Counts): number => {
  const share = badShare(stable)
  return Math.max(...limits.map(({ base, slope }) => base + slope * share))
}

type Rule = { readonly limits: readonly Limit[]; readonly minimum: number }

const lookAt = (check: Check, { limits, minimum }: Rule, so: Omit<Look, 'allowed' | 'needed' | 'passes'>): Look => {
  const vsStable = comparesWithStable(check)
  const allowed = allowedShare(limits, so.stable)
  const needed = Math.max(minimum, requestsNeeded(vsStable ? Math.max(FINEST_SHARE_VS_STABLE, allowed) : allowed))
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
