/** What is observed of a Rollout that has its own template: the whole input of its planner. Plain data, never changed. */
import type { Experiment } from '../../api/experiment.ts'
import type { Pod, ReplicaSet, Service } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { AnalysisSeen } from './analysis/seen.ts'

export type RolloutSeen = {
  readonly namespace: string
  readonly name: string
  readonly rollout: Rollout
  /** Those whose controller is the Rollout, by uid. */
  readonly replicaSets: readonly ReplicaSet[]
  /** Pods of these ReplicaSets. */
  readonly pods: readonly Pod[]
  /** Services that the strategy names, as far as they are there. */
  readonly services: readonly Service[]
  /** Names of pods behind the Service of a blue-green strategy, ready by its EndpointSlices; absent where nobody keeps those. */
  readonly activeEndpoints?: readonly string[]
  readonly analyses?: AnalysisSeen
  /** Those whose controller is the Rollout. */
  readonly experiments?: readonly Experiment[]
}
