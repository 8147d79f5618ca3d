/** What a sidecar carries, from its own ports and what the controller pushed: one plan a port. Pure. */
import type { RouteSpec } from '../../api/route.ts'
import type { SidecarPort, SidecarRoute, SidecarTable } from '../../api/sidecar.ts'
import type { Address } from '../endpoints.ts'
import { compileHeaderRoutes } from '../match.ts'
import { compileMirrorRoutes } from '../mirror/choose.ts'
import { looksAt, type RoutePlan, type Table, type VersionPlan } from '../table.ts'

export type SidecarPod = {
  readonly namespace: string
  readonly deployment: string
  readonly ip: string
  /** pod-template-hash of the pod. */
  readonly hash: string
  readonly ports: readonly SidecarPort[]
}

/** Key of a port's plan among the running routes. */
export const portKey = (port: string): string => `port/${port}`

/** The Route that a port goes by: the first by name of those that lead there. */
export const routeOf = (table: SidecarTable | undefined, port: string): SidecarRoute | undefined =>
  table?.routes.filter(({ targets }) => targets.includes(port)).toSorted((a, b) => (a.key < b.key ? -1 : 1))[0]

const ORDER = { stable: 0, canary: 1, retiring: 2, experiment: 3 } as const

type Share = Pick<VersionPlan, 'role' | 'hash' | 'weight'>

/** A version that the Route does not name any more has no share; its own pods still have to know where they are. */
const sharesOf = (spec: RouteSpec | undefined, hash: string): readonly Share[] => {
  if (spec === undefined) return [{ role: 'stable', hash, weight: 100 }]
  const named = spec.backends.toSorted((a, b) => ORDER[a.role] - ORDER[b.role])
  return named.some(backend => backend.hash === hash) ? named : [...named, { role: 'retiring', hash, weight: 0 }]
}

const planVersion = (
  { role, hash, weight }: Share,
  pod: SidecarPod,
  port: SidecarPort,
  table: SidecarTable | undefined,
): VersionPlan => {
  const isOwn = hash === pod.hash
  const own: readonly Address[] = isOwn ? [{ host: pod.ip, port: port.app, own: true }] : []
  const others = (table?.endpoints[hash]?.[port.name] ?? []).filter(({ host }) => host !== pod.ip)
  return {
    role,
    hash,
    weight,
    ...(isOwn && { own: true as const }),
    ready: own.length + others.length,
    addresses: { [port.name]: [...own, ...others] },
  }
}

const planPort = (pod: SidecarPod, port: SidecarPort, table: SidecarTable | undefined): RoutePlan => {
  const route = routeOf(table, port.name)
  const versions = sharesOf(route?.spec, pod.hash).map(share => planVersion(share, pod, port, table))
  return {
    key: portKey(port.name),
    namespace: pod.namespace,
    name: route?.spec.service ?? port.name,
    deployment: pod.deployment,
    version: route?.spec.version ?? 0,
    endpoints: 'ready',
    // What nobody has said to be HTTP is passed through as it is: a server may speak first.
    ports: [{ name: port.name, port: port.app, listenPort: port.outer, protocol: table?.ports[port.name] ?? 'tcp' }],
    versions,
    headerRoutes: compileHeaderRoutes(route?.spec.headerRoutes),
    mirrorRoutes: compileMirrorRoutes(route?.spec.mirrorRoutes),
    ...(route?.spec.sticky && { sticky: route.spec.sticky }),
    cookieOf: route?.key ?? '',
    ...(route?.spec.timeouts && { timeouts: route.spec.timeouts }),
    looksAt: looksAt(route?.spec ?? {}),
    salt: (versions.find(({ role }) => role === 'canary') ?? versions[0])?.hash ?? '',
  }
}

/** `table` is absent until the controller has pushed one: each pod then serves its own app. */
export const buildSidecarTable = (pod: SidecarPod, table: SidecarTable | undefined): Table => {
  const plans = pod.ports.map(port => planPort(pod, port, table))
  return { accepted: new Map(), routes: new Map(plans.map(plan => [plan.key, plan])) }
}
