/** Which Deployments (`NAMESPACE/NAME`) a changed object may matter to: the queue carries these keys, never the objects. */
import type { AnalysisRun } from '../api/analysis-run.ts'
import type { Deployment, EndpointSlice, KubeObject, Service } from '../api/kubernetes.ts'
import { DEPLOYMENT_LABEL, FRONTED_SERVICE_LABEL, PREFIX, SERVICE_NAME } from '../api/names.ts'
import { selectsPods } from '../api/service-mode.ts'
import { MANAGED_BY } from '../engine/rollout/names.ts'
import type { Informer } from '../kube/informer.ts'
import { BY_NAMESPACE, BY_SERVICE, BY_WORKLOAD, type Caches, workloadKey } from './caches.ts'
import { isWritten } from './user-rollouts/select.ts'

export const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`

/** Opted in, held, or once so. */
const isOurs = (object: KubeObject): boolean => Object.keys(object.metadata.annotations ?? {}).some(key => key.startsWith(PREFIX))

/** Rollouts of users that take their template from it. */
const keysOfReferrers = (caches: Caches, kind: 'Deployment' | 'ReplicaSet', { metadata }: KubeObject): readonly string[] => {
  const { namespace = '', name } = metadata
  return caches.rollouts
    .by(BY_WORKLOAD, workloadKey(namespace, kind, name))
    .map(rollout => keyOf(namespace, rollout.metadata.name))
}

const ownKeys = (caches: Caches, deployment: Deployment): readonly string[] => {
  const { namespace = '', name } = deployment.metadata
  return isOurs(deployment) || caches.rollouts.get(namespace, name) !== undefined ? [keyOf(namespace, name)] : []
}

export const keysOfDeployment = (caches: Caches, deployment: Deployment): readonly string[] => [
  ...new Set([...ownKeys(caches, deployment), ...keysOfReferrers(caches, 'Deployment', deployment)]),
]

export const keysOfReplicaSet = (caches: Caches, replicaSet: KubeObject): readonly string[] => [
  ...new Set([...keysOfOwned(caches, replicaSet), ...keysOfReferrers(caches, 'ReplicaSet', replicaSet)]),
]

/** A ReplicaSet's or pod's: by the controlling owner, a Deployment or a Rollout, through the ReplicaSet for a pod. */
export const keysOfOwned = (caches: Caches, object: KubeObject): readonly string[] => {
  const { namespace = '' } = object.metadata
  const owner = object.metadata.ownerReferences?.find(ref => ref.controller)
  if (owner?.kind === 'ReplicaSet') {
    const replicaSet = caches.replicaSets.get(namespace, owner.name)
    return replicaSet === undefined ? [] : keysOfOwned(caches, replicaSet)
  }
  if (owner?.kind === 'Rollout') return [keyOf(namespace, owner.name)]
  if (owner?.kind !== 'Deployment') return []
  const deployment = caches.deployments.get(namespace, owner.name)
  return deployment === undefined ? [keyOf(namespace, owner.name)] : ownKeys(caches, deployment)
}

const keysOfRouted = (caches: Caches, namespace: string, service: string): readonly string[] => {
  const route = caches.routes.get(namespace, service)
  return route === undefined ? [] : [keyOf(namespace, route.spec.deployment)]
}

export const keysOfService = (caches: Caches, service: Service): readonly string[] => {
  const { namespace = '', name, labels, annotations } = service.metadata
  const fronted = labels?.[FRONTED_SERVICE_LABEL]
  if (fronted !== undefined) return keysOfRouted(caches, namespace, fronted)
  const labelled = labels?.[DEPLOYMENT_LABEL]
  const selecting = caches.deployments
    .by(BY_NAMESPACE, namespace)
    .filter(deployment => isOurs(deployment) && selectsPods(service, deployment.spec.template.metadata?.labels ?? {}))
    .map(deployment => keyOf(namespace, deployment.metadata.name))
  const pointing = caches.rollouts.by(BY_SERVICE, `${namespace}/${name}`).map(rollout => keyOf(namespace, rollout.metadata.name))
  const manager = annotations?.[MANAGED_BY]
  return [
    ...new Set([
      ...(labelled === undefined ? [] : [keyOf(namespace, labelled)]),
      ...(manager === undefined ? [] : [keyOf(namespace, manager)]),
      ...selecting,
      ...pointing,
      ...keysOfRouted(caches, namespace, name),
    ]),
  ]
}

/** A slice's (or an Endpoints object's, which has its Service's name). */
export const keysOfEndpoints = (caches: Caches, object: EndpointSlice | KubeObject): readonly string[] => {
  const { namespace = '', name, labels } = object.metadata
  const service = caches.services.get(namespace, labels?.[SERVICE_NAME] ?? name)
  // At rest endpoints come and go all day and nothing depends on them; in flight there is a Route, or a Service that is switched.
  const fronted = service?.metadata.labels?.[FRONTED_SERVICE_LABEL] ?? service?.metadata.name
  if (fronted === undefined) return []
  const switching = caches.rollouts
    .by(BY_SERVICE, `${namespace}/${fronted}`)
    .filter(
      ({ spec, status }) => spec.strategy.blueGreen?.activeService === fronted && status?.stableRS !== status?.currentPodHash,
    )
    .map(({ metadata }) => keyOf(namespace, metadata.name))
  return [...keysOfRouted(caches, namespace, fronted), ...switching]
}

export const keysOfAnalysisRun = (run: AnalysisRun): readonly string[] =>
  (run.metadata.ownerReferences ?? []).filter(ref => ref.kind === 'Rollout').map(ref => keyOf(run.metadata.namespace, ref.name))

/**
 * Templates change rarely, so every Deployment and Rollout that may use one is looked at: those of its namespace, all of them for one of
 * the cluster.
 */
export const keysOfTemplate = (caches: Caches, namespace: string | undefined): readonly string[] => {
  const of = <T extends KubeObject>(informer: Pick<Informer<T>, 'list' | 'by'>): readonly T[] =>
    namespace === undefined ? informer.list() : informer.by(BY_NAMESPACE, namespace)
  return [...of(caches.deployments).filter(isOurs), ...of(caches.rollouts).filter(isWritten)].map(({ metadata }) =>
    keyOf(metadata.namespace, metadata.name),
  )
}

/** Every Deployment with a Route: what a change of the router fleet matters to. */
export const keysOfRoutes = (caches: Caches): readonly string[] => [
  ...new Set(caches.routes.list().map(route => keyOf(route.metadata.namespace, route.spec.deployment))),
]

/** Of an Experiment: what it owns, a ReplicaSet, a Service or an AnalysisRun. */
export const keysOfExperiment = ({ metadata }: KubeObject): readonly string[] =>
  (metadata.ownerReferences ?? [])
    .filter(owner => owner.controller === true && owner.kind === 'Experiment')
    .map(owner => keyOf(metadata.namespace, owner.name))
