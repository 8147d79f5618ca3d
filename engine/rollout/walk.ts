/** One step of a canary at a time: done, or waited for. */
import type { CanaryStep } from '../../api/rollout.ts'
import { runnerOf } from '../steps/index.ts'
import type { StepResult } from '../steps/step.ts'
import { isInconclusive } from './analysis/canary.ts'
import type { RolloutContext } from './context.ts'
import { followExperiment } from './experiment/follow.ts'
import type { ExperimentStep } from './experiment/make.ts'
import { event, type RolloutIntent } from './intents.ts'
import type { RolloutProgress } from './progress.ts'
import { stepText } from './step-text.ts'

export type Walk = {
  readonly progress: RolloutProgress
  readonly intents: readonly RolloutIntent[]
  readonly wakeAt?: number
  /** For status.canary, while its step is not done. */
  readonly currentExperiment?: string
}

/** A pause belongs to its step: whoever moved the position on has ended it. */
const tidy = ({ steps }: RolloutContext, progress: RolloutProgress): RolloutProgress =>
  steps[progress.index]?.pause !== undefined
    ? progress
    : {
        ...progress,
        pauses: progress.pauses.filter(({ reason }) => reason !== 'CanaryPauseStep'),
        controllerPause:
          isInconclusive(progress) || (steps[progress.index]?.experiment !== undefined && progress.controllerPause),
      }

export type StepState = {
  /** Sizes are as the step asks for. */
  readonly isInForce: boolean
  /** Its analysis is done. */
  readonly isJudged: boolean
  /** Its plugin has done its work. */
  readonly isPluginDone: boolean
}

type Result = StepResult | { readonly kind: 'judging' }

const look = ({ now }: RolloutContext, step: CanaryStep, progress: RolloutProgress, state: StepState): Result => {
  if (step.analysis !== undefined) return state.isJudged ? { kind: 'done' } : { kind: 'judging' }
  if (step.plugin !== undefined) return state.isPluginDone ? { kind: 'done' } : { kind: 'judging' }
  const missing = state.isInForce ? undefined : ({ reason: 'PodsBecomingReady', what: '', ends: '' } as const)
  return runnerOf(step).run({ step, now, label: '', progress, missing, run: undefined })
}

const complete = ({ steps }: RolloutContext, progress: RolloutProgress, step: CanaryStep): Walk => {
  const index = progress.index + 1
  const told = event('RolloutStepCompleted', `Rollout step ${index}/${steps.length} completed (${stepText(step)})`)
  return { progress: { ...progress, index }, intents: [told] }
}

const takeExperiment = (context: RolloutContext, step: CanaryStep, experiment: ExperimentStep, read: RolloutProgress): Walk => {
  const { isDone, changes, intents, current } = followExperiment(context, experiment, read)
  const progress = { ...read, ...changes }
  return isDone
    ? complete(context, progress, step)
    : { progress, intents, ...(current !== undefined && { currentExperiment: current }) }
}

export const takeStep = (context: RolloutContext, read: RolloutProgress, state: StepState): Walk => {
  const { steps } = context
  const progress = tidy(context, read)
  const step = steps[progress.index]
  if (step === undefined || context.isPaused || progress.aborted) return { progress, intents: [] }
  // A pause begins beside one for an analysis that could not tell, so that a person who goes on ends both.
  const isHeld = isInconclusive(progress)
  if (isHeld && step.pause === undefined) return { progress, intents: [] }
  if (step.experiment !== undefined) return takeExperiment(context, step, step.experiment, progress)
  const result = look(context, step, progress, state)
  if (result.kind !== 'done') {
    const changes = 'progress' in result ? result.progress : undefined
    const wakeAt = 'waiting' in result && !isHeld ? result.waiting.until : undefined
    return { progress: { ...progress, ...changes }, intents: [], ...(wakeAt !== undefined && { wakeAt }) }
  }
  if (isHeld) return { progress, intents: [] }
  return complete(context, { ...progress, ...result.progress }, step)
}
