/** Where an update of a Rollout stands: read from its status, which is also how people and tools steer it. */
import type { PauseCondition } from '../progress.ts'
import { isSettled, type RolloutContext } from './context.ts'
import { isRollbackWithinWindow, sizedOf } from './versions.ts'

export type RolloutProgress = {
  /** steps.length = all done; also without any step. */
  readonly index: number
  readonly aborted: boolean
  /** Why, where Sluice itself aborted in this pass. */
  readonly abortReason?: string
  readonly promoteFull: boolean
  readonly pauses: readonly PauseCondition[]
  readonly controllerPause: boolean
  /** A person took an abort back since the last look. */
  readonly retried: boolean
}

export const FRESH = { aborted: false, promoteFull: false, pauses: [], controllerPause: false, retried: false } as const

/** Template or steps are not those that the status is about. */
export const isChanged = ({ status, versions, stepHash }: RolloutContext): boolean =>
  status.currentPodHash !== versions.hash || (status.currentStepHash ?? '') !== stepHash

/** Why an update needs no steps; undefined when it does. */
export const skipReason = (context: RolloutContext): string | undefined => {
  const { versions, rollout, status } = context
  if (versions.stable !== undefined && versions.stable === versions.current && status.stableRS === versions.hash)
    return 'Rollback to stable ReplicaSets'
  const isActive = versions.current !== undefined && sizedOf(versions.current).spec > 0
  return isRollbackWithinWindow(rollout, versions) && isActive
    ? 'Rollback to active ReplicaSets within RollbackWindow'
    : undefined
}

/** At the first step of an update; past the last where it needs none, and for the first version of all. */
export const startProgress = (context: RolloutContext): RolloutProgress => ({
  ...FRESH,
  index: context.versions.stable !== undefined && skipReason(context) === undefined ? 0 : context.steps.length,
})

const clamp = (index: number | undefined, most: number): number =>
  index !== undefined && Number.isInteger(index) ? Math.min(Math.max(0, index), most) : 0

export const readProgress = (context: RolloutContext): RolloutProgress => {
  const { status, steps, rollout, versions } = context
  const read: RolloutProgress = {
    index: clamp(status.currentStepIndex, steps.length),
    aborted: status.abort === true,
    promoteFull: status.promoteFull === true,
    pauses: status.pauseConditions ?? [],
    controllerPause: status.controllerPause === true,
    retried: status.abortedAt !== undefined && status.abort !== true,
  }
  // There is nothing in flight that could be aborted or promoted.
  if (isSettled(context)) return { ...FRESH, index: steps.length }
  // Also one after a full promotion, while it is under way.
  if (read.aborted) return { ...FRESH, aborted: true, index: 0 }
  if (read.promoteFull || isRollbackWithinWindow(rollout, versions))
    return { ...FRESH, promoteFull: read.promoteFull, index: steps.length }
  return read
}
