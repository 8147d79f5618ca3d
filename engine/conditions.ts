/** The Rollout's conditions, with the types and reasons of Argo Rollouts, and `Waiting`. */
import type { Condition } from '../api/kubernetes.ts'
import { wholeSecond } from './time.ts'

export type ConditionWish = Pick<Condition, 'type' | 'status' | 'reason' | 'message'> & {
  /** Moves the clock on although nothing else changed (the progress deadline counts from lastUpdateTime). */
  readonly touch?: boolean
  readonly since?: number
}

/** A condition keeps its times as long as status and reason stay. */
const keepTimes = (wish: ConditionWish, before: Condition | undefined, now: number): Condition => {
  const { touch, since, ...rest } = wish
  const same = before?.status === wish.status && before.reason === wish.reason
  const start = since === undefined ? undefined : wholeSecond(since)
  const updated = same && !touch ? (before?.lastUpdateTime ?? wholeSecond(now)) : wholeSecond(now)
  const changed = before?.status === wish.status ? (before.lastTransitionTime ?? wholeSecond(now)) : wholeSecond(now)
  return { ...rest, lastUpdateTime: updated, lastTransitionTime: start ?? changed }
}

export const applyConditions = (
  before: readonly Condition[] | undefined,
  wishes: readonly ConditionWish[],
  now: number,
): readonly Condition[] =>
  wishes.map(wish =>
    keepTimes(
      wish,
      before?.find(({ type }) => type === wish.type),
      now,
    ),
  )
