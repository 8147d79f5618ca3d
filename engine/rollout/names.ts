/** Annotations that Argo Rollouts keeps on Rollouts, ReplicaSets and Services. */
export const REVISION = 'rollout.argoproj.io/revision'
export const REVISION_HISTORY = 'rollout.argoproj.io/revision-history'
export const DESIRED_REPLICAS = 'rollout.argoproj.io/desired-replicas'
/** On ReplicaSets: what canaryMetadata and the like have put into their templates, as JSON. */
export const EPHEMERAL_METADATA = 'rollout.argoproj.io/ephemeral-metadata'
/** On a Rollout with a workloadRef: metadata.generation of the workload that was last looked at. */
export const WORKLOAD_GENERATION = 'rollout.argoproj.io/workload-generation'
export const MANAGED_BY = 'argo-rollouts.argoproj.io/managed-by-rollouts'
/** On ReplicaSets and Services of an Experiment: its own name, and that of the template that they are of. */
export const EXPERIMENT_NAME = 'experiment.argoproj.io/name'
export const TEMPLATE_NAME = 'experiment.argoproj.io/template-name'
/** On ReplicaSets that Sluice made for a Rollout: templateHash() of the template as the user wrote it, by which a collision is told. */
export const WRITTEN_TEMPLATE = 'sluice.dev/written-template'
/** On a ReplicaSet that keeps its pods after an abort, or after another version took its place: it has still to prove itself when it comes back. */
export const PROVE_AGAIN = 'sluice.dev/prove-again'
/** On a Rollout with a workloadRef: how many pods the Deployment had before `scaleDown` took any. */
export const WORKLOAD_REPLICAS = 'sluice.dev/workload-replicas'
