/** Everything about one Experiment that is shown, put together from raw objects. Pure. */
import type { AnalysisRun } from '../api/analysis-run.ts'
import type { Experiment } from '../api/experiment.ts'
import type { Pod, ReplicaSet } from '../api/kubernetes.ts'
import { TEMPLATE_NAME } from '../engine/rollout/names.ts'
import { byName, isOwnedBy } from './owned-by.ts'

/** One of the versions that stand side by side. */
export type ExperimentVersion = {
  /** Of the template. */
  readonly name: string
  /** Absent until it is made, and where it may not be read. */
  readonly replicaSet?: ReplicaSet
  readonly pods: readonly Pod[]
}

export type ExperimentView = {
  readonly experiment: Experiment
  /** In the order of the templates. */
  readonly versions: readonly ExperimentVersion[]
  readonly analysisRuns: readonly AnalysisRun[]
}

/** What was read of the namespace; each list may hold more than belongs to the Experiment. */
export type ExperimentObjects = {
  readonly replicaSets: readonly ReplicaSet[]
  readonly pods: readonly Pod[]
  readonly analysisRuns: readonly AnalysisRun[]
}

export const makeExperimentView = (experiment: Experiment, objects: ExperimentObjects): ExperimentView => {
  const sets = objects.replicaSets.filter(one => isOwnedBy(one, experiment))
  return {
    experiment,
    versions: experiment.spec.templates.map(({ name }) => {
      const replicaSet = sets.find(
        ({ metadata }) =>
          metadata.annotations?.[TEMPLATE_NAME] === name || metadata.name === `${experiment.metadata.name}-${name}`,
      )
      const pods = replicaSet === undefined ? [] : objects.pods.filter(pod => isOwnedBy(pod, replicaSet)).sort(byName)
      return { name, ...(replicaSet && { replicaSet }), pods }
    }),
    analysisRuns: objects.analysisRuns.filter(one => isOwnedBy(one, experiment)).sort(byName),
  }
}
