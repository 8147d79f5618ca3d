/** Annotations that Argo Rollouts keeps on Rollouts, ReplicaSets and Services. */
export const REVISION = 'rollout.argoproj.io/revision'
export const REVISION_HISTORY = 'rollout.argoproj.io/revision-history'
export const DESIRED_REPLICAS = 'rollout.argoproj.io/desired-replicas'
export const MANAGED_BY = 'argo-rollouts.argoproj.io/managed-by-rollouts'
/** On ReplicaSets of an Experiment. */
export const EXPERIMENT_NAME = 'experiment.argoproj.io/name'
/** On ReplicaSets that Sluice made for a Rollout: templateHash() of the template as the user wrote it, by which a collision is told. */
export const WRITTEN_TEMPLATE = 'sluice.dev/written-template'
