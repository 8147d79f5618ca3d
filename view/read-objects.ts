/** Reads what a page shows from the API server, once. */
import type { AnalysisRun } from '../api/analysis-run.ts'
import type { Experiment } from '../api/experiment.ts'
import type { Deployment, KubeObject, Pod, ReplicaSet, Service } from '../api/kubernetes.ts'
import { DEPLOYMENT_LABEL } from '../api/names.ts'
import type { Rollout } from '../api/rollout.ts'
import type { Route } from '../api/route.ts'
import type { KubeClient, ListOptions, Resource } from '../kube/client.ts'
import { orAbsent } from '../kube/errors.ts'
import { ANALYSIS_RUNS, DEPLOYMENTS, EXPERIMENTS, PODS, REPLICA_SETS, ROLLOUTS, ROUTES, SERVICES } from '../kube/resources.ts'
import { type ExperimentView, makeExperimentView } from './experiment-view.ts'
import { makeRolloutView, type RolloutObjects, type RolloutView } from './rollout-view.ts'
import { UserError } from './user-error.ts'

/** Undefined when there is no such object, or no such kind in this cluster. */
export const readObject = <T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  namespace: string,
  name: string,
): Promise<T | undefined> => orAbsent(client.get<T>(resource, { namespace, name }))

/** Empty where the cluster does not have the kind (its CustomResourceDefinition is not installed). */
export const readList = async <T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  options: ListOptions,
): Promise<readonly T[]> => (await orAbsent(client.list<T>(resource, options)))?.items ?? []

export const readRolloutObjects = async (client: KubeClient, namespace: string, name: string): Promise<RolloutObjects> => {
  const [rollout, deployment, replicaSets, pods, analysisRuns, experiments, services, routes] = await Promise.all([
    readObject<Rollout>(client, ROLLOUTS, namespace, name),
    readObject<Deployment>(client, DEPLOYMENTS, namespace, name),
    readList<ReplicaSet>(client, REPLICA_SETS, { namespace }),
    readList<Pod>(client, PODS, { namespace }),
    readList<AnalysisRun>(client, ANALYSIS_RUNS, { namespace }),
    readList<Experiment>(client, EXPERIMENTS, { namespace }),
    readList<Service>(client, SERVICES, { namespace, labelSelector: `${DEPLOYMENT_LABEL}=${name}` }),
    readList<Route>(client, ROUTES, { namespace }),
  ])
  return {
    name,
    ...(rollout === undefined ? {} : { rollout }),
    ...(deployment === undefined ? {} : { deployment }),
    replicaSets,
    pods,
    analysisRuns,
    experiments,
    services,
    routes,
  }
}

export const notThere = (namespace: string, name: string): UserError =>
  new UserError(`there is no Deployment or Rollout ${name} in namespace ${namespace}; kubectl sluice list -A shows what there is`)

export const readRolloutView = async (client: KubeClient, namespace: string, name: string): Promise<RolloutView> => {
  const view = makeRolloutView(await readRolloutObjects(client, namespace, name))
  if (view === undefined) throw notThere(namespace, name)
  return view
}

/** Undefined when there is no such Experiment. */
export const readExperimentView = async (
  client: KubeClient,
  namespace: string,
  name: string,
): Promise<ExperimentView | undefined> => {
  const [experiment, replicaSets, pods, analysisRuns] = await Promise.all([
    readObject<Experiment>(client, EXPERIMENTS, namespace, name),
    readList<ReplicaSet>(client, REPLICA_SETS, { namespace }),
    readList<Pod>(client, PODS, { namespace }),
    readList<AnalysisRun>(client, ANALYSIS_RUNS, { namespace }),
  ])
  return experiment && makeExperimentView(experiment, { replicaSets, pods, analysisRuns })
}
