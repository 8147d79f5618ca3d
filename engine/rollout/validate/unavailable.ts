/** Parts of a Rollout that Argo Rollouts runs and Sluice does not yet: refused before anything moves, never left out in silence. */
import type { CanaryStep, Rollout } from '../../../api/rollout.ts'
import type { Violation } from './violation.ts'

const refuse = (path: string, what: string): Violation => ({
  path,
  message: `Forbidden: ${what} of a Rollout is not available in this version of Sluice`,
})

const CANARY_FIELDS = {
  trafficRouting: 'traffic routing',
  pingPong: 'ping-pong',
} as const

const STEPS: readonly (keyof CanaryStep)[] = ['plugin']

const weights = ({ experiment }: CanaryStep, path: string): readonly Violation[] =>
  (experiment?.templates ?? []).flatMap(({ weight }, i) =>
    weight === undefined ? [] : [refuse(`${path}.templates[${i}].weight`, 'a weight of an experiment')],
  )

export const findUnavailable = ({ spec }: Rollout): readonly Violation[] => {
  const { canary } = spec.strategy
  const fields = Object.entries(CANARY_FIELDS) as [keyof typeof CANARY_FIELDS, string][]
  return [
    ...(spec.workloadRef === undefined ? [] : [refuse('spec.workloadRef', 'the workload reference')]),
    ...fields
      .filter(([field]) => canary?.[field] !== undefined)
      .map(([field, what]) => refuse(`spec.strategy.canary.${field}`, what)),
    ...(canary?.steps ?? []).flatMap((step, i) =>
      STEPS.filter(kind => step[kind] !== undefined).map(kind =>
        refuse(`spec.strategy.canary.steps[${i}].${kind}`, `a step of kind ${kind}`),
      ),
    ),
    ...(canary?.steps ?? []).flatMap((step, i) => weights(step, `spec.strategy.canary.steps[${i}].experiment`)),
  ]
}
