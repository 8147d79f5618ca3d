/** The weight that a canary's steps ask for. */
import type { Rollout } from '../api/rollout.ts'
import { percentOfWeight, stepsInPercent } from '../api/traffic-weight.ts'

/** The weight that the steps have asked for so far, in percent. */
export const setWeight = (rollout: Rollout | undefined): number => {
  const steps = stepsInPercent(rollout?.spec.strategy.canary)
  const index = rollout?.status?.currentStepIndex ?? 0
  if (rollout?.status?.abort === true) return 0
  if (index >= steps.length) return 100
  for (let i = index; i >= 0; i -= 1) {
    const weight = steps[i]?.setWeight
    if (weight !== undefined) return weight
  }
  return 0
}

/** The share that the version under test has, as reported, in percent; undefined where nothing is said. */
export const actualWeight = (rollout: Rollout | undefined): number | undefined => {
  const weight = rollout?.status?.canary?.weights?.canary.weight
  return weight === undefined ? undefined : percentOfWeight(rollout?.spec.strategy.canary, weight)
}
