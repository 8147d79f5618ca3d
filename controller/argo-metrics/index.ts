/** The controller's metrics under the names that Argo Rollouts' dashboards and alerts use; those of our own are in rollout-metrics.ts. */
import type { Registry } from 'prom-client'
import { INSTANCE_ID, INSTANCE_ID_LABEL } from '../../api/names.ts'
import type { Caches } from '../caches.ts'
import { isForUs } from '../experiments/select.ts'
import { isOurRollout } from '../user-rollouts/select.ts'
import { addAnalysisMirrors } from './analyses.ts'
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
  /** Rollouts and Experiments of users are run too. */
  readonly userRollouts: boolean
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number
}

export const makeArgoMetrics = (registry: Registry, options: ArgoMetricsOptions) => {
  const { caches, isLeading, userRollouts, monotonic } = options
  const { rollouts, deployments, analysisRuns, experiments, analysisTemplates, clusterAnalysisTemplates } = caches
  const onLeader =
    <T>(list: () => readonly T[]) =>
    (): readonly T[] =>
      isLeading() ? list() : []
  addRolloutMirrors(
    registry,
    onLeader(() => rollouts.list().filter(rollout => isOurRollout(rollout, userRollouts))),
  )
  addAnalysisMirrors(registry, {
    runs: onLeader(() => analysisRuns.list().filter(({ metadata }) => metadata.labels?.[INSTANCE_ID_LABEL] === INSTANCE_ID)),
    experiments: onLeader(() => (userRollouts ? experiments.list().filter(isForUs) : [])),
    templates: onLeader(() => [...analysisTemplates.list(), ...clusterAnalysisTemplates.list()]),
  })
  const time = { monotonic }
  const eitherDoor = [rollouts, deployments]
  return {
    rolloutPasses: timePasses(registry, { prefix: 'rollout', kind: 'a Rollout', presence: [rollouts], ...time }),
    analysisPasses: timePasses(registry, {
      prefix: 'analysis_run',
      kind: 'an AnalysisRun',
      presence: [analysisRuns],
      ...time,
    }),
    experimentPasses: timePasses(registry, { prefix: 'experiment', kind: 'an Experiment', presence: [experiments], ...time }),
    countEvents: makeEventCounter(registry, eitherDoor),
    noteNotification: makeNotificationCounter(registry, eitherDoor),
  }
}

export type ArgoMetrics = ReturnType<typeof makeArgoMetrics>
