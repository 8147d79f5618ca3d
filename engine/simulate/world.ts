/** A cluster small enough to simulate an update in memory: its objects, and how the planner sees them. Time only passes when told to. */
import type { AnalysisRun, AnalysisTemplate } from '../../api/analysis-run.ts'
import type { Deployment, EndpointSlice, Labels, ReplicaSet, Service } from '../../api/kubernetes.ts'
import {
  FRONTED_SERVICE_LABEL,
  POD_TEMPLATE_HASH,
  PREFIX,
  SERVICE_NAME,
  SIDECAR_LABEL,
  VERSION_HASH_LABEL,
} from '../../api/names.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { Route, RouteSpec } from '../../api/route.ts'
import type { ProbeSeen, RouterSeen, Seen, ServiceSeen } from '../seen.ts'
import { timestamp } from '../time.ts'

export type PodModel = {
  readonly name: string
  readonly replicaSet: string
  readonly labels: Labels
  /** When it becomes ready; Infinity = never. */
  readyAt: number
  /** When it is gone; absent = it stays. */
  goneAt?: number
}

export type RouterModel = {
  readonly name: string
  ready: boolean
  /** The Routes as it runs them, by name. */
  running: { [route: string]: RouteSpec }
}

export type World = {
  readonly namespace: string
  readonly name: string
  now: number
  counter: number
  deployment?: Deployment
  rollout?: Rollout
  replicaSets: ReplicaSet[]
  pods: PodModel[]
  services: Service[]
  endpointsLabels: { [service: string]: Labels }
  slices: EndpointSlice[]
  routes: Route[]
  routers: RouterModel[]
  /** A router holds the publisher's lease and does its work. */
  publishes: boolean
  runs: AnalysisRun[]
  readonly templates: AnalysisTemplate[]
  /** The analysis controller is at work. */
  analyses: boolean
  probes: { [service: string]: ProbeSeen }
  events: string[]
  /** Somebody meddled with what the planner relies on; some promises do not hold until it is at rest again. */
  tainted: boolean
  /** A template got past the webhook: native code was rolling it out when the Deployment was held, with its annotations in place. */
  nativeAtWork: boolean
  /** What must never happen and did. */
  violations: string[]
  /** Versions (by image) whose pods never become ready. */
  brokenImages: Set<string>
  /** Versions (by image) that the analysis finds bad. */
  badImages: Set<string>
  inconclusiveImages: Set<string>
  /** Versions (by hash) with a request that is never answered. */
  busyHashes: Set<string>
  /** See WorldOptions. */
  readonly hasSidecars: boolean
  readonly podReadyMs: number
  readonly podStopMs: number
}

export const NAMESPACE = 'shop'
export const NAME = 'web'
export const START = Date.UTC(2026, 10, 24, 9, 0, 0)

/** `hasSidecar`: as the webhook labels it where sidecars are asked for. */
export const templateOf = (image: string, hasSidecar = false): Deployment['spec']['template'] => ({
  metadata: { labels: { app: NAME, ...(hasSidecar && { [SIDECAR_LABEL]: NAME }) } },
  spec: { containers: [{ name: 'web', image, ports: [{ ...(hasSidecar && { name: 'http' }), containerPort: 8080 }] }] },
})

export type WorldOptions = {
  readonly namespace?: string
  /** Of the Deployment. */
  readonly name?: string
  readonly replicas?: number
  readonly annotations?: Labels
  readonly strategy?: Deployment['spec']['strategy']
  readonly services?: readonly string[]
  readonly routers?: number
  /** New templates get sidecars, and Services lead to the name of their port. */
  readonly hasSidecars?: boolean
  readonly podReadyMs?: number
  readonly templates?: readonly AnalysisTemplate[]
}

const service = (namespace: string, name: string, targetPort: number | string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: '1' },
  spec: { clusterIP: '10.0.0.1', selector: { app: NAME }, ports: [{ name: 'http', port: 80, targetPort }] },
})

/** A Deployment of image v1 that Kubernetes has not rolled out yet, its Services, and routers. */
export const makeWorld = ({ namespace = NAMESPACE, name: deployment = NAME, ...options }: WorldOptions = {}): World => ({
  namespace,
  name: deployment,
  now: START,
  counter: 1,
  deployment: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: deployment,
      namespace,
      uid: 'uid-deployment',
      resourceVersion: '1',
      generation: 1,
      annotations: { [`${PREFIX}strategy`]: 'canary', ...options.annotations },
    },
    spec: {
      replicas: options.replicas ?? 4,
      selector: { matchLabels: { app: NAME } },
      template: templateOf('v1', options.hasSidecars),
      ...(options.strategy && { strategy: options.strategy }),
    },
  },
  replicaSets: [],
  pods: [],
  services: (options.services ?? ['web']).map(name => service(namespace, name, options.hasSidecars ? 'http' : 8080)),
  hasSidecars: options.hasSidecars ?? false,
  endpointsLabels: {},
  slices: [],
  routes: [],
  routers: Array.from({ length: options.routers ?? 2 }, (_, i) => ({ name: `router-${i + 1}`, ready: true, running: {} })),
  publishes: true,
  runs: [],
  templates: [...(options.templates ?? [])],
  analyses: true,
  probes: {},
  events: [],
  violations: [],
  tainted: false,
  nativeAtWork: false,
  brokenImages: new Set(),
  badImages: new Set(),
  inconclusiveImages: new Set(),
  busyHashes: new Set(),
  podReadyMs: options.podReadyMs ?? 1500,
  podStopMs: 1000,
})

export const nextName = (world: World): string => {
  world.counter += 1
  return String(world.counter)
}

/** A written object gets a new resourceVersion. */
export const bump = <T extends { readonly metadata: { readonly resourceVersion?: string } }>(world: World, object: T): T => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: nextName(world) },
})

export const created = <T extends { readonly metadata: object }>(world: World, object: T): T => ({
  ...object,
  metadata: {
    ...object.metadata,
    uid: `uid-${nextName(world)}`,
    resourceVersion: nextName(world),
    creationTimestamp: timestamp(world.now + world.counter),
    generation: 1,
  },
})

export const isReady = (world: World, pod: PodModel): boolean => pod.goneAt === undefined && pod.readyAt <= world.now

export const podsOf = (world: World, replicaSet: string): PodModel[] => world.pods.filter(pod => pod.replicaSet === replicaSet)

export const slicesOf = (world: World, name: string): EndpointSlice[] =>
  world.slices.filter(({ metadata }) => metadata.labels?.[SERVICE_NAME] === name)

export const readyAddresses = (slices: readonly EndpointSlice[]): Set<string> =>
  new Set(
    slices
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) => addresses),
  )

/** Ready endpoints by version, as a router reads them from the private Services' slices. */
const upstreamsOf = (world: World, spec: RouteSpec): { [hash: string]: number } =>
  Object.fromEntries(spec.backends.map(({ hash, service: name }) => [hash, readyAddresses(slicesOf(world, name)).size]))

const routerSeen = (world: World, { name, ready, running }: RouterModel): RouterSeen => ({
  name,
  ready,
  ...(ready && {
    report: {
      router: name,
      draining: false,
      routes: Object.fromEntries(
        Object.entries(running).map(([route, spec]) => [
          `${world.namespace}/${route}`,
          {
            version: spec.version,
            listening: true,
            upstreams: upstreamsOf(world, spec),
            inFlight: Object.fromEntries(spec.backends.map(({ hash }) => [hash, world.busyHashes.has(hash) ? 1 : 0])),
            connections: 0,
          },
        ]),
      ),
    },
  }),
})

/** Sidecars run the newest Routes at once, and know the ready pods. */
const sidecarSeen = (world: World, pod: PodModel): RouterSeen => {
  const readyOf = (hash: string) =>
    world.pods.filter(other => isReady(world, other) && other.labels[POD_TEMPLATE_HASH] === hash).length
  const reportOf = ({ spec }: Route) => ({
    version: spec.version,
    listening: true,
    upstreams: Object.fromEntries(spec.backends.map(({ hash }) => [hash, readyOf(hash)])),
    inFlight: Object.fromEntries(spec.backends.map(({ hash }) => [hash, world.busyHashes.has(hash) ? 1 : 0])),
    connections: 0,
  })
  const routes = Object.fromEntries(world.routes.map(route => [`${world.namespace}/${route.metadata.name}`, reportOf(route)]))
  return {
    name: pod.name,
    ready: isReady(world, pod),
    ...(pod.goneAt === undefined && { report: { router: pod.name, draining: false, routes } }),
  }
}

const hasSidecar = ({ labels }: PodModel): boolean => labels[SIDECAR_LABEL] !== undefined

const serviceSeen = (world: World, object: Service): ServiceSeen => {
  const { name } = object.metadata
  const route = world.routes.find(({ metadata }) => metadata.name === name)
  const endpointsLabels = world.endpointsLabels[name]
  const probe = world.probes[name]
  return {
    service: object,
    slices: slicesOf(world, name),
    ...(route && { route }),
    ...(endpointsLabels && { endpointsLabels }),
    ...(probe && { probe }),
  }
}

export const isPrivate = ({ metadata }: Service): boolean => metadata.labels?.[FRONTED_SERVICE_LABEL] !== undefined

export const seenOf = (world: World): Seen =>
  structuredClone({
    namespace: world.namespace,
    name: world.name,
    ...(world.deployment && { deployment: world.deployment }),
    ...(world.rollout && { rollout: world.rollout }),
    replicaSets: world.replicaSets,
    podsByReplicaSet: Object.fromEntries(
      world.replicaSets.map(({ metadata }) => [metadata.name, podsOf(world, metadata.name).length]),
    ),
    services: world.services.filter(object => !isPrivate(object)).map(object => serviceSeen(world, object)),
    backends: world.services.filter(isPrivate).map(object => ({
      service: object,
      frontedService: object.metadata.labels?.[FRONTED_SERVICE_LABEL] ?? '',
      hash: object.metadata.labels?.[VERSION_HASH_LABEL] ?? '',
      readyEndpoints: readyAddresses(slicesOf(world, object.metadata.name)).size,
      endpoints: readyAddresses(slicesOf(world, object.metadata.name)).size,
    })),
    routers: world.routers.map(router => routerSeen(world, router)),
    sidecars: world.pods.filter(hasSidecar).map(pod => sidecarSeen(world, pod)),
    podsWithoutSidecar: world.pods.filter(pod => !hasSidecar(pod) && isReady(world, pod)).length,
    analysisRuns: world.runs,
    analysisTemplates: world.templates,
    takenPorts: world.routes.flatMap(({ spec }) => spec.ports.map(({ listenPort }) => listenPort)),
    settings: { propagationMs: 2000, maxDrainMs: 10_000, probes: 5 },
  })
