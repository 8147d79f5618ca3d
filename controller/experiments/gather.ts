/** Reads the caches into what the planner of Experiments decides from; asks the API server only for a run that should be there and is not. */
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { Experiment } from '../../api/experiment.ts'
import type { KubeObject } from '../../api/kubernetes.ts'
import type { ExperimentSeen } from '../../engine/experiment/seen.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isNotFound } from '../../kube/errors.ts'
import { ANALYSIS_RUNS } from '../../kube/resources.ts'
import { BY_CONTROLLER_UID, BY_NAMESPACE, type Caches } from '../caches.ts'

const isOwned = ({ metadata }: KubeObject, uid: string): boolean =>
  (metadata.ownerReferences ?? []).some(owner => owner.controller === true && owner.uid === uid)

/** A run that the status names and the cache does not have: a cache that lags must not fail the Experiment. */
const askFor = async (client: Pick<KubeClient, 'get'>, namespace: string, name: string): Promise<readonly AnalysisRun[]> => {
  try {
    return [await client.get<AnalysisRun>(ANALYSIS_RUNS, { namespace, name })]
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

export const gatherExperiment = async (
  { caches, client }: { readonly caches: Caches; readonly client: Pick<KubeClient, 'get'> },
  experiment: Experiment,
): Promise<ExperimentSeen> => {
  const { namespace = '', name, uid = '' } = experiment.metadata
  const cached = caches.analysisRuns.by(BY_NAMESPACE, namespace).filter(run => isOwned(run, uid))
  const isCached = (run: string) => cached.some(({ metadata }) => metadata.name === run)
  const named = (experiment.status?.analysisRuns ?? []).map(run => run.analysisRun).filter(run => run !== '' && !isCached(run))
  const asked = (await Promise.all(named.map(run => askFor(client, namespace, run)))).flat()
  return {
    namespace,
    name,
    experiment,
    replicaSets: caches.replicaSets.by(BY_CONTROLLER_UID, uid),
    services: caches.services.by(BY_NAMESPACE, namespace).filter(service => isOwned(service, uid)),
    analysisRuns: [...cached, ...asked.filter(run => isOwned(run, uid))],
    analysisTemplates: caches.analysisTemplates.by(BY_NAMESPACE, namespace),
    clusterAnalysisTemplates: caches.clusterAnalysisTemplates.list(),
  }
}
