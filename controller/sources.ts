/** Turns every change that the caches see into keys for the queues. */
import type { KubeObject } from '../api/kubernetes.ts'
import type { Informer } from '../kube/informer.ts'
import type { Caches } from './caches.ts'
import { type CoolingPorts, givenUp } from './cooling-ports.ts'
import type { Expectations } from './expectations.ts'
import * as keys from './keys.ts'

export type Sinks = {
  /** `NAMESPACE/NAME` of Deployments and Rollouts to look at. `isPart`: one of many changes that come together, as of pods and of ReplicaSets' counts. */
  readonly rollout: (key: string, isPart: boolean) => void
  /** `NAMESPACE/NAME` of AnalysisRuns to look at. */
  readonly analysis: (key: string) => void
  /** `NAMESPACE/NAME` of Experiments to look at. */
  readonly experiment: (key: string) => void
}

export type Watched = { readonly caches: Caches; readonly expectations: Expectations; readonly coolingPorts: CoolingPorts }

/** Subscribes; the answer unsubscribes all. Each change counts for the object as it was and as it is: a label may have moved. */
export const watchSources = ({ caches, expectations, coolingPorts }: Watched, sinks: Sinks): (() => void) => {
  const feed = <T extends KubeObject>(informer: Informer<T>, keysOf: (object: T) => readonly string[], isPart = false) =>
    informer.onChange((_, object, previous) => {
      if (object !== undefined) expectations.saw(object)
      for (const one of [object, previous]) if (one !== undefined) for (const key of keysOf(one)) sinks.rollout(key, isPart)
    })
  const feedExperiments = <T extends KubeObject>(informer: Informer<T>) =>
    informer.onChange((_, object, previous) => {
      for (const one of [object, previous])
        if (one !== undefined) for (const key of keys.keysOfExperiment(one)) sinks.experiment(key)
    })
  const owned = (object: KubeObject) => keys.keysOfOwned(caches, object)
  const endpoints = (object: KubeObject) => keys.keysOfEndpoints(caches, object)
  const unsubscribe = [
    feed(caches.deployments, deployment => keys.keysOfDeployment(caches, deployment)),
    feed(caches.replicaSets, replicaSet => keys.keysOfReplicaSet(caches, replicaSet), true),
    feed(caches.pods, owned, true),
    feed(caches.services, service => keys.keysOfService(caches, service)),
    feed(caches.slices, endpoints),
    feed(caches.endpoints, endpoints),
    feed(caches.rollouts, rollout => [keys.keyOf(rollout.metadata.namespace, rollout.metadata.name)], true),
    feed(caches.routes, route => [keys.keyOf(route.metadata.namespace, route.spec.deployment)]),
    feed(caches.analysisRuns, keys.keysOfAnalysisRun),
    feed(caches.analysisTemplates, ({ metadata }) => keys.keysOfTemplate(caches, metadata.namespace)),
    feed(caches.clusterAnalysisTemplates, () => keys.keysOfTemplate(caches, undefined)),
    feed(caches.routerPods, () => keys.keysOfRoutes(caches)),
    feed(caches.experiments, owned),
    feedExperiments(caches.replicaSets),
    feedExperiments(caches.services),
    feedExperiments(caches.analysisRuns),
    caches.experiments.onChange(key => sinks.experiment(key)),
    caches.analysisRuns.onChange((key, run) => {
      if (run !== undefined) sinks.analysis(key)
    }),
    caches.routes.onChange((_, route, previous) => {
      coolingPorts.release(givenUp(previous, route))
    }),
  ]
  return () => {
    for (const one of unsubscribe) one()
  }
}
