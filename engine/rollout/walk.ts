/** One step of a canary at a time: done, or waited for. */
import { runnerOf } from '../steps/index.ts'
import type { RolloutContext } from './context.ts'
import { event, type RolloutIntent } from './intents.ts'
import type { RolloutProgress } from './progress.ts'
import { stepText } from './step-text.ts'

export type Walk = {
  readonly progress: RolloutProgress
  readonly intents: readonly RolloutIntent[]
  readonly wakeAt?: number
}

/** A pause belongs to its step: whoever moved the position on has ended it. */
const tidy = ({ steps }: RolloutContext, progress: RolloutProgress): RolloutProgress =>
  steps[progress.index]?.pause !== undefined
    ? progress
    : { ...progress, pauses: progress.pauses.filter(({ reason }) => reason !== 'CanaryPauseStep'), controllerPause: false }

/** `isInForce`: sizes are as the step asks for. */
export const takeStep = (context: RolloutContext, read: RolloutProgress, isInForce: boolean): Walk => {
  const { steps, now } = context
  const progress = tidy(context, read)
  const step = steps[progress.index]
  if (step === undefined || context.isPaused || progress.aborted) return { progress, intents: [] }
  const missing = isInForce ? undefined : ({ reason: 'PodsBecomingReady', what: '', ends: '' } as const)
  const result = runnerOf(step).run({ step, now, label: '', progress, missing, run: undefined })
  if (result.kind !== 'done') {
    const changes = 'progress' in result ? result.progress : undefined
    const wakeAt = 'waiting' in result ? result.waiting.until : undefined
    return { progress: { ...progress, ...changes }, intents: [], ...(wakeAt !== undefined && { wakeAt }) }
  }
  const index = progress.index + 1
  const told = event('RolloutStepCompleted', `Rollout step ${index}/${steps.length} completed (${stepText(step)})`)
  return { progress: { ...progress, ...result.progress, index }, intents: [told] }
}
