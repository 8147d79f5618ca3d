/** Where an update stands: read from the status, with what people wrote into it (Argo Rollouts' tools write abort, promoteFull, and so on). */
import type { AnalysisRunPointer, CanaryStep, PauseReason, RolloutStatus } from '../api/rollout.ts'
import { shortHash } from '../api/template.ts'
import type { Context } from './context.ts'

export type PauseCondition = { readonly reason: PauseReason; readonly startTime: string }

export type Progress = {
  /** steps.length = all done. */
  readonly index: number
  readonly aborted: boolean
  /** Why, where Sluice itself aborted in this pass. */
  readonly abortReason?: string
  readonly promoteFull: boolean
  readonly pauses: readonly PauseCondition[]
  readonly controllerPause: boolean
  readonly backgroundRun?: AnalysisRunPointer
  readonly stepRun?: AnalysisRunPointer
  /** `new`: a template not seen before; `retry`: a person took the abort back. */
  readonly began?: 'new' | 'retry' | 'changed-steps'
}

const FRESH: Progress = { index: 0, aborted: false, promoteFull: false, pauses: [], controllerPause: false }

/** Names the list of steps: changed steps in mid-update start again at the first. */
export const stepHash = (steps: readonly CanaryStep[]): string => shortHash(JSON.stringify(steps), 10)

const carriedOn = (status: RolloutStatus, steps: readonly CanaryStep[]): Progress => {
  const { currentBackgroundAnalysisRunStatus: background, currentStepAnalysisRunStatus: step } = status.canary ?? {}
  const index = status.currentStepIndex ?? 0
  return {
    index: Number.isInteger(index) ? Math.min(Math.max(0, index), steps.length) : 0,
    aborted: status.abort === true,
    promoteFull: status.promoteFull === true,
    pauses: status.pauseConditions ?? [],
    controllerPause: status.controllerPause === true,
    ...(background && { backgroundRun: background }),
    ...(step && { stepRun: step }),
  }
}

export const readProgress = ({ status, versions, steps, invalid }: Context): Progress => {
  const carried = carriedOn(status, steps)
  if (status.currentPodHash !== versions.current.hash) return { ...FRESH, began: 'new' }
  if (status.abortedAt !== undefined && !carried.aborted) return { ...FRESH, began: 'retry' }
  // While the annotations are wrong the steps are those of the last right ones.
  const changed = invalid === undefined && status.currentStepHash !== undefined && status.currentStepHash !== stepHash(steps)
  if (changed && !carried.aborted) return { ...FRESH, promoteFull: carried.promoteFull, began: 'changed-steps' }
  return carried
}
