/** The one list of step kinds. */
import type { CanaryStep } from '../../api/rollout.ts'
import { type Desired, EVERYTHING_DESIRED, NOTHING_DESIRED } from '../desired.ts'
import { analysis } from './analysis.ts'
import { pause } from './pause.ts'
import { setHeaderRoute, setMirrorRoute } from './routes.ts'
import { setCanaryScale } from './set-canary-scale.ts'
import { setWeight } from './set-weight.ts'
import type { StepKind, StepRunner } from './step.ts'
import { unsupported } from './unsupported.ts'

const runners = {
  setWeight,
  pause,
  setCanaryScale,
  analysis,
  setHeaderRoute,
  setMirrorRoute,
  experiment: unsupported('experiment'),
  plugin: unsupported('plugin'),
} satisfies Record<StepKind, StepRunner>

const KINDS = Object.keys(runners).filter((key): key is StepKind => key in runners)

const kindsOf = (step: CanaryStep): readonly StepKind[] => KINDS.filter(kind => step[kind] !== undefined)

/** The runner of a step that was checked; one without a kind or with a kind that is not known is never run. */
export const runnerOf = (step: CanaryStep): StepRunner => runners[kindsOf(step)[0] ?? 'plugin']

const checkStep = (step: CanaryStep): string | undefined => {
  const kinds = kindsOf(step)
  if (kinds.length === 1) return runnerOf(step).check(step)
  return `${JSON.stringify(step)} must have exactly one of ${KINDS.join(', ')}, e.g. {"setWeight": 20}`
}

/** What is wrong with the steps, one text each; empty when they can be run. */
export const checkSteps = (steps: readonly CanaryStep[]): readonly string[] =>
  steps.flatMap((step, i) => {
    const problem = checkStep(step)
    return problem === undefined ? [] : [`spec.strategy.canary.steps[${i}]: ${problem}`]
  })

/** What all steps up to `index` together ask for; past the last one everything goes to the canary. */
export const desiredAt = (steps: readonly CanaryStep[], index: number): Desired =>
  index >= steps.length
    ? EVERYTHING_DESIRED
    : steps.slice(0, index + 1).reduce((before, step) => runnerOf(step).desire(step, before), NOTHING_DESIRED)

/** `Step 2/7 (pause 2m)`. */
export const labelOf = (steps: readonly CanaryStep[], index: number): string => {
  const step = steps[index]
  return step === undefined
    ? `After step ${steps.length}/${steps.length}`
    : `Step ${index + 1}/${steps.length} (${runnerOf(step).describe(step)})`
}
