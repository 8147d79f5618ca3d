/** The analyses of a canary: the run of the current step and the one in the background; rules of Argo Rollouts (reconcileAnalysisRuns). */
import type { AnalysisRun } from '../../../api/analysis-run.ts'
import type { AnalysisRunPointer, RolloutStatus } from '../../../api/rollout.ts'
import { STEP_INDEX } from '../../analysis-run.ts'
import { timestamp } from '../../time.ts'
import { isSettled, type RolloutContext } from '../context.ts'
import type { RolloutIntent } from '../intents.ts'
import type { RolloutProgress } from '../progress.ts'
import { isRollbackWithinWindow, sizedOf } from '../versions.ts'
import { cleanUpRuns, endRuns, type Followed, followAnalysis, isMeasured, pointerNow } from './follow.ts'
import { NO_ANALYSES } from './seen.ts'

export type CanaryAnalyses = {
  readonly progress: RolloutProgress
  readonly intents: readonly RolloutIntent[]
  /** For the status. */
  readonly fields: RolloutStatus
  /** The analysis of the current step is done: successful, or a person went on after it could not tell. */
  readonly isStepJudged: boolean
  /** Why the spec can not be run: its arguments make no AnalysisRun. */
  readonly invalid?: string
}

type Verdict = {
  readonly progress: RolloutProgress
  readonly intents: readonly RolloutIntent[]
  readonly pointer?: AnalysisRunPointer | undefined
  readonly isDone?: boolean
  readonly invalid?: string
}

export const isInconclusive = ({ pauses }: Pick<RolloutProgress, 'pauses'>): boolean =>
  pauses.some(({ reason }) => reason === 'InconclusiveAnalysisRun')

const abort = (progress: RolloutProgress, abortReason: string): RolloutProgress => ({
  ...progress,
  aborted: true,
  index: 0,
  pauses: [],
  controllerPause: false,
  abortReason,
})

const pause = (progress: RolloutProgress, now: number): RolloutProgress =>
  isInconclusive(progress)
    ? progress
    : {
        ...progress,
        pauses: [...progress.pauses, { reason: 'InconclusiveAnalysisRun', startTime: timestamp(now) }],
        controllerPause: true,
      }

/** What a run says about the update; `what` as Argo Rollouts begins the message of the abort. */
const heed = (progress: RolloutProgress, followed: Followed, what: string, now: number): Verdict => {
  const { intents, pointer, phase, message } = followed
  const told = { intents, pointer }
  if (phase === 'Failed' || phase === 'Error')
    return { ...told, progress: abort(progress, `${what} analysis phase error/failed: ${message || phase}`) }
  if (phase === 'Inconclusive') return { ...told, progress: pause(progress, now) }
  if (phase === 'Waiting') return { ...told, progress, invalid: message }
  return { ...told, progress, isDone: phase === 'Successful' }
}

const runOf = ({ seen }: RolloutContext, pointer: AnalysisRunPointer | undefined): AnalysisRun | undefined =>
  (seen.analyses ?? NO_ANALYSES).runs.find(({ metadata }) => metadata.name === pointer?.name)

/** Runs of an aborted update are only looked at; a retry begins with new ones. */
const noted = (
  context: RolloutContext,
  progress: RolloutProgress,
  pointer: AnalysisRunPointer | undefined,
): AnalysisRunPointer | undefined => {
  const run = runOf(context, pointer)
  return progress.retried || (run !== undefined && !isMeasured(context, run)) ? undefined : pointer
}

/** The pointer of this very step: a changed position has a run of its own. */
const stepPointer = (context: RolloutContext, progress: RolloutProgress): AnalysisRunPointer | undefined => {
  const pointer = noted(context, progress, context.status.canary?.currentStepAnalysisRunStatus)
  return runOf(context, pointer)?.metadata.labels?.[STEP_INDEX] === String(progress.index) ? pointer : undefined
}

/** The controller paused for this run, and a person took the pause away. */
const isAnswered = (pointer: AnalysisRunPointer | undefined, progress: RolloutProgress): boolean =>
  pointer?.status === 'Inconclusive' && !isInconclusive(progress)

/** A run is made once the sizes are as the steps before ask; what it says counts from then on, also while pods are missing. */
const judgeStep = (context: RolloutContext, progress: RolloutProgress, isInForce: boolean): Verdict => {
  const analysis = context.steps[progress.index]?.analysis
  if (analysis === undefined) return { progress, intents: [] }
  const before = stepPointer(context, progress)
  if (isAnswered(before, progress)) return { progress, intents: [], pointer: before, isDone: true }
  if (before === undefined && (!isInForce || context.isPaused || isInconclusive(progress))) return { progress, intents: [] }
  const followed = followAnalysis(context, { type: 'Step', index: progress.index }, analysis, before)
  return heed(progress, followed, 'Step-based', context.now)
}

/** From its starting step on, once there is a pod to measure. A person who goes on after it could not tell gets a new run. */
const judgeBackground = (context: RolloutContext, progress: RolloutProgress): Verdict => {
  const { canary, versions, status } = context
  const { analysis } = canary
  if (analysis === undefined || progress.index < (analysis.startingStep ?? 0)) return { progress, intents: [] }
  const known = noted(context, progress, status.canary?.currentBackgroundAnalysisRunStatus)
  const before = isAnswered(known, progress) ? undefined : known
  const hasPods = versions.current !== undefined && sizedOf(versions.current).available > 0
  if (before === undefined && (!hasPods || context.isPaused)) return { progress, intents: [] }
  return heed(progress, followAnalysis(context, { type: 'Background' }, analysis, before), 'Background', context.now)
}

const fieldsOf = (step: AnalysisRunPointer | undefined, background: AnalysisRunPointer | undefined): RolloutStatus =>
  step === undefined && background === undefined
    ? {}
    : {
        canary: {
          ...(step && { currentStepAnalysisRunStatus: step }),
          ...(background && { currentBackgroundAnalysisRunStatus: background }),
        },
      }

/** There is nothing to prove any more, or nothing in flight: all runs are ended. */
const unjudged = (context: RolloutContext, progress: RolloutProgress): CanaryAnalyses => {
  const { currentStepAnalysisRunStatus: step, currentBackgroundAnalysisRunStatus: background } = context.status.canary ?? {}
  const told = isSettled(context) ? [] : [pointerNow(context, step), pointerNow(context, background)]
  const kept = told.map(pointer => pointer?.name)
  return {
    progress,
    intents: [...endRuns(context, []), ...cleanUpRuns(context, kept)],
    fields: fieldsOf(told[0], told[1]),
    isStepJudged: false,
  }
}

/** Where the analyses stand, and what follows: an abort, a pause, runs made and ended. `isInForce`: sizes are as the step asks for. */
export const judgeCanary = (context: RolloutContext, read: RolloutProgress, isInForce: boolean): CanaryAnalyses => {
  const isFree = read.promoteFull || isRollbackWithinWindow(context.rollout, context.versions)
  if (isSettled(context) || read.aborted || isFree) return unjudged(context, read)
  const step = judgeStep(context, read, isInForce)
  const background = step.progress.aborted
    ? {
        progress: step.progress,
        intents: [],
        pointer: pointerNow(context, context.status.canary?.currentBackgroundAnalysisRunStatus),
      }
    : judgeBackground(context, step.progress)
  const { progress } = background
  const names = [step.pointer?.name, background.pointer?.name]
  const invalid = step.invalid ?? ('invalid' in background ? background.invalid : undefined)
  return {
    progress,
    intents: [
      ...step.intents,
      ...background.intents,
      ...endRuns(context, progress.aborted ? [] : names),
      ...cleanUpRuns(context, names),
    ],
    fields: fieldsOf(step.pointer, background.pointer),
    isStepJudged: step.isDone === true,
    ...(invalid !== undefined && { invalid }),
  }
}
