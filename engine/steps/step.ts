/** The shape of a step kind, one file each. */
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { CanaryStep } from '../../api/rollout.ts'
import type { Desired } from '../desired.ts'
import type { Progress } from '../progress.ts'
import type { Waiting } from '../waiting.ts'

export type StepKind =
  | 'setWeight'
  | 'pause'
  | 'setCanaryScale'
  | 'analysis'
  | 'setHeaderRoute'
  | 'setMirrorRoute'
  | 'experiment'
  | 'plugin'

export type StepInput = {
  readonly step: CanaryStep
  readonly now: number
  /** `Step 2/7 (pause 2m)`. */
  readonly label: string
  readonly progress: Progress
  /** What is still missing until pods, weights and routes are as all steps up to this one ask; undefined when they are. */
  readonly missing: Waiting | undefined
  /** The newest AnalysisRun of this very step, if it was made. */
  readonly run: AnalysisRun | undefined
}

export type StepResult =
  | { readonly kind: 'done'; readonly progress?: Partial<Progress> }
  | { readonly kind: 'waiting'; readonly waiting: Waiting; readonly progress?: Partial<Progress> }
  /** Make the AnalysisRun of this step. */
  | { readonly kind: 'needs-run'; readonly waiting: Waiting }
  | { readonly kind: 'failed'; readonly message: string }

export type StepRunner = {
  /** For people, e.g. `pause 2m`. */
  readonly describe: (step: CanaryStep) => string
  /** What is wrong with the step, with what is allowed and an example; undefined when nothing is. */
  readonly check: (step: CanaryStep) => string | undefined
  /** What is desired once this step began, on top of the steps before it. */
  readonly desire: (step: CanaryStep, before: Desired) => Desired
  /** Whether the step is done; rules of Argo Rollouts (canary steps). */
  readonly run: (input: StepInput) => StepResult
}

/** For steps that are done once everything they ask for is in force. */
export const untilInForce = ({ missing, label }: StepInput): StepResult =>
  missing === undefined ? { kind: 'done' } : { kind: 'waiting', waiting: { ...missing, what: `${label}: ${missing.what}` } }
