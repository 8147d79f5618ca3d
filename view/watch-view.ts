/** A page that follows the objects it shows: informers feed the same view that a single read makes. */
import type { AnalysisRun } from '../api/analysis-run.ts'
import type { Experiment } from '../api/experiment.ts'
import type { Deployment, KubeObject, Pod, ReplicaSet, Service } from '../api/kubernetes.ts'
import type { Rollout } from '../api/rollout.ts'
import type { Route } from '../api/route.ts'
import type { KubeClient, Resource } from '../kube/client.ts'
import { type Informer, startInformer } from '../kube/informer.ts'
import type { Logger } from '../kube/log.ts'
import { ANALYSIS_RUNS, DEPLOYMENTS, EXPERIMENTS, PODS, REPLICA_SETS, ROLLOUTS, ROUTES, SERVICES } from '../kube/resources.ts'
import { makeRolloutView, type RolloutView } from './rollout-view.ts'

/** What goes wrong with a watch is tried again for ever; the page shows what is known. */
const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, with: () => SILENT }

export type WatchedView = {
  readonly read: () => RolloutView | undefined
  /** Kinds of which nothing has come yet: the cluster does not have them, or the user may not list them. */
  readonly missing: () => readonly string[]
  /** Resolves at the next change of anything that is shown, or after so many milliseconds. */
  readonly changed: (ms: number) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Longest wait for the first lists; a kind that the cluster does not have never answers. */
const FIRST_LISTS_MS = 3_000

export const watchView = async (
  client: KubeClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  sleep: (ms: number) => Promise<void>,
): Promise<WatchedView> => {
  let wake = Promise.withResolvers<void>()
  const started: Informer<KubeObject>[] = []
  const start = <T extends KubeObject>(resource: Resource, fieldSelector?: string): Informer<T> => {
    const informer = startInformer<T>({
      client,
      resource,
      namespace,
      log: SILENT,
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    })
    informer.onChange(() => {
      wake.resolve()
      wake = Promise.withResolvers<void>()
    })
    started.push(informer as unknown as Informer<KubeObject>)
    return informer
  }
  const one = `metadata.name=${name}`
  const rollouts = start<Rollout>(ROLLOUTS, one)
  const deployments = start<Deployment>(DEPLOYMENTS, one)
  const replicaSets = start<ReplicaSet>(REPLICA_SETS)
  const pods = start<Pod>(PODS)
  const analysisRuns = start<AnalysisRun>(ANALYSIS_RUNS)
  const experiments = start<Experiment>(EXPERIMENTS)
  const services = start<Service>(SERVICES)
  const routes = start<Route>(ROUTES)
  await Promise.race([Promise.all(started.map(informer => informer.synced())), sleep(FIRST_LISTS_MS)])
  return {
    read: () => {
      const [rollout] = rollouts.list()
      const [deployment] = deployments.list()
      return makeRolloutView({
        name,
        ...(rollout && { rollout }),
        ...(deployment && { deployment }),
        replicaSets: replicaSets.list(),
        pods: pods.list(),
        analysisRuns: analysisRuns.list(),
        experiments: experiments.list(),
        services: services.list(),
        routes: routes.list(),
      })
    },
    missing: () => started.filter(informer => !informer.hasSynced()).map(({ resource }) => resource.plural),
    changed: ms => Promise.race([wake.promise, sleep(ms)]),
    stop: async () => {
      await Promise.all(started.map(informer => informer.stop()))
    },
  }
}
