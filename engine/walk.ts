/** Goes through the steps as far as they are done. */
import type { AnalysisRun } from '../api/analysis-run.ts'
import type { CanaryStep } from '../api/rollout.ts'
import { createRun, findRun, pointerTo } from './analysis.ts'
import type { Context } from './context.ts'
import type { Desired } from './desired.ts'
import type { Intent } from './intents.ts'
import type { Progress } from './progress.ts'
import { desiredAt, labelOf, runnerOf } from './steps/index.ts'
import type { StepResult } from './steps/step.ts'
import { timestamp } from './time.ts'
import type { Waiting } from './waiting.ts'

export type Walk = {
  readonly progress: Progress
  readonly intents: readonly Intent[]
  readonly waiting?: Waiting
  /** A step failed: the update is to be aborted, for this reason. */
  readonly failed?: string
}

export type WalkInput = {
  readonly context: Context
  readonly progress: Progress
  /** What is missing until a wish is in force. */
  readonly missing: (desired: Desired) => Waiting | undefined
  /** Steps are not completed (paused by a person, wrong annotations, N = 0, routers not in the path). */
  readonly isHeldUp: boolean
}

const stepCompleted = (steps: readonly CanaryStep[], index: number): Intent => {
  const step = steps[index]
  const what = step ? runnerOf(step).describe(step) : ''
  return {
    kind: 'event',
    type: 'Normal',
    reason: 'RolloutStepCompleted',
    message: `Rollout step ${index + 1}/${steps.length} completed (${what})`,
  }
}

const isInconclusive = (run: AnalysisRun | undefined): boolean => run?.status?.phase === 'Inconclusive'

/** An inconclusive run pauses once; a person decides. */
const pauseInconclusive = ({ context, progress }: WalkInput, run: AnalysisRun | undefined): Progress | undefined => {
  if (!isInconclusive(run) || progress.pauses.length > 0 || progress.controllerPause) return undefined
  const pauses = [{ reason: 'InconclusiveAnalysisRun' as const, startTime: timestamp(context.now) }]
  return { ...progress, pauses, controllerPause: true, ...(run && { stepRun: pointerTo(run) }) }
}

const stepRun = ({ context, progress }: WalkInput): AnalysisRun | undefined =>
  findRun(context, { type: 'Step', index: progress.index }, progress.stepRun)

const startRun = (input: WalkInput, result: Extract<StepResult, { kind: 'needs-run' }>): Walk => {
  const { context, progress } = input
  const analysis = context.steps[progress.index]?.analysis
  const made = createRun(context, { kind: { type: 'Step', index: progress.index }, checks: [], analysis })
  if ('waiting' in made) return { progress, intents: [], waiting: made.waiting }
  return {
    progress: { ...progress, stepRun: pointerTo(made.run) },
    intents: [{ kind: 'createAnalysisRun', run: made.run }],
    waiting: result.waiting,
  }
}

const nextStep = (progress: Progress, change: Partial<Progress> | undefined): Progress => {
  const { stepRun: _, ...rest } = { ...progress, ...change }
  return { ...rest, index: progress.index + 1 }
}

const walkOne = (input: WalkInput, step: CanaryStep): { readonly result: StepResult; readonly run: AnalysisRun | undefined } => {
  const { context, progress, missing } = input
  const run = step.analysis === undefined ? undefined : stepRun(input)
  const result = runnerOf(step).run({
    step,
    now: context.now,
    label: labelOf(context.steps, progress.index),
    progress,
    missing: missing(desiredAt(context.steps, progress.index)),
    run,
  })
  return { result, run }
}

const INCONCLUSIVE: Waiting = {
  reason: 'AnalysisInconclusive',
  what: 'The analysis could not tell',
  ends: 'ends when a person promotes or aborts',
}

const isPausedByAnalysis = (progress: Progress): boolean =>
  progress.pauses.some(({ reason }) => reason === 'InconclusiveAnalysisRun')

type OneStep = { readonly progress: Progress; readonly intents: readonly Intent[] } & (
  | { readonly goOn: true }
  | { readonly end: Omit<Walk, 'progress' | 'intents'> }
)

const takeStep = (input: WalkInput, step: CanaryStep): OneStep => {
  const { progress, context } = input
  const { result, run } = walkOne(input, step)
  const inconclusive = pauseInconclusive(input, run)
  if (inconclusive) return { progress: inconclusive, intents: [], end: { waiting: INCONCLUSIVE } }
  switch (result.kind) {
    case 'failed':
      return { progress, intents: [], end: { failed: result.message } }
    case 'needs-run': {
      const { progress: noted, intents, ...end } = startRun(input, result)
      return { progress: noted, intents, end }
    }
    case 'waiting': {
      const pointer = run ? { stepRun: pointerTo(run) } : {}
      return { progress: { ...progress, ...pointer, ...result.progress }, intents: [], end: { waiting: result.waiting } }
    }
    case 'done':
      return {
        progress: nextStep(progress, result.progress),
        intents: [stepCompleted(context.steps, progress.index)],
        goOn: true,
      }
  }
}

/** Steps that are done are passed in one go, each with its event; the first that is not says what it waits for. */
export const walkSteps = (input: WalkInput): Walk => {
  const { steps } = input.context
  const intents: Intent[] = []
  let progress = input.progress
  for (let step = steps[progress.index]; step !== undefined && !input.isHeldUp; step = steps[progress.index]) {
    if (isPausedByAnalysis(progress)) break
    const taken = takeStep({ ...input, progress }, step)
    intents.push(...taken.intents)
    progress = taken.progress
    if ('end' in taken) return { progress, intents, ...taken.end }
  }
  return { progress, intents, ...(isPausedByAnalysis(progress) && { waiting: INCONCLUSIVE }) }
}
