/** Reads the caches into the one value that the planner decides from. No writes, no clock. */
import { makeTemplateProblems } from '../analysis/template-problems.ts'
import type { Deployment, EndpointSlice, Pod, ReplicaSet, Service } from '../api/kubernetes.ts'
import { DEPLOYMENT_LABEL, FRONTED_SERVICE_LABEL, VERSION_HASH_LABEL } from '../api/names.ts'
import { isPodReady } from '../api/pod-ready.ts'
import type { RouterReport } from '../api/router-admin.ts'
import { selectsPods } from '../api/service-mode.ts'
import { sidecarPorts } from '../api/sidecar.ts'
import type { BackendSeen, ProbeSeen, RouterSeen, Seen, ServiceSeen, Settings } from '../engine/seen.ts'
import { BY_CONTROLLER_UID, BY_NAMESPACE, BY_SERVICE, type Caches, isPrivate } from './caches.ts'

/** Worked out once for each object that the caches hold. */
export const TEMPLATE_PROBLEMS = makeTemplateProblems()

export type Extras = {
  /** The newest answer of each router's admin port, by pod name. */
  readonly reports: ReadonlyMap<string, RouterReport>
  /** The same of each sidecar, by `NAMESPACE/NAME` of its pod. */
  readonly sidecarReports?: ReadonlyMap<string, RouterReport>
  /** The newest probe of each Service, by `NAMESPACE/NAME`. */
  readonly probes: ReadonlyMap<string, ProbeSeen>
  /** Listening ports given back less than a minute ago. */
  readonly coolingPorts: readonly number[]
  readonly settings: Settings
}

const ofDeployment = (service: Service, name: string, deployment: Deployment | undefined, routed: ReadonlySet<string>): boolean =>
  !isPrivate(service) &&
  (routed.has(service.metadata.name) ||
    service.metadata.labels?.[DEPLOYMENT_LABEL] === name ||
    (deployment !== undefined && selectsPods(service, deployment.spec.template.metadata?.labels ?? {})))

/** With the Route that it has for `name`, a Deployment or a Rollout. */
export const gatherService = (
  caches: Caches,
  { probes }: Pick<Extras, 'probes'>,
  service: Service,
  name: string,
): ServiceSeen => {
  const { namespace = '', name: serviceName } = service.metadata
  const key = `${namespace}/${serviceName}`
  const route = caches.routes.get(namespace, serviceName)
  const endpoints = caches.endpoints.get(namespace, serviceName)
  const probe = probes.get(key)
  return {
    service,
    slices: caches.slices.by(BY_SERVICE, key),
    ...(route?.spec.deployment === name && { route }),
    ...(endpoints && { endpointsLabels: endpoints.metadata.labels ?? {} }),
    ...(probe && { probe }),
  }
}

const gatherServices = (caches: Caches, extras: Extras, name: string, namespace: string): readonly ServiceSeen[] => {
  const routes = caches.routes.by(BY_NAMESPACE, namespace).filter(route => route.spec.deployment === name)
  const routed = new Set(routes.map(route => route.spec.service))
  const deployment = caches.deployments.get(namespace, name)
  return caches.services
    .by(BY_NAMESPACE, namespace)
    .filter(service => ofDeployment(service, name, deployment, routed))
    .map(service => gatherService(caches, extras, service, name))
    .sort((a, b) => (a.service.metadata.name < b.service.metadata.name ? -1 : 1))
}

const countEndpoints = (slices: readonly EndpointSlice[]): { readonly ready: number; readonly all: number } => {
  // An address can stand in two slices for a moment while the slice controller moves it.
  const all = new Set<string>()
  const ready = new Set<string>()
  for (const slice of slices) {
    for (const endpoint of slice.endpoints ?? []) {
      // And a pod of a dual-stack Service stands in one of each family.
      const address = endpoint.targetRef?.uid ?? endpoint.addresses[0] ?? ''
      all.add(address)
      if (endpoint.conditions?.ready !== false) ready.add(address)
    }
  }
  return { ready: ready.size, all: all.size }
}

export const gatherBackends = (caches: Caches, services: readonly ServiceSeen[], namespace: string): readonly BackendSeen[] => {
  const fronted = new Set(services.map(seen => seen.service.metadata.name))
  return caches.services.by(BY_NAMESPACE, namespace).flatMap(service => {
    const frontedService = service.metadata.labels?.[FRONTED_SERVICE_LABEL]
    const hash = service.metadata.labels?.[VERSION_HASH_LABEL]
    if (frontedService === undefined || hash === undefined || !fronted.has(frontedService)) return []
    const { ready, all } = countEndpoints(caches.slices.by(BY_SERVICE, `${namespace}/${service.metadata.name}`))
    return [{ service, frontedService, hash, readyEndpoints: ready, endpoints: all }]
  })
}

export const gatherRouters = (pods: readonly Pod[], reports: Extras['reports']): readonly RouterSeen[] =>
  pods.map(pod => {
    const report = reports.get(pod.metadata.name)
    return { name: pod.metadata.name, ready: isPodReady(pod), ...(report && { report }) }
  })

/** Of all Routes, and those that were given back a moment ago. */
export const takenPorts = ({ routes }: Pick<Caches, 'routes'>, cooling: readonly number[]): readonly number[] => [
  ...routes.list().flatMap(route => route.spec.ports.map(port => port.listenPort)),
  ...cooling,
]

const countPods = (caches: Caches, replicaSets: readonly ReplicaSet[]): Seen['podsByReplicaSet'] =>
  Object.fromEntries(replicaSets.map(rs => [rs.metadata.name, caches.pods.by(BY_CONTROLLER_UID, rs.metadata.uid ?? '').length]))

/** The Deployment's pods as sidecars, and how many ready ones have none. */
const gatherSidecars = (
  caches: Caches,
  replicaSets: readonly ReplicaSet[],
  reports: Extras['sidecarReports'],
): Pick<Seen, 'sidecars' | 'podsWithoutSidecar'> => {
  const pods = replicaSets.flatMap(({ metadata }) => caches.pods.by(BY_CONTROLLER_UID, metadata.uid ?? ''))
  const having = pods.filter(pod => sidecarPorts(pod) !== undefined)
  return {
    sidecars: having.map(pod => {
      const report = reports?.get(`${pod.metadata.namespace}/${pod.metadata.name}`)
      return { name: pod.metadata.name, ready: isPodReady(pod), ...(report && { report }) }
    }),
    podsWithoutSidecar: pods.filter(pod => !having.includes(pod) && isPodReady(pod)).length,
  }
}

/** Everything that `plan` needs of Deployment `namespace/name`, deleted ones too: what is left of them still has to be given back. */
export const gather = (caches: Caches, extras: Extras, namespace: string, name: string): Seen => {
  const deployment = caches.deployments.get(namespace, name)
  const rollout = caches.rollouts.get(namespace, name)
  const owner = deployment?.metadata.uid ?? rollout?.metadata.ownerReferences?.find(ref => ref.kind === 'Deployment')?.uid ?? ''
  const replicaSets = caches.replicaSets.by(BY_CONTROLLER_UID, owner)
  const services = gatherServices(caches, extras, name, namespace)
  return {
    namespace,
    name,
    ...(deployment && { deployment }),
    ...(rollout && { rollout }),
    replicaSets,
    podsByReplicaSet: countPods(caches, replicaSets),
    services,
    backends: gatherBackends(caches, services, namespace),
    routers: gatherRouters(caches.routerPods.list(), extras.reports),
    ...gatherSidecars(caches, replicaSets, extras.sidecarReports),
    analysisRuns: caches.analysisRuns
      .by(BY_NAMESPACE, namespace)
      .filter(run => run.metadata.ownerReferences?.some(ref => ref.kind === 'Rollout' && ref.name === name)),
    analysisTemplates: caches.analysisTemplates.by(BY_NAMESPACE, namespace),
    clusterAnalysisTemplates: caches.clusterAnalysisTemplates.list(),
    templateProblems: TEMPLATE_PROBLEMS,
    takenPorts: takenPorts(caches, extras.coolingPorts),
    settings: extras.settings,
  }
}
