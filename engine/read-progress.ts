/** Reads where an update stands from the status, with what people wrote into it (the tools of Argo Rollouts write abort, promoteFull, and so on). */
import type { CanaryStep, RolloutStatus } from '../api/rollout.ts'
import type { Context } from './context.ts'
import { type Progress, stepHash } from './progress.ts'

const FRESH: Progress = { index: 0, aborted: false, promoteFull: false, pauses: [], controllerPause: false }

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
