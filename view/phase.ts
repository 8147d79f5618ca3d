/** The state of a rollout as one word and one sentence, also where the controller has not said it yet. */
import { isHeld } from '../api/hold.ts'
import type { RolloutView } from './rollout-view.ts'

export type Phase = { readonly word: 'Healthy' | 'Progressing' | 'Paused' | 'Degraded' | 'Unknown'; readonly sentence: string }

type Known = Pick<RolloutView, 'rollout' | 'deployment' | 'name'>

/** A check of the state, or undefined where it does not apply. The first that applies is the answer. */
const CHECKS: readonly ((view: Known) => Phase | undefined)[] = [
  ({ rollout, deployment }) =>
    rollout === undefined && deployment !== undefined
      ? {
          word: 'Unknown',
          sentence: isHeld(deployment)
            ? 'the Deployment is held for a new version and waits for the controller to begin; kubectl sluice eject gives it back without one'
            : 'no Rollout yet: the controller makes one when sluice.dev/strategy is set and it runs',
        }
      : undefined,
  ({ rollout }) =>
    rollout !== undefined && rollout.status?.phase === undefined
      ? { word: 'Unknown', sentence: 'waits for the controller to look at the Rollout for the first time' }
      : undefined,
  ({ deployment, rollout }) =>
    deployment !== undefined && isOlder(rollout?.status?.workloadObservedGeneration, deployment.metadata.generation)
      ? { word: 'Progressing', sentence: 'waits for the controller to see the newest change of the Deployment' }
      : undefined,
  ({ rollout }) =>
    isOlder(rollout?.status?.observedGeneration, rollout?.metadata.generation)
      ? { word: 'Progressing', sentence: 'waits for the controller to see the newest change of the Rollout' }
      : undefined,
]

/** The status keeps generations as text; what is no number counts as seen, as in Argo Rollouts. */
const isOlder = (observed: string | undefined, generation: number | undefined): boolean =>
  observed !== undefined && /^\d+$/.test(observed) && generation !== undefined && Number(observed) < generation

export const phaseOf = (view: Known): Phase => {
  for (const check of CHECKS) {
    const phase = check(view)
    if (phase !== undefined) return phase
  }
  const { phase = 'Progressing', message = '' } = view.rollout?.status ?? {}
  return { word: phase, sentence: message }
}
