/** Verdicts in words. Pure. */
import type { Check } from '../api/checks.ts'
import { comparesWithStable } from './bad-requests.ts'
import type { History } from './history.ts'
import { FALSE_ALARM_RATE, type Look } from './looks.ts'
import { addCounts, badShare, type Counts, failureCounts, NO_COUNTS, quantileMs, slowCounts, sumTallies } from './tally.ts'

/** A share in percent with at most `digits` decimals, rounded down, so that 99.996 % with a failure in it never reads 100%. */
export const percent = (share: number, digits = 2): string => {
  const scale = 10 ** digits
  return `${Math.floor(share * 100 * scale + 1e-9) / scale}%`
}

const milliseconds = (ms: number | undefined): string => {
  if (ms === undefined) return 'unknown'
  if (ms === Number.POSITIVE_INFINITY) return 'over 65s'
  return ms >= 100 ? `${Math.round(ms)}ms` : `${Number(ms.toPrecision(2))}ms`
}

const clock = (second: number): string => `${new Date(second * 1000).toISOString().slice(11, 19)}Z`

const quantileName = (quantile: number): string => `p${Number((quantile * 100).toFixed(6))}`

const stableTimes = (factor: number): string => (factor === 1 ? 'stable' : `stable * ${factor}`)

/** The check as a user would write it. */
export const describeCheck = (check: Check): string => {
  switch (check.kind) {
    case 'success-rate':
      return `success-rate ${check.op} ${Number((check.ratio * 100).toFixed(6))}%`
    case 'success-rate-vs-stable':
      return `success-rate ${check.op} ${stableTimes(check.factor)}`
    case 'latency':
      return `${quantileName(check.quantile)} ${check.op} ${check.milliseconds}ms`
    case 'latency-vs-stable':
      return `${quantileName(check.quantile)} ${check.op} ${stableTimes(check.factor)}`
  }
}

const isLatency = (check: Check): check is Extract<Check, { quantile: number }> => 'quantile' in check

/** What the routers saw since the run began (at most ten minutes), e.g. `canary 92.1% of 140, stable 99.9% of 2660`. */
export const describeValue = (check: Check, history: History): string => {
  const seconds = history.seconds.filter(({ second }) => second >= history.startedAt)
  const one = (name: 'canary' | 'stable'): string => {
    const tallies = seconds.map(second => second[name])
    if (!isLatency(check)) {
      const counts = tallies.map(failureCounts).reduce(addCounts, NO_COUNTS)
      return `${name} ${counts.requests > 0 ? percent(1 - badShare(counts)) : 'unknown'} of ${counts.requests}`
    }
    const tally = sumTallies(tallies)
    const { requests } = slowCounts(tally, 0)
    return `${name} ${quantileName(check.quantile)} ${milliseconds(quantileMs(tally, check.quantile))} of ${requests}`
  }
  return `${one('canary')}, ${one('stable')}`
}

const shareOf = (check: Check, counts: Counts): string =>
  isLatency(check)
    ? `${percent(badShare(counts))} of ${counts.requests} too slow`
    : `${percent(badShare(counts))} of ${counts.requests} failed`

const both = (check: Check, look: Look): string => `canary ${shareOf(check, look.canary)}, stable ${shareOf(check, look.stable)}`

const limitOf = (check: Check, look: Look): string => `${percent(look.allowed)} may ${isLatency(check) ? 'be too slow' : 'fail'}`

export const describePassing = (check: Check, look: Look): string => `${both(check, look)}; ${limitOf(check, look)}`

const overPeriod = (check: Check, look: Look, zero: number): string => {
  const { from, canary, stable } = look.period ?? { from: look.second, ...look }
  return `canary ${shareOf(check, canary)}, stable ${shareOf(check, stable)} since ${clock(zero + from)}; ${limitOf(check, look)}`
}

/** @param zero Unix second from which the look's seconds are counted */
export const describeBroken = (check: Check, look: Look, zero: number): string =>
  `${overPeriod(check, look, zero)}. A canary that keeps to ${describeCheck(check)} would look so bad in at most ${percent(FALSE_ALARM_RATE)} of rollouts`

export const describeShared = (check: Check, look: Look, zero: number): string =>
  `${overPeriod(check, look, zero)}. Both break ${describeCheck(check)} alike, so the cause is not the new version alone and going back would not help`

type Undecided = {
  readonly last: Look | undefined
  readonly few: boolean
  readonly until: number | undefined
  readonly gaveUp: boolean
  readonly passedBefore: boolean
}

/** Says what is missing, or once given up, what was. */
export const describeUndecided = (check: Check, { last, few, until, gaveUp, passedBefore }: Undecided): string => {
  if (last && !few) {
    const seen = `${both(check, last)}; ${limitOf(check, last)}. That is over the limit, but could still be chance`
    return gaveUp ? `${seen}, and stayed so until ${clock(until!)}` : `${seen}; waiting until ${clock(until!)} for more requests`
  }
  const missing = describeMissing(check, last)
  if (gaveUp) return `too few requests to judge ${describeCheck(check)} by until ${clock(until!)}: ${missing}`
  if (until === undefined && !passedBefore) return `too few requests to judge ${describeCheck(check)} by yet: ${missing}`
  if (until === undefined) return `it passed before; too few requests lately to judge ${describeCheck(check)} by: ${missing}`
  return `too few requests to judge ${describeCheck(check)} by yet: ${missing}; pauses at ${clock(until)} if they do not come`
}

const describeMissing = (check: Check, last: Look | undefined): string => {
  if (!last) return comparesWithStable(check) ? 'none yet that can be compared with stable' : 'none yet'
  const missing = (name: string, counts: Counts): string =>
    `${name} ${counts.requests} of ${last.needed}, ${last.needed - counts.requests} more needed`
  const parts = [last.canary.requests < last.needed ? missing('canary', last.canary) : undefined]
  if (comparesWithStable(check) && last.stable.requests < last.needed) parts.push(missing('stable', last.stable))
  return parts.filter(part => part !== undefined).join('; ')
}
