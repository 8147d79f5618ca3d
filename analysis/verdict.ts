/** The verdict on a short check from what the routers counted. Pure; the reasons are in docs/decisions/0002-judging.md. */
import type { Check } from '../api/checks.ts'
import { badRequests, comparesWithStable } from './bad-requests.ts'
import type { History } from './history.ts'
import { type Look, lookAtEachSecond } from './looks.ts'
import { describeBroken, describePassing, describeShared, describeUndecided, describeValue } from './verdict-text.ts'

export type Verdict = {
  /** Running: nothing can be said yet. */
  readonly phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Running'
  /** One line such as `canary 92.1% of 140, stable 99.9% of 2660`. */
  readonly value: string
  /** One sentence: why, or what is waited for and until when. */
  readonly message: string
  /** It is Inconclusive for want of requests. */
  readonly hasNoData?: true
}

export type JudgeOptions = {
  /** Requests without which nothing passes, however few the limit needs. */
  readonly minimumRequests?: number
  /** Too few requests are waited for without end. */
  readonly isPatient?: boolean
}

/** A check that could not pass for so long pauses the rollout. Seconds. */
export const UNDECIDED_LIMIT_S = 300
/** Canary and stable may break an absolute limit alike for so long before the rollout is paused. Seconds. */
export const SHARED_LIMIT_S = 10

/**
 * Judges `check` by everything in `history` up to `now` (milliseconds since the epoch). The verdict depends on what the routers
 * counted and not on how often it is asked for, but for the current second, which absolute checks use before it is over.
 */
export const judge = (
  check: Check,
  history: History,
  now: number,
  { minimumRequests = 0, isPatient = false }: JudgeOptions = {},
): Verdict => {
  const nowSecond = Math.floor(now / 1000)
  // Against stable only whole seconds count: a part of one may hold the canary's answers and not yet stable's.
  const isOver = ({ second }: { readonly second: number }) => second < nowSecond || !comparesWithStable(check)
  const known = { ...history, seconds: history.seconds.filter(isOver) }
  const { limits, zero, seconds } = badRequests(check, known)
  const looks = lookAtEachSecond(check, { limits, zero, seconds }, minimumRequests)
  const last = looks.at(-1)
  const value = describeValue(check, known)
  if (last?.broken === 'own') return { phase: 'Failed', value, message: describeBroken(check, last, zero) }
  if (last?.broken === 'shared') {
    const since = zero + looks[looks.findLastIndex(look => look.broken !== 'shared') + 1]!.second
    const phase = nowSecond - since >= SHARED_LIMIT_S ? 'Inconclusive' : 'Running'
    return { phase, value, message: describeShared(check, last, zero) }
  }
  if (last?.passes) return { phase: 'Successful', value, message: describePassing(check, last) }
  const undecided = undecidedState(check, { history, looks, zero, isPatient })
  const gaveUp = undecided.until !== undefined && nowSecond >= undecided.until
  const message = describeUndecided(check, {
    ...undecided,
    last,
    gaveUp,
    passedBefore: history.passedBefore === true,
  })
  return { phase: gaveUp ? 'Inconclusive' : 'Running', value, message, ...(gaveUp && undecided.few && { hasNoData: true }) }
}

type Known = { readonly history: History; readonly looks: readonly Look[]; readonly zero: number; readonly isPatient: boolean }

/** Unix second at which waiting ends; undefined when the check passed before and there were merely few requests lately. */
const undecidedState = (
  check: Check,
  { history, looks, zero, isPatient }: Known,
): { readonly few: boolean; readonly until: number | undefined } => {
  const last = looks.at(-1)
  const few = !last || last.canary.requests < last.needed || (comparesWithStable(check) && last.stable.requests < last.needed)
  const passed = looks.findLast(look => look.passes)
  const since = passed ? zero + passed.second : history.startedAt
  return { few, until: few && (history.passedBefore || isPatient) ? undefined : since + UNDECIDED_LIMIT_S }
}
