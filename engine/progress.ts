/** Where an update stands. */
import type { AnalysisRunPointer, CanaryStep, PauseReason } from '../api/rollout.ts'
import { shortHash } from '../api/template.ts'

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

/** Names the list of steps: changed steps in mid-update start again at the first. */
export const stepHash = (steps: readonly CanaryStep[]): string => shortHash(JSON.stringify(steps), 10)
