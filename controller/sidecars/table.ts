/** What the sidecars of a Deployment are to split by, from the caches. No writes, no clock. */
import type { Deployment, Pod, ReplicaSet, Service } from '../../api/kubernetes.ts'
import { POD_TEMPLATE_HASH } from '../../api/names.ts'
import { isPodReady } from '../../api/pod-ready.ts'
import { selectsPods } from '../../api/service-mode.ts'
import type { SidecarAddress, SidecarRoute, SidecarTable } from '../../api/sidecar.ts'
import { stickyPurpose } from '../../api/sticky-cookie.ts'
import { isTcp, protocolOf } from '../../engine/make-route.ts'
import { isSidecarRoute } from '../../engine/sidecar/placement.ts'
import { deriveKey } from '../../kube/shared-keys.ts'
import { BY_CONTROLLER_UID, BY_NAMESPACE, type Caches, isPrivate } from '../caches.ts'

export type TableCaches = Pick<Caches, 'deployments' | 'replicaSets' | 'pods' | 'services' | 'routes'>

/** Name and number of the app's named TCP ports, as the template has them. */
const namedPorts = ({ spec }: ReplicaSet): readonly { readonly name: string; readonly app: number }[] =>
  spec.template.spec.containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ name, containerPort, protocol = 'TCP' }) =>
      name && protocol === 'TCP' ? [{ name, app: containerPort }] : [],
    ),
  )

/** Where others reach the pod's own app, whether it has a sidecar or not. */
const addressesOf = (pod: Pod, replicaSet: ReplicaSet): readonly (readonly [string, SidecarAddress])[] => {
  const host = pod.status?.podIP
  if (host === undefined || !isPodReady(pod)) return []
  return namedPorts(replicaSet).map(({ name, app }) => [name, { host, port: app }] as const)
}

/** In one order, so that the same pods are the same table. */
const byHost = (a: SidecarAddress, b: SidecarAddress): number => (a.host < b.host ? -1 : 1)

const makeEndpoints = (caches: TableCaches, replicaSets: readonly ReplicaSet[]): SidecarTable['endpoints'] => {
  const entries = replicaSets.map(replicaSet => {
    const pods = caches.pods.by(BY_CONTROLLER_UID, replicaSet.metadata.uid ?? '')
    const byPort = Map.groupBy(
      pods.flatMap(pod => addressesOf(pod, replicaSet)),
      ([name]) => name,
    )
    const ports = [...byPort].map(([name, found]) => [name, found.map(([, address]) => address).sort(byHost)] as const)
    return [replicaSet.metadata.labels?.[POD_TEMPLATE_HASH] ?? '', Object.fromEntries(ports)] as const
  })
  return Object.fromEntries(entries.filter(([, ports]) => Object.keys(ports).length > 0))
}

/** Names of container ports that TCP ports of the Service lead to. */
const targetsOf = ({ spec }: Service): readonly string[] =>
  (spec.ports ?? []).filter(isTcp).flatMap(({ targetPort }) => (typeof targetPort === 'string' ? [targetPort] : []))

/** One Service that says TCP is enough: bytes that are not HTTP must not wait for a first line. */
const makePorts = (services: readonly Service[]): SidecarTable['ports'] => {
  const ports: Record<string, 'http' | 'tcp'> = {}
  for (const port of services.flatMap(({ spec }) => (spec.ports ?? []).filter(isTcp))) {
    const { targetPort } = port
    if (typeof targetPort === 'string') ports[targetPort] = ports[targetPort] === 'tcp' ? 'tcp' : protocolOf(port)
  }
  return ports
}

export type Secrets = {
  /** PEM of the authorities that the controller's certificate may be of. */
  readonly ca: string
  /** Keys that sticky cookies are signed with, see kube/shared-keys.ts. */
  readonly stickyKeys: readonly string[]
}

export const makeSidecarTable = (caches: TableCaches, deployment: Deployment, { ca, stickyKeys }: Secrets): SidecarTable => {
  const { namespace = '', name, uid = '' } = deployment.metadata
  const replicaSets = caches.replicaSets.by(BY_CONTROLLER_UID, uid)
  const labels = deployment.spec.template.metadata?.labels ?? {}
  const services = caches.services
    .by(BY_NAMESPACE, namespace)
    .filter(service => !isPrivate(service) && selectsPods(service, labels))
  const routes: readonly SidecarRoute[] = caches.routes
    .by(BY_NAMESPACE, namespace)
    .filter(route => route.spec.deployment === name && isSidecarRoute(route))
    .map(route => {
      const service = caches.services.get(namespace, route.spec.service)
      const key = `${namespace}/${route.metadata.name}`
      // Derived: a pod of a user never has a key that is good for another Service.
      const cookieKeys = route.spec.sticky?.by === 'cookie' ? stickyKeys.map(shared => deriveKey(shared, stickyPurpose(key))) : []
      return {
        key,
        spec: route.spec,
        targets: service ? targetsOf(service) : [],
        ...(cookieKeys.length > 0 && { cookieKeys }),
      }
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  return { ports: makePorts(services), routes, endpoints: makeEndpoints(caches, replicaSets), ca }
}
