/** What a held Deployment is on its way to. */
import type { Context } from './context.ts'
import type { Progress } from './progress.ts'
import { isGone, type Version } from './versions.ts'

export type Goal =
  /** The version of the newest template step by step, to its promotion. */
  | 'advance'
  /** An earlier version under test goes first; then `advance`. */
  | 'retire'
  /** The stable version is the newest one (promoted, or the template came back): all others go, then the Deployment is given back. */
  | 'settle'
  /** All others go; the Deployment stays held, because its template is the refused one. */
  | 'abort'
  /** All others go; then the Deployment is given back with the stable template. */
  | 'opt-out'

export const chooseGoal = ({ versions, optedIn }: Context, progress: Progress): Goal => {
  const { stable, current, retiring } = versions
  if (stable === undefined || stable.hash === current.hash) return 'settle'
  if (!optedIn) return 'opt-out'
  if (progress.aborted) return 'abort'
  return retiring.length > 0 ? 'retire' : 'advance'
}

export const isReturn = (goal: Goal): boolean => goal === 'settle' || goal === 'abort' || goal === 'opt-out'

/** The version that traffic goes back to, or comes from. Without a known stable version the newest is all there is. */
export const stableOf = ({ versions }: Context): Version => versions.stable ?? versions.current

/** Versions other than the stable one that go, for goals that take everything else away. */
export const othersOf = ({ versions }: Context): readonly Version[] => {
  const { stable, current, retiring } = versions
  const isOther = stable !== undefined && stable.hash !== current.hash && !isGone(current)
  return isOther ? [current, ...retiring] : retiring
}
