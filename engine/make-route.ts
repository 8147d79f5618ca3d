/** The Route of a fronted Service: who gets which share, on which listening ports. */
import type { OwnerReference, Service, ServicePort } from '../api/kubernetes.ts'
import { FRONTED_SERVICE_LABEL } from '../api/names.ts'
import { readPart } from '../api/request-part.ts'
import type { RolloutRouteMatch, RolloutStringMatch, SluiceRouterConfig } from '../api/rollout.ts'
import type {
  Backend,
  HeaderRoute,
  MirrorRoute,
  Route,
  RouteMatch,
  RoutePort,
  RouteSpec,
  RouteTimeouts,
  Sticky,
  StringMatch,
} from '../api/route.ts'
import { privateServiceName } from '../api/service-mode.ts'
import { type Timeouts, timeoutMs } from '../api/timeouts.ts'
import type { HeaderStep, MirrorStep } from './desired.ts'
import type { ServiceSeen } from './seen.ts'
import type { Weights } from './weights.ts'

const FIRST_PORT = 20000
const PORTS = 10000

const portSeed = (text: string): number => {
  let hash = 2166136261
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619) >>> 0
  return hash % PORTS
}

/** A free listening port from 20000 to 29999: always the same for a Service port, unless another Route has it. Undefined when all are taken. */
export const choosePort = (key: string, taken: ReadonlySet<number>): number | undefined => {
  const seed = portSeed(key)
  for (let i = 0; i < PORTS; i += 1) {
    const port = FIRST_PORT + ((seed + i) % PORTS)
    if (!taken.has(port)) return port
  }
  return undefined
}

export const isTcp = (port: ServicePort): boolean => (port.protocol ?? 'TCP') === 'TCP'

const OPAQUE = /^(https|tls|tcp|ssl|mysql|postgres|postgresql|redis|mongo|mongodb|kafka|amqp)(-|$)/

/** `tcp` where the Service says that the port carries no HTTP in the clear; everywhere else the router looks at the first bytes. */
export const protocolOf = ({ appProtocol, name }: ServicePort): RoutePort['protocol'] =>
  OPAQUE.test((appProtocol ?? name ?? '').toLowerCase().replace(/^kubernetes\.io\//, '')) ? 'tcp' : 'http'

export type Ports = {
  /** Listening ports of all Routes, and those that were given back a moment ago. */
  readonly taken: ReadonlySet<number>
  /** Listening ports that two Routes chose at the same moment: the routers refuse one of the two. */
  readonly contested: ReadonlySet<number>
}

/** The listening port that a Route keeps: its own, unless another Route has it too and no client was led to this one yet. */
const keptPort = ({ route }: ServiceSeen, port: number, contested: ReadonlySet<number>): number | undefined => {
  const kept = route?.spec.ports.find(known => known.port === port)?.listenPort
  return kept !== undefined && contested.has(kept) && route?.spec.endpoints === 'none' ? undefined : kept
}

/** The Service's TCP ports with a listening port each; ports that the Route has already stay. */
export const makePorts = (seen: ServiceSeen, { taken, contested }: Ports): readonly RoutePort[] => {
  const mine = new Set(taken)
  const { metadata, spec } = seen.service
  return (spec.ports ?? []).filter(isTcp).flatMap(port => {
    const key = `${metadata.namespace}/${metadata.name}/${port.port}`
    const own = seen.route?.spec.ports.find(known => known.port === port.port)?.listenPort
    // The port that was contested is part of the key then, so that both do not move to the same next one.
    const listenPort = keptPort(seen, port.port, contested) ?? choosePort(own === undefined ? key : `${key}/${own}`, mine)
    if (listenPort === undefined) return []
    mine.add(listenPort)
    return [{ ...(port.name !== undefined && { name: port.name }), port: port.port, listenPort, protocol: protocolOf(port) }]
  })
}

export type BackendVersion = { readonly role: Backend['role']; readonly hash: string }

export const makeBackends = (service: string, versions: readonly BackendVersion[], weights: Weights): readonly Backend[] =>
  versions.map(({ role, hash }) => ({ role, hash, service: privateServiceName(service, hash), weight: weights[hash] ?? 0 }))

const stringMatch = (match: RolloutStringMatch): StringMatch => {
  if (match.exact !== undefined) return { exact: match.exact }
  return match.prefix !== undefined ? { prefix: match.prefix } : { regex: match.regex ?? '.*' }
}

const PART_FIELDS = { header: 'headers', cookie: 'cookies', query: 'queryParams' } as const

/** Headers, cookies and query parameters by the names that steps give them. */
const partMatch = (wishes: readonly (readonly [string, RolloutStringMatch])[]): RouteMatch => {
  const parts = wishes.map(([text, value]) => ({ part: readPart(text), value: stringMatch(value) }))
  return Object.fromEntries(
    Object.entries(PART_FIELDS).flatMap(([of, field]) => {
      const own = parts.filter(({ part }) => part.of === of).map(({ part, value }) => ({ name: part.name, value }))
      return own.length > 0 ? [[field, own]] : []
    }),
  )
}

export const makeHeaderRoutes = (steps: readonly HeaderStep[], hash: string): readonly HeaderRoute[] =>
  steps.map(({ name, match = [] }) => ({
    name,
    hash,
    match: match.map(({ headerName, headerValue }) => partMatch([[headerName, headerValue]])),
  }))

const routeMatch = ({ method, path, headers }: RolloutRouteMatch): RouteMatch => ({
  ...(method && { method: stringMatch(method) }),
  ...(path && { path: stringMatch(path) }),
  ...partMatch(Object.entries(headers ?? {})),
})

export const makeMirrorRoutes = (steps: readonly MirrorStep[], hash: string): readonly MirrorRoute[] =>
  steps.map(({ name, match = [], percentage = 100 }) => ({ name, hash, percent: percentage, match: match.map(routeMatch) }))

export const makeSticky = (sticky: SluiceRouterConfig['sticky']): Sticky | undefined => {
  if (sticky === undefined) return undefined
  return typeof sticky === 'string' ? { by: sticky } : { by: 'header', header: sticky.header }
}

/** What cannot be read is left to the routers' flags: the annotation was checked, a hand-written Rollout may be wrong. */
export const makeTimeouts = ({ connect, response, idle }: Timeouts = {}): RouteTimeouts | undefined => {
  const [connectMs, responseMs, idleMs] = [connect, response, idle].map(text =>
    text === undefined ? undefined : timeoutMs(text),
  )
  const made = {
    ...(connectMs && { connectMs }),
    ...(responseMs !== undefined && { responseMs }),
    ...(idleMs !== undefined && { idleMs }),
  }
  return Object.keys(made).length > 0 ? made : undefined
}

/** Everything of a Route's spec but its version, ports and how the routers appear among the endpoints. */
export type RouteWish = Pick<RouteSpec, 'backends' | 'headerRoutes' | 'mirrorRoutes' | 'sticky' | 'affinity' | 'timeouts'>

export const makeRouteSpec = (
  seen: ServiceSeen,
  deployment: string,
  wish: RouteWish & Pick<RouteSpec, 'endpoints' | 'ports'>,
): RouteSpec => {
  const passThrough = (seen.service.spec.ports ?? [])
    .filter(port => !isTcp(port))
    .map(({ name, port, protocol = 'TCP' }) => ({ ...(name !== undefined && { name }), port, protocol }))
  return {
    service: seen.service.metadata.name,
    deployment,
    version: seen.route?.spec.version ?? 1,
    ...(passThrough.length > 0 && { passThrough }),
    ...wish,
  }
}

const ownerService = ({ metadata }: Service): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'Service',
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
})

export const makeRoute = (service: Service, spec: RouteSpec): Route => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Route',
  metadata: {
    name: service.metadata.name,
    ...(service.metadata.namespace !== undefined && { namespace: service.metadata.namespace }),
    labels: { [FRONTED_SERVICE_LABEL]: service.metadata.name },
    ownerReferences: [ownerService(service)],
  },
  spec,
})

export { ownerService }
