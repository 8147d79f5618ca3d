/** The controller's metrics under the names that Argo Rollouts' dashboards and alerts use; those of our own are in rollout-metrics.ts. */
import type { Registry } from 'prom-client'
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { Experiment } from '../../api/experiment.ts'
import type { KubeObject } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { Informer } from '../../kube/informer.ts'
import type { Caches } from '../caches.ts'
import { isForUs } from '../experiments/select.ts'
import { isMadeInScope, type Scope } from '../scope.ts'
import { isOurRollout } from '../user-rollouts/select.ts'
import { addAnalysisMirrors } from './analyses.ts'
import { observeDurations } from './durations.ts'
import { timePasses } from './passes.ts'
import { addRolloutMirrors } from './rollouts.ts'
import { makeEventCounter, makeNotificationCounter } from './told.ts'

export type ArgoMetricsOptions = {
  readonly caches: Pick<
    Caches,
    'rollouts' | 'deployments' | 'analysisRuns' | 'experiments' | 'analysisTemplates' | 'clusterAnalysisTemplates'
  >
  /** Only the leader tells of objects, so that sums over the replicas are true. */
  readonly isLeading: () => boolean
  readonly scope: Scope
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number
}

/** A cache in which others' objects are not to be found. */
const only = <T extends KubeObject>(
  { get, onChange }: Pick<Informer<T>, 'get' | 'onChange'>,
  isOurs: (object: T) => boolean,
): Pick<Informer<T>, 'get' | 'onChange'> => ({
  get: (namespace, name) => {
    const found = get(namespace, name)
    return found !== undefined && isOurs(found) ? found : undefined
  },
  onChange,
})

export const makeArgoMetrics = (registry: Registry, options: ArgoMetricsOptions) => {
  const { caches, isLeading, scope, monotonic } = options
  const { rollouts, deployments, analysisRuns, experiments, analysisTemplates, clusterAnalysisTemplates } = caches
  const isOurs = (rollout: Rollout) => isOurRollout(rollout, scope)
  const isOurRun = (run: AnalysisRun) => isMadeInScope(run, scope)
  const isOurExperiment = (experiment: Experiment) => scope.userRollouts && isForUs(experiment, scope)
  const onLeader =
    <T>(list: () => readonly T[]) =>
    (): readonly T[] =>
      isLeading() ? list() : []
  addRolloutMirrors(
    registry,
    onLeader(() => rollouts.list().filter(isOurs)),
  )
  addAnalysisMirrors(registry, {
    runs: onLeader(() => analysisRuns.list().filter(isOurRun)),
    experiments: onLeader(() => experiments.list().filter(isOurExperiment)),
    templates: onLeader(() => [...analysisTemplates.list(), ...clusterAnalysisTemplates.list()]),
  })
  observeDurations(registry, { rollouts, isOurs, isLeading })
  const ourRollouts = only(rollouts, isOurs)
  const ourRuns = only(analysisRuns, isOurRun)
  const ourExperiments = only(experiments, isOurExperiment)
  const time = { monotonic }
  const eitherDoor = [ourRollouts, deployments]
  return {
    rolloutPasses: timePasses(registry, { prefix: 'rollout', kind: 'a Rollout', presence: [ourRollouts], ...time }),
    analysisPasses: timePasses(registry, {
      prefix: 'analysis_run',
      kind: 'an AnalysisRun',
      presence: [ourRuns],
      ...time,
    }),
    experimentPasses: timePasses(registry, { prefix: 'experiment', kind: 'an Experiment', presence: [ourExperiments], ...time }),
    countEvents: makeEventCounter(registry, eitherDoor),
    noteNotification: makeNotificationCounter(registry, eitherDoor),
  }
}

export type ArgoMetrics = ReturnType<typeof makeArgoMetrics>
