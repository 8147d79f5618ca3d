/** The controller's view of the cluster: one informer a kind, trimmed to what is read, with the indexes by which it is looked up. */
import type { AnalysisRun, AnalysisTemplate } from '../api/analysis-run.ts'
import type { Experiment } from '../api/experiment.ts'
import { withJsonSpec } from '../api/json-spec.ts'
import type { Deployment, EndpointSlice, Endpoints, KubeObject, Pod, ReplicaSet, Service } from '../api/kubernetes.ts'
import { PREFIX, ROUTER_APP_LABEL, SERVICE_NAME, SIDECAR_PORTS, VERSION_HASH_LABEL } from '../api/names.ts'
import type { Rollout } from '../api/rollout.ts'
import type { Route } from '../api/route.ts'
import { MANAGED_BY } from '../engine/rollout/names.ts'
import { isSame } from '../engine/same.ts'
import type { KubeClient, Resource } from '../kube/client.ts'
import { decodeYaml } from '../kube/decode-yaml.ts'
import { emptyInformer, type Informer, startInformer } from '../kube/informer.ts'
import type { Logger } from '../kube/log.ts'
import * as resources from '../kube/resources.ts'
import { servicesOf } from '../traffic/named-services.ts'

export type Caches = {
  readonly deployments: Informer<Deployment>
  readonly replicaSets: Informer<ReplicaSet>
  readonly pods: Informer<Pod>
  readonly services: Informer<Service>
  readonly slices: Informer<EndpointSlice>
  readonly endpoints: Informer<Endpoints>
  readonly rollouts: Informer<Rollout>
  readonly routes: Informer<Route>
  readonly experiments: Informer<Experiment>
  readonly analysisRuns: Informer<AnalysisRun>
  readonly analysisTemplates: Informer<AnalysisTemplate>
  readonly clusterAnalysisTemplates: Informer<AnalysisTemplate>
  readonly routerPods: Informer<Pod>
}

/** Names of the indexes. */
export const BY_NAMESPACE = 'namespace'
export const BY_CONTROLLER_UID = 'controller'
export const BY_SERVICE = 'service'
/** Rollouts by the workload that they take their template from: `NAMESPACE/KIND/NAME`. */
export const BY_WORKLOAD = 'workload'
/** Services by the Rollout that points them at its versions, `NAMESPACE/NAME`. */
export const BY_MANAGER = 'manager'
/** Pods that have a sidecar: `yes`. */
export const BY_SIDECAR = 'sidecar'

const namespaceOf = (object: KubeObject): readonly string[] => [object.metadata.namespace ?? '']

const controllerUid = (object: KubeObject): readonly string[] =>
  (object.metadata.ownerReferences ?? []).filter(owner => owner.controller).map(owner => owner.uid)

const managerOf = ({ metadata }: KubeObject): readonly string[] => {
  const manager = metadata.annotations?.[MANAGED_BY]
  return manager === undefined ? [] : [`${metadata.namespace}/${manager}`]
}

const hasSidecar = ({ metadata }: KubeObject): readonly string[] =>
  metadata.annotations?.[SIDECAR_PORTS] === undefined ? [] : ['yes']

const fronted = (slice: EndpointSlice): readonly string[] => {
  const service = slice.metadata.labels?.[SERVICE_NAME]
  return service === undefined ? [] : [`${slice.metadata.namespace}/${service}`]
}

const workloadOf = ({ metadata, spec }: Rollout): readonly string[] =>
  spec.workloadRef === undefined ? [] : [workloadKey(metadata.namespace, spec.workloadRef.kind, spec.workloadRef.name)]

export const workloadKey = (namespace: string | undefined, kind: string, name: string): string =>
  `${namespace ?? ''}/${kind}/${name}`

/** The Services that a Rollout names. */
const servicesNamed = (rollout: Rollout): readonly string[] =>
  servicesOf(rollout).map(service => `${rollout.metadata.namespace}/${service}`)

const hasSluiceAnnotation = (object: KubeObject): boolean =>
  Object.keys(object.metadata.annotations ?? {}).some(key => key.startsWith(PREFIX))

/** One that did has the YAML of its `spec` annotation as JSON, which the planner reads without a parser. A Deployment that never heard of Sluice is kept only by name: a cluster has thousands, each with a long template. */
const trimDeployment = (deployment: Deployment): Deployment =>
  hasSluiceAnnotation(deployment)
    ? withJsonSpec(deployment, decodeYaml)
    : { ...deployment, spec: { selector: {}, template: { spec: { containers: [] } } }, status: {} }

/** Most changes are of the status, and the API server sends the whole object with each. The spec of a generation stays the one object that it was, so that memory has it once and what was read of it is known. */
const keepSpec = <T extends Rollout | ReplicaSet>(object: T, previous: T | undefined): T => {
  const { generation } = object.metadata
  return generation !== undefined && generation === previous?.metadata.generation ? { ...object, spec: previous.spec } : object
}

/** Also a template of which only the number of pods changed. */
const keepTemplate = (replicaSet: ReplicaSet, previous: ReplicaSet | undefined): ReplicaSet => {
  const kept = keepSpec(replicaSet, previous)
  return previous === undefined || kept !== replicaSet || !isSame(kept.spec.template, previous.spec.template)
    ? kept
    : { ...kept, spec: { ...kept.spec, template: previous.spec.template } }
}

/** Of a pod only what counts it: whose it is, its labels, whether it is ready and going; and how often its sidecar was started. */
const trimPod = (pod: Pod): Pod => ({
  apiVersion: pod.apiVersion,
  kind: pod.kind,
  metadata: pod.metadata,
  spec: { containers: [] },
  status:
    pod.status === undefined
      ? {}
      : ({
          podIP: pod.status.podIP,
          phase: pod.status.phase,
          conditions: pod.status.conditions,
          ...(hasSidecar(pod).length > 0 && { initContainerStatuses: Reflect.get(pod.status, 'initContainerStatuses') }),
        } as Pod['status'] & object),
})

export type CacheOptions = {
  readonly client: KubeClient
  readonly log: Logger
  /** Where the routers run. */
  readonly systemNamespace: string
  /** Watch one namespace only; all of them when absent. */
  readonly namespace?: string
}

/** Starts all informers; `synced` of each tells when its first list is in. */
export const startCaches = ({ client, log, systemNamespace, namespace }: CacheOptions): Caches => {
  const scope = namespace === undefined ? {} : { namespace }
  const start = <T extends KubeObject>(
    resource: Resource,
    more: Partial<Parameters<typeof startInformer<T>>[0]> = {},
  ): Informer<T> => startInformer<T>({ client, resource, log, ...scope, ...more })
  return {
    deployments: start<Deployment>(resources.DEPLOYMENTS, {
      transform: trimDeployment,
      indexes: { [BY_NAMESPACE]: namespaceOf },
    }),
    replicaSets: start<ReplicaSet>(resources.REPLICA_SETS, {
      transform: keepTemplate,
      indexes: { [BY_CONTROLLER_UID]: controllerUid },
    }),
    pods: start<Pod>(resources.PODS, {
      transform: trimPod,
      indexes: { [BY_CONTROLLER_UID]: controllerUid, [BY_SIDECAR]: hasSidecar },
    }),
    services: start<Service>(resources.SERVICES, { indexes: { [BY_NAMESPACE]: namespaceOf, [BY_MANAGER]: managerOf } }),
    slices: start<EndpointSlice>(resources.ENDPOINT_SLICES, { indexes: { [BY_SERVICE]: fronted } }),
    endpoints: start<Endpoints>(resources.ENDPOINTS, { transform: object => ({ ...object, subsets: [] }) }),
    rollouts: start<Rollout>(resources.ROLLOUTS, {
      transform: keepSpec,
      indexes: { [BY_NAMESPACE]: namespaceOf, [BY_WORKLOAD]: workloadOf, [BY_SERVICE]: servicesNamed },
    }),
    routes: start<Route>(resources.ROUTES, { indexes: { [BY_NAMESPACE]: namespaceOf } }),
    experiments: start<Experiment>(resources.EXPERIMENTS, { indexes: { [BY_CONTROLLER_UID]: controllerUid } }),
    analysisRuns: start<AnalysisRun>(resources.ANALYSIS_RUNS, {
      indexes: { [BY_NAMESPACE]: namespaceOf, [BY_CONTROLLER_UID]: controllerUid },
    }),
    analysisTemplates: start<AnalysisTemplate>(resources.ANALYSIS_TEMPLATES, { indexes: { [BY_NAMESPACE]: namespaceOf } }),
    // Nobody who may look at one namespace only may look at what has none.
    clusterAnalysisTemplates:
      namespace === undefined
        ? startInformer<AnalysisTemplate>({ client, resource: resources.CLUSTER_ANALYSIS_TEMPLATES, log })
        : emptyInformer<AnalysisTemplate>(resources.CLUSTER_ANALYSIS_TEMPLATES),
    routerPods: start<Pod>(resources.PODS, {
      namespace: systemNamespace,
      labelSelector: Object.entries(ROUTER_APP_LABEL)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    }),
  }
}

/** A private Service is known by this label. */
export const isPrivate = (service: Service): boolean => service.metadata.labels?.[VERSION_HASH_LABEL] !== undefined
