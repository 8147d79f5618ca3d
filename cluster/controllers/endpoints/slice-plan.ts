/** The native EndpointSlice controller as a function. Rules: k8s.io/endpointslice v0.34 reconciler.go and utils.go. */
import { isDeepStrictEqual } from 'node:util'
import type { Endpoint, EndpointSlice, KubeObject, Labels, Pod, Service } from '../../../api/kubernetes.ts'
import { MANAGED_BY_SLICE, NATIVE_SLICE_CONTROLLER, SERVICE_NAME } from '../../../api/names.ts'
import { controllerRef, controllerRefOf } from '../claims.ts'
import { isReady, isTerminating } from '../replica-set/pods.ts'
import { findPort, hasSelector, isEndpoint, isHeadless, selectedPods } from './service-pods.ts'

export const MAX_ENDPOINTS = 100
export const HEADLESS_LABEL = 'service.kubernetes.io/headless'

type SlicePorts = NonNullable<EndpointSlice['ports']>
export type SliceContent = Pick<EndpointSlice, 'addressType' | 'endpoints' | 'ports'> & { readonly labels: Labels }

/** Carried out in this order: create, update, delete, so that a change of selector or ports never leaves a moment without endpoints. */
export type SlicePlan = {
  readonly create: readonly SliceContent[]
  readonly update: readonly { readonly slice: EndpointSlice; readonly content: SliceContent }[]
  readonly delete: readonly EndpointSlice[]
}

export const NO_SLICE_CHANGES: SlicePlan = { create: [], update: [], delete: [] }

/**
 * What to do to a Service's native slices. `slices` are those of the Service with this controller's managed-by label. A Service without selector
 * or of type ExternalName gets nothing, and slices made for it before are left as they are.
 */
export function planSlices(service: Service, pods: readonly Pod[], slices: readonly EndpointSlice[]): SlicePlan {
  if (!hasSelector(service) || service.spec.type === 'ExternalName') return NO_SLICE_CHANGES
  const labels = sliceLabels(service)
  const mine = slices.filter(slice => controllerRefOf(slice)?.uid === service.metadata.uid)
  const groups = groupByPorts(service, pods)
  const drafts: (SliceDraft & { readonly content: SliceContent })[] = [...groups.values()].flatMap(({ ports, endpoints }) =>
    packGroup(
      endpoints,
      mine.filter(slice => portsKey(slice.ports ?? []) === portsKey(ports)),
    ).map(draft => ({ ...draft, content: { addressType: 'IPv4', labels, ports, endpoints: draft.endpoints } })),
  )
  if (drafts.length === 0) drafts.push(placeholder(labels, mine))
  return reuse(drafts, slices)
}

/** A plan that leaves exactly `contents`, each in the slice that has its ports already where there is one. */
export function packContents(contents: readonly SliceContent[], slices: readonly EndpointSlice[]): SlicePlan {
  const free = [...slices]
  const drafts = contents.map(content => {
    const at = free.findIndex(slice => portsKey(slice.ports ?? []) === portsKey(content.ports ?? []))
    return { slice: at < 0 ? undefined : free.splice(at, 1)[0], endpoints: content.endpoints ?? [], content }
  })
  return reuse(drafts, slices)
}

type SliceDraft = { readonly slice: EndpointSlice | undefined; readonly endpoints: readonly Endpoint[] }

/** A Service without endpoints keeps one slice without ports, as a sign that the controller was here. */
function placeholder(labels: Labels, mine: readonly EndpointSlice[]): SliceDraft & { readonly content: SliceContent } {
  const slice = mine.find(candidate => (candidate.ports ?? []).length === 0)
  return { slice, endpoints: [], content: { addressType: 'IPv4', labels, ports: [], endpoints: [] } }
}

/** Slices that nothing wants any more are rewritten into wanted new ones before a slice is created or deleted. */
function reuse(
  drafts: readonly (SliceDraft & { readonly content: SliceContent })[],
  slices: readonly EndpointSlice[],
): SlicePlan {
  const kept = new Set(drafts.map(draft => draft.slice))
  const spare = slices.filter(slice => !kept.has(slice))
  const placed = drafts.map(draft => ({ slice: draft.slice ?? spare.shift(), content: draft.content }))
  return {
    create: placed.filter(({ slice }) => slice === undefined).map(({ content }) => content),
    update: placed.flatMap(({ slice, content }) => (slice && !sameContent(slice, content) ? [{ slice, content }] : [])),
    delete: spare,
  }
}

/** Endpoints stay in the slice they are in; new ones fill up what has room, then new slices of at most 100. */
function packGroup(endpoints: readonly Endpoint[], existing: readonly EndpointSlice[]): readonly SliceDraft[] {
  const wanted = new Map(endpoints.map(endpoint => [endpointKey(endpoint), endpoint]))
  const packed = existing.map(slice => {
    const staying = (slice.endpoints ?? []).flatMap(endpoint => take(wanted, endpointKey(endpoint)))
    return { slice: slice as EndpointSlice | undefined, endpoints: staying }
  })
  const waiting = [...wanted.values()]
  for (const draft of packed) draft.endpoints.push(...waiting.splice(0, MAX_ENDPOINTS - draft.endpoints.length))
  while (waiting.length > 0) packed.push({ slice: undefined, endpoints: waiting.splice(0, MAX_ENDPOINTS) })
  return packed.filter(draft => draft.endpoints.length > 0)
}

function take(wanted: Map<string, Endpoint>, key: string): Endpoint[] {
  const endpoint = wanted.get(key)
  wanted.delete(key)
  return endpoint ? [endpoint] : []
}

const endpointKey = (endpoint: Endpoint): string => `${endpoint.addresses.join()} ${endpoint.targetRef?.uid ?? ''}`

function groupByPorts(
  service: Service,
  pods: readonly Pod[],
): Map<string, { readonly ports: SlicePorts; readonly endpoints: Endpoint[] }> {
  const groups = new Map<string, { readonly ports: SlicePorts; readonly endpoints: Endpoint[] }>()
  for (const pod of selectedPods(service, pods)) {
    if (!isEndpoint(pod, true)) continue
    const ports = slicePorts(service, pod)
    const key = portsKey(ports)
    const group = groups.get(key) ?? { ports, endpoints: [] }
    group.endpoints.push(renderEndpoint(service, pod))
    groups.set(key, group)
  }
  return groups
}

function slicePorts(service: Service, pod: Pod): SlicePorts {
  return (service.spec.ports ?? []).flatMap(servicePort => {
    const port = findPort(pod, servicePort)
    if (port === undefined) return []
    const { appProtocol } = servicePort
    return [
      {
        name: servicePort.name ?? '',
        port,
        protocol: servicePort.protocol ?? 'TCP',
        ...(appProtocol === undefined ? {} : { appProtocol }),
      },
    ]
  })
}

const portsKey = (ports: SlicePorts): string =>
  JSON.stringify(
    ports
      .map(({ name, port, protocol, appProtocol }) => [name ?? '', port ?? null, protocol ?? 'TCP', appProtocol ?? null])
      .toSorted(),
  )

/** `ready` is never true for a terminating pod, unless the Service publishes not-ready addresses; `serving` says what the probe says. */
function renderEndpoint(service: Service, pod: Pod): Endpoint {
  const serving = isReady(pod)
  const terminating = isTerminating(pod)
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating)
  const { name, namespace, uid } = pod.metadata
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving, terminating },
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', name, ...(namespace === undefined ? {} : { namespace }), ...(uid === undefined ? {} : { uid }) },
  }
}

/** The Service's labels and the reserved ones. */
function sliceLabels(service: Service): Labels {
  const { [SERVICE_NAME]: _name, [MANAGED_BY_SLICE]: _by, [HEADLESS_LABEL]: _headless, ...own } = service.metadata.labels ?? {}
  return {
    ...own,
    ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
    [SERVICE_NAME]: service.metadata.name,
    [MANAGED_BY_SLICE]: NATIVE_SLICE_CONTROLLER,
  }
}

function sameContent(slice: EndpointSlice, content: SliceContent): boolean {
  return (
    slice.addressType === content.addressType &&
    isDeepStrictEqual(slice.endpoints ?? [], content.endpoints ?? []) &&
    isDeepStrictEqual(slice.ports ?? [], content.ports ?? []) &&
    isDeepStrictEqual(slice.metadata.labels ?? {}, content.labels)
  )
}

/** A new slice for the content, owned by `owner` (the Service, or the Endpoints object it mirrors). */
export function renderSlice(owner: KubeObject, name: string, content: SliceContent): EndpointSlice {
  const { labels, ...rest } = content
  const { namespace } = owner.metadata
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      generateName: `${owner.metadata.name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      ownerReferences: [controllerRef(owner)],
    },
    ...rest,
  }
}
