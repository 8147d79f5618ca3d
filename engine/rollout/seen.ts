/** What is observed of a Rollout that has its own template: the whole input of its planner. Plain data, never changed. */
import type { Experiment } from '../../api/experiment.ts'
import type { LabelSelector, Pod, PodTemplate, ReplicaSet, Service } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { AnalysisSeen } from './analysis/seen.ts'
import type { PluginsSeen } from './plugin/call.ts'
import type { TrafficSeen } from './traffic/provider.ts'

/** What is read of the workload that a Rollout names. */
export type WorkloadSeen = {
  readonly generation: number
  readonly template: PodTemplate
  /** A PodTemplate has none. */
  readonly selector?: LabelSelector
  /** Only of a Deployment, which can be scaled down. */
  readonly replicas?: number
  /** Of the very state that was seen; what comes after is not written over. */
  readonly resourceVersion?: string
  /** Keys of its annotations that are Sluice's, by which a Deployment is updated without a Rollout of its user. */
  readonly marks: readonly string[]
}

export type RolloutSeen = {
  readonly namespace: string
  readonly name: string
  readonly rollout: Rollout
  /** What `spec.workloadRef` names; absent where it is not there. */
  readonly workload?: WorkloadSeen
  /** Those whose controller is the Rollout, by uid. */
  readonly replicaSets: readonly ReplicaSet[]
  /** Pods of these ReplicaSets. */
  readonly pods: readonly Pod[]
  /** Services that the strategy names, as far as they are there. */
  readonly services: readonly Service[]
  /** Services that carry its note, though the strategy does not name them any more. */
  readonly formerServices?: readonly Service[]
  /** Names of pods behind the Service of a blue-green strategy, ready by its EndpointSlices; absent where nobody keeps those. */
  readonly activeEndpoints?: readonly string[]
  readonly analyses?: AnalysisSeen
  /** Those whose controller is the Rollout. */
  readonly experiments?: readonly Experiment[]
  readonly stepPlugins?: PluginsSeen
  /** Where traffic is split by weights, or was. */
  readonly traffic?: TrafficSeen
}
