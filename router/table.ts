/**
 * The routing table: what the Routes and the EndpointSlices of their private Services say, checked and ready to be used. Pure;
 * a new table is built beside the old one and swapped in whole (see serving.ts).
 */
import type { EndpointSlice } from '../api/kubernetes.ts'
import { MIRROR_HEADER } from '../api/names.ts'
import type { Problem } from '../api/problem.ts'
import type { Route, RoutePort, RouterEndpoints, RouteSpec, RouteTimeouts, Sticky } from '../api/route.ts'
import { type Address, countReady, groupByService, usableAddresses } from './endpoints.ts'
import { type CompiledRoute, compileHeaderRoutes } from './match.ts'
import { type CompiledMirror, compileMirrorRoutes } from './mirror/choose.ts'
import { checkRoute } from './route-check.ts'

export type VersionPlan = {
  readonly role: 'stable' | 'canary' | 'retiring' | 'experiment'
  readonly hash: string
  readonly weight: number
  /** The version of the pod that this router is a sidecar of. */
  readonly own?: true
  /** Ready pods. */
  readonly ready: number
  /** Where new requests may go, by name of the Route's port (`''` for an unnamed one). */
  readonly addresses: { readonly [port: string]: readonly Address[] }
}

export type RoutePlan = {
  /** `NAMESPACE/NAME`. */
  readonly key: string
  readonly namespace: string
  readonly name: string
  /** Name of the Deployment whose pods the Service has. */
  readonly deployment: string
  readonly version: number
  readonly endpoints: RouterEndpoints
  readonly ports: readonly RoutePort[]
  /** Stable first, then canary, then retiring, then those of experiments: chooseWeighted() and the fallback rely on it. */
  readonly versions: readonly VersionPlan[]
  readonly headerRoutes: readonly CompiledRoute[]
  readonly mirrorRoutes: readonly CompiledMirror[]
  readonly sticky?: Sticky
  /** Whose sticky cookies it reads and writes: `NAMESPACE/NAME` of the Route. */
  readonly cookieOf: string
  /** How long to wait for pods; the router's own limits where nothing is said. */
  readonly timeouts?: RouteTimeouts
  /** What keeps a client on one pod of a version. */
  readonly affinity?: RouteSpec['affinity']
  /**
   * Names (lower case) of the headers that the choice of a version, or of a copy, goes by; undefined when it goes by nothing
   * of the request at all.
   */
  readonly looksAt: readonly string[] | undefined
  /** What differs between two rollouts of the same Service: the hash of the canary, or of stable when there is none. */
  readonly salt: string
}

export type Table = {
  readonly routes: ReadonlyMap<string, RoutePlan>
  /** The Route as last accepted: used on when a later one is refused. By the same keys as `routes`. */
  readonly accepted: ReadonlyMap<string, Route>
}

export type Refusal = { readonly route: string; readonly version: unknown; readonly problems: readonly Problem[] }

export const EMPTY_TABLE: Table = { routes: new Map(), accepted: new Map() }

/**
 * Routes that are wrong are refused whole: the last accepted one stays in force with its old version, its pods kept current.
 * Two Routes that want the same listenPort: the one that has it keeps it, else the older one gets it, and the other is refused.
 */
export const buildTable = (
  routes: readonly Route[],
  slices: readonly EndpointSlice[],
  previous: Table = EMPTY_TABLE,
): { readonly table: Table; readonly refused: readonly Refusal[] } => {
  const bySlice = groupByService(slices)
  const accepted = new Map<string, Route>()
  const refused: Refusal[] = []
  const holders = new Map<number, string>()
  for (const route of bySeniority(routes, previous)) {
    const key = routeKey(route)
    const problems = [...checkRoute(route)]
    if (problems.length === 0) problems.push(...checkConflicts(route, key, holders))
    const inForce = problems.length === 0 ? route : previous.accepted.get(key)
    if (problems.length > 0) refused.push({ route: key, version: (route.spec as RouteSpec | undefined)?.version, problems })
    if (!inForce) continue
    accepted.set(key, inForce)
    for (const { listenPort } of inForce.spec.ports) holders.set(listenPort, key)
  }
  return {
    table: { accepted, routes: new Map([...accepted].map(([key, route]) => [key, planRoute(key, route, bySlice)])) },
    refused,
  }
}

export const routeKey = ({ metadata }: Route): string => `${metadata.namespace ?? ''}/${metadata.name}`

/** Those with a place in the previous table first, then by age, then by name: the same order on every router. */
const bySeniority = (routes: readonly Route[], previous: Table): readonly Route[] =>
  routes.toSorted((a, b) => {
    const [keyA, keyB] = [routeKey(a), routeKey(b)]
    const known = Number(previous.accepted.has(keyB)) - Number(previous.accepted.has(keyA))
    if (known !== 0) return known
    const [sinceA, sinceB] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '']
    return sinceA < sinceB ? -1 : sinceA > sinceB ? 1 : keyA < keyB ? -1 : 1
  })

const checkConflicts = (route: Route, key: string, holders: ReadonlyMap<number, string>): readonly Problem[] =>
  route.spec.ports.flatMap(({ listenPort }, i) => {
    const holder = holders.get(listenPort)
    return holder && holder !== key
      ? [{ path: `spec.ports[${i}].listenPort`, message: `${listenPort} is taken by the Route ${holder}` }]
      : []
  })

const ORDER = { stable: 0, canary: 1, retiring: 2, experiment: 3 } as const

const planRoute = (key: string, { metadata, spec }: Route, slices: ReadonlyMap<string, readonly EndpointSlice[]>): RoutePlan => {
  const namespace = metadata.namespace ?? ''
  const versions = spec.backends
    .toSorted((a, b) => ORDER[a.role] - ORDER[b.role])
    .map(({ role, hash, weight, service }): VersionPlan => {
      const own = slices.get(`${namespace}/${service}`) ?? []
      const addresses = Object.fromEntries(spec.ports.map(({ name = '' }) => [name, usableAddresses(own, name)]))
      return { role, hash, weight, ready: countReady(own), addresses }
    })
  return {
    key,
    namespace,
    name: metadata.name,
    deployment: spec.deployment,
    version: spec.version,
    endpoints: spec.endpoints,
    ports: spec.ports,
    versions,
    headerRoutes: compileHeaderRoutes(spec.headerRoutes),
    mirrorRoutes: compileMirrorRoutes(spec.mirrorRoutes),
    ...(spec.sticky ? { sticky: spec.sticky } : {}),
    cookieOf: key,
    ...(spec.affinity ? { affinity: spec.affinity } : {}),
    ...(spec.timeouts ? { timeouts: spec.timeouts } : {}),
    looksAt: looksAt(spec),
    salt: (versions.find(({ role }) => role === 'canary') ?? versions[0])?.hash ?? '',
  }
}

/** See RoutePlan. */
export const looksAt = ({
  headerRoutes = [],
  mirrorRoutes = [],
  sticky,
}: Pick<RouteSpec, 'headerRoutes' | 'mirrorRoutes' | 'sticky'>): readonly string[] | undefined => {
  const routes = [...headerRoutes, ...mirrorRoutes]
  if (routes.length === 0 && !sticky) return undefined
  const matched = routes.flatMap(({ match }) =>
    match.flatMap(({ headers = [], cookies = [] }) => [
      ...headers.map(({ name }) => name),
      ...(cookies.length > 0 ? ['cookie'] : []),
    ]),
  )
  const marks = mirrorRoutes.length > 0 ? [MIRROR_HEADER] : []
  return [...new Set([...matched, ...marks, ...(sticky ? stickyHeaders(sticky) : [])].map(name => name.toLowerCase()))]
}

const stickyHeaders = (sticky: Sticky): readonly string[] => {
  if (sticky.by === 'header') return [sticky.header]
  return sticky.by === 'cookie' ? ['cookie', 'x-forwarded-proto'] : ['x-forwarded-for']
}
