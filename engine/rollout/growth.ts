/**
 * Whether pods have come on since the last look. Pods that are ready, crash and are ready again have not: what was the most at this step
 * is kept in a condition as long as there are fewer, so that the progress deadline's clock starts anew for more pods only.
 */
import type { RolloutStatus } from '../../api/rollout.ts'
import type { ConditionWish } from '../conditions.ts'
import { conditionOf } from '../status.ts'

type Most = { readonly ready: number; readonly available: number }

const TYPE = 'PodsLost'
const NUMBERS = /at best (\d+) were ready and (\d+) available/

const told = ({ ready, available }: Most): string =>
  `Pods were lost at this step: at best ${ready} were ready and ${available} available; the progress deadline counts on until there are more`

const oldOf = ({ replicas = 0, updatedReplicas = 0 }: RolloutStatus): number => replicas - updatedReplicas

const mostOf = (status: RolloutStatus): Most => {
  const { readyReplicas = 0, availableReplicas = 0 } = status
  const [, ready = '0', available = '0'] = NUMBERS.exec(conditionOf(status, TYPE)?.message ?? '') ?? []
  return { ready: Math.max(readyReplicas, Number(ready)), available: Math.max(availableReplicas, Number(available)) }
}

/** Pods of the newest version were made or taken, old ones taken, or the update stands at another place: what was the most before does not count. */
export const hasMoved = (before: RolloutStatus, after: RolloutStatus): boolean =>
  (after.updatedReplicas ?? 0) !== (before.updatedReplicas ?? 0) ||
  oldOf(after) < oldOf(before) ||
  after.stableRS !== before.stableRS ||
  after.blueGreen?.activeSelector !== before.blueGreen?.activeSelector ||
  after.blueGreen?.scaleUpPreviewCheckPoint !== before.blueGreen?.scaleUpPreviewCheckPoint ||
  after.currentStepIndex !== before.currentStepIndex ||
  after.currentStepHash !== before.currentStepHash

/** More pods are ready or available than ever at this step. */
export const hasGrown = (before: RolloutStatus, after: RolloutStatus): boolean => {
  const most = mostOf(before)
  return (after.readyReplicas ?? 0) > most.ready || (after.availableReplicas ?? 0) > most.available
}

/** The condition, while an update has fewer pods than it had at this step. */
export const lostPods = (before: RolloutStatus, after: RolloutStatus): readonly ConditionWish[] => {
  const isInFlight = after.stableRS !== after.currentPodHash && after.abort !== true
  if (!isInFlight || hasMoved(before, after)) return []
  const most = mostOf(before)
  const isFewer = (after.readyReplicas ?? 0) < most.ready || (after.availableReplicas ?? 0) < most.available
  return isFewer ? [{ type: TYPE, status: 'True', reason: 'FewerThanBefore', message: told(most) }] : []
}
