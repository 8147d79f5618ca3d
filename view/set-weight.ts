/** The weight that a canary's steps ask for. */
import type { Rollout } from '../api/rollout.ts'

/** The weight that the steps have asked for so far. */
export const setWeight = (rollout: Rollout | undefined): number => {
  const steps = rollout?.spec.strategy.canary?.steps ?? []
  const index = rollout?.status?.currentStepIndex ?? 0
  if (rollout?.status?.abort === true) return 0
  if (index >= steps.length) return 100
  for (let i = index; i >= 0; i -= 1) {
    const weight = steps[i]?.setWeight
    if (weight !== undefined) return weight
  }
  return 0
}
