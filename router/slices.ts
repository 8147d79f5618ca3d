/**
 * The EndpointSlices of a Service that is fronted by the routers. Pure. kube-proxy merges all slices of a Service by the name
 * of the port; it sends to ready endpoints and, when there are none, to those that serve while terminating. So three kinds say
 * all there is to say:
 * - `router`: the routers, on the port where they listen for this Service;
 * - `fail-open`: the pods of stable, marked as terminating: they get traffic only while no router is ready;
 * - `pass-through`: the pods of stable as they are, for ports that do not go through the routers.
 */
import type { Endpoint, EndpointSlice, ObjectMeta, OwnerReference, Pod } from '../api/kubernetes.ts'
import { listensOn } from '../api/listens-on.ts'
import { MANAGED_BY_SLICE, PREFIX, SERVICE_NAME, SLICE_ROLE, SLUICE_SLICE_CONTROLLER } from '../api/names.ts'
import type { Route, RouterEndpoints } from '../api/route.ts'
import { isReady } from './endpoints.ts'

export type SliceRole = 'router' | 'fail-open' | 'pass-through'

/** On each slice: the version of the Route that it renders. */
export const ROUTE_VERSION = `${PREFIX}route-version`

const SERVES = { ready: true, serving: true, terminating: false } as const
/** What kube-proxy falls back to when nothing is ready. */
const LAST_RESORT = { ready: false, serving: true, terminating: true } as const

type SlicePorts = NonNullable<EndpointSlice['ports']>
type Content = Pick<EndpointSlice, 'addressType'> & { readonly endpoints: readonly Endpoint[]; readonly ports: SlicePorts }

/**
 * The slices that the Route asks for; none when its `endpoints` is `none`. `stableSlices` are those of the private Service of
 * the pods that take over when all routers are gone (see failOpenService()). Names are steady, so that what is rendered twice
 * is written once.
 */
export const renderSlices = (
  route: Route,
  routerPods: readonly Pod[],
  stableSlices: readonly EndpointSlice[],
): readonly EndpointSlice[] => {
  if (route.spec.endpoints === 'none') return []
  const stable = stableSlices.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  return [
    ...named(route, 'router', renderRouters(route, routerPods, stable)),
    ...named(route, 'fail-open', renderFailOpen(route, stable)),
    ...((route.spec.passThrough ?? []).length > 0 ? named(route, 'pass-through', renderPassThrough(route, stable)) : []),
  ]
}

/**
 * The private Service whose pods take over when no router is left: stable's, unless stable has no pod any more and another
 * version has all the traffic already (the end of a promotion). `hasPods` says whether a private Service has a ready pod.
 */
export const failOpenService = ({ spec }: Route, hasPods: (service: string) => boolean): string | undefined => {
  const stable = spec.backends.find(({ role }) => role === 'stable')?.service
  if (stable !== undefined && hasPods(stable)) return stable
  return spec.backends.find(({ service, weight }) => weight === 100 && hasPods(service))?.service ?? stable
}

const renderRouters = ({ spec }: Route, pods: readonly Pod[], stable: readonly EndpointSlice[]): readonly Content[] => {
  const ports = spec.ports.map(({ name = '', listenPort }) => ({ name, port: listenPort, protocol: 'TCP' }))
  const usable = pods.filter(takesTraffic).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const endpoints = usable.flatMap(pod =>
    listensOn(pod).map(address => ({ family: familyOf(address), endpoint: renderRouter(pod, address, spec.endpoints) })),
  )
  // One slice holds one family; the first stands even when it is empty, as the sign that the Route is rendered.
  const found = [...new Set(endpoints.map(({ family }) => family))]
  // Of the families in which routers listen, those that the Service has: the native controller makes slices for no others.
  const shared = found.filter(family => stable.some(({ addressType }) => addressType === family))
  const families = shared.length > 0 ? shared : found
  return (families.length > 0 ? families : (['IPv4'] as const)).map(addressType => ({
    addressType,
    ports,
    endpoints: endpoints.filter(({ family }) => family === addressType).map(({ endpoint }) => endpoint),
  }))
}

/** A router is Ready only when it listens for every Route that it knows (see router.ts). */
export const takesTraffic = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  status?.podIP !== undefined &&
  status.podIP !== '' &&
  status.phase === 'Running' &&
  (status.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True')

const renderRouter = ({ metadata, spec }: Pod, address: string, endpoints: RouterEndpoints): Endpoint => ({
  addresses: [address],
  conditions: endpoints === 'ready' ? SERVES : LAST_RESORT,
  ...(spec.nodeName ? { nodeName: spec.nodeName } : {}),
  targetRef: {
    kind: 'Pod',
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    ...(metadata.uid ? { uid: metadata.uid } : {}),
  },
})

const renderFailOpen = ({ spec }: Route, stable: readonly EndpointSlice[]): readonly Content[] => {
  const routed = new Set(spec.ports.map(({ name = '' }) => name))
  const contents = stable.map(({ addressType, endpoints, ports }) => ({
    addressType,
    ports: portsOf(ports, routed),
    endpoints: (endpoints ?? []).filter(isReady).map(endpoint => ({ ...endpointOf(endpoint), conditions: LAST_RESORT })),
  }))
  return contents.length > 0 ? contents : [{ addressType: 'IPv4', ports: [], endpoints: [] }]
}

const renderPassThrough = ({ spec }: Route, stable: readonly EndpointSlice[]): readonly Content[] => {
  const passed = new Set((spec.passThrough ?? []).map(({ name = '' }) => name))
  return stable.map(({ addressType, endpoints, ports }) => ({
    addressType,
    ports: portsOf(ports, passed),
    endpoints: (endpoints ?? []).map(endpointOf),
  }))
}

const portsOf = (ports: EndpointSlice['ports'], names: ReadonlySet<string>): SlicePorts =>
  (ports ?? [])
    .filter(({ name }) => names.has(name ?? ''))
    .map(({ name, port, protocol, appProtocol }) => ({
      name: name ?? '',
      ...(port ? { port } : {}),
      protocol: protocol ?? 'TCP',
      ...(appProtocol ? { appProtocol } : {}),
    }))

/** All but the hints: they are of use only when every endpoint of the Service has them. */
const endpointOf = ({ addresses, conditions, nodeName, zone, targetRef }: Endpoint): Endpoint => ({
  addresses,
  ...(conditions ? { conditions } : {}),
  ...(nodeName ? { nodeName } : {}),
  ...(zone ? { zone } : {}),
  ...(targetRef ? { targetRef } : {}),
})

const familyOf = (address: string): 'IPv4' | 'IPv6' => (address.includes(':') ? 'IPv6' : 'IPv4')

const named = (route: Route, role: SliceRole, contents: readonly Content[]): readonly EndpointSlice[] =>
  contents.map((content, i) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: renderMetadata(route, role, i),
    ...content,
  }))

const renderMetadata = ({ metadata, spec }: Route, role: SliceRole, index: number): ObjectMeta => ({
  name: `${spec.service}-sluice-${role}${index === 0 ? '' : `-${index + 1}`}`,
  namespace: metadata.namespace ?? '',
  labels: { [SERVICE_NAME]: spec.service, [MANAGED_BY_SLICE]: SLUICE_SLICE_CONTROLLER, [SLICE_ROLE]: role },
  annotations: { [ROUTE_VERSION]: String(spec.version) },
  ownerReferences: (metadata.ownerReferences ?? []).filter(({ kind }) => kind === 'Service').map(ownerOf),
})

/** The Service owns the Route as its controller; of the slices it is an owner like any other. */
const ownerOf = ({ apiVersion, kind, name, uid }: OwnerReference): OwnerReference => ({ apiVersion, kind, name, uid })

export type SliceChange =
  | { readonly do: 'create'; readonly slice: EndpointSlice }
  | { readonly do: 'patch'; readonly slice: EndpointSlice; readonly body: object }
  | { readonly do: 'delete'; readonly slice: EndpointSlice }

/**
 * What must be written so that `existing` (all of ours for one Service) becomes `wanted`, what is new first. `addressType`
 * cannot be changed: such a slice is made anew.
 */
export const planSlices = (wanted: readonly EndpointSlice[], existing: readonly EndpointSlice[]): readonly SliceChange[] => {
  const left = new Map(existing.map(slice => [slice.metadata.name, slice]))
  const changes: SliceChange[] = []
  for (const slice of wanted) {
    const before = left.get(slice.metadata.name)
    if (before && before.addressType !== slice.addressType) changes.push({ do: 'delete', slice: before })
    left.delete(slice.metadata.name)
    if (!before || before.addressType !== slice.addressType) changes.push({ do: 'create', slice })
    else if (!sameSlice(slice, before)) changes.push({ do: 'patch', slice, body: patchOf(slice) })
  }
  // The way through the routers goes last.
  const gone = [...left.values()].toSorted((a, b) => Number(isRouterSlice(a)) - Number(isRouterSlice(b)))
  return [...changes, ...gone.map(slice => ({ do: 'delete', slice }) as const)]
}

const isRouterSlice = ({ metadata }: EndpointSlice): boolean => metadata.labels?.[SLICE_ROLE] === 'router'

const patchOf = ({ metadata: { labels, annotations, ownerReferences }, endpoints, ports }: EndpointSlice): object => ({
  metadata: { labels, annotations, ownerReferences },
  endpoints,
  ports,
})

const sameSlice = (wanted: EndpointSlice, before: EndpointSlice): boolean =>
  canonical(patchOf(wanted)) === canonical(patchOf({ ...before, metadata: { ...before.metadata, ...ourKeys(wanted, before) } }))

/** Labels and annotations that others have added are theirs. */
const ourKeys = ({ metadata }: EndpointSlice, before: EndpointSlice) => ({
  labels: pick(before.metadata.labels, metadata.labels),
  annotations: pick(before.metadata.annotations, metadata.annotations),
})

const pick = (from: ObjectMeta['labels'] = {}, keys: ObjectMeta['labels'] = {}) =>
  Object.fromEntries(Object.keys(keys).flatMap(key => (from[key] === undefined ? [] : [[key, from[key]]])))

/** The same text for what the API server takes as the same: without nulls, empty lists and empty strings, keys in order. */
const canonical = (value: unknown): string => JSON.stringify(tidy(value)) ?? ''

const tidy = (value: unknown): unknown => {
  if (value === null || value === '') return undefined
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(tidy)
  if (typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, one]) => [key, tidy(one)] as const)
      .filter(([, one]) => one !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}
