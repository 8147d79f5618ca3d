/** One informer a kind, shared by all controllers, the node and the proxy. */
import type { Deployment, EndpointSlice, Endpoints, KubeObject, Pod, ReplicaSet, Service } from '../../api/kubernetes.ts'
import { SERVICE_NAME } from '../../api/names.ts'
import type { KubeClient, Resource } from '../../kube/client.ts'
import { type Informer, startInformer } from '../../kube/informer.ts'
import type { Logger } from '../../kube/log.ts'
import {
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  NAMESPACES,
  PODS,
  REPLICA_SETS,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../../kube/resources.ts'
import { controllerRefOf } from './claims.ts'

export type Caches = {
  readonly deployments: Informer<Deployment>
  readonly replicaSets: Informer<ReplicaSet>
  readonly pods: Informer<Pod>
  readonly services: Informer<Service>
  readonly slices: Informer<EndpointSlice>
  readonly endpoints: Informer<Endpoints>
  readonly namespaces: Informer<KubeObject>
  readonly serviceAccounts: Informer<KubeObject>
}

export const BY_NAMESPACE = 'namespace'
/** The uid of the controller, or `orphan:NAMESPACE`. */
export const BY_OWNER = 'owner'
/** `NAMESPACE/SERVICE` of a slice. */
export const BY_SERVICE = 'service'

const INDEXES = {
  [BY_NAMESPACE]: (object: KubeObject) => [object.metadata.namespace ?? ''],
  [BY_OWNER]: (object: KubeObject) => [controllerRefOf(object)?.uid ?? orphansOf(object.metadata.namespace)],
  [BY_SERVICE]: (object: KubeObject) => [serviceKeyOf(object) ?? ''],
}

export const orphansOf = (namespace: string | undefined): string => `orphan:${namespace ?? ''}`

/** The key of the Service that a slice belongs to. */
export function serviceKeyOf(slice: KubeObject): string | undefined {
  const name = slice.metadata.labels?.[SERVICE_NAME]
  return name === undefined ? undefined : `${slice.metadata.namespace ?? ''}/${name}`
}

export type RunningCaches = { readonly caches: Caches; readonly stop: () => Promise<void> }

/** Starts all informers and waits for their first lists. */
export async function startCaches(client: KubeClient, log: Logger): Promise<RunningCaches> {
  const all: Informer<KubeObject>[] = []
  const start = <T extends KubeObject>(resource: Resource): Informer<T> => {
    const informer = startInformer<T>({ client, resource, log, indexes: INDEXES })
    all.push(informer as unknown as Informer<KubeObject>)
    return informer
  }
  const caches: Caches = {
    deployments: start(DEPLOYMENTS),
    replicaSets: start(REPLICA_SETS),
    pods: start(PODS),
    services: start(SERVICES),
    slices: start(ENDPOINT_SLICES),
    endpoints: start(ENDPOINTS),
    namespaces: start(NAMESPACES),
    serviceAccounts: start(SERVICE_ACCOUNTS),
  }
  await Promise.all(all.map(informer => informer.synced()))
  return { caches, stop: async () => void (await Promise.all(all.map(informer => informer.stop()))) }
}
