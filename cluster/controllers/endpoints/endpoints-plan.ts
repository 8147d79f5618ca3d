/** The native Endpoints controller as a function. Rules: pkg/controller/endpoint/endpoints_controller.go. */
import { isDeepStrictEqual } from 'node:util'
import type { Endpoints, Labels, Pod, Service } from '../../../api/kubernetes.ts'
import { isReady } from '../replica-set/pods.ts'
import { findPort, hasSelector, isEndpoint, isHeadless, selectedPods } from './service-pods.ts'
import { HEADLESS_LABEL } from './slice-plan.ts'

export const MANAGED_BY_ENDPOINTS = 'endpoints.kubernetes.io/managed-by'

export type EndpointAddress = {
  readonly ip: string
  readonly nodeName?: string
  readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string; readonly uid?: string }
}
export type EndpointsPort = {
  readonly name?: string
  readonly port: number
  readonly protocol?: string
  readonly appProtocol?: string
}
export type EndpointSubset = {
  readonly addresses?: readonly EndpointAddress[]
  readonly notReadyAddresses?: readonly EndpointAddress[]
  readonly ports?: readonly EndpointsPort[]
}

export type EndpointsContent = { readonly labels: Labels; readonly subsets: readonly EndpointSubset[] }

/**
 * What the Endpoints object of a Service has to hold, or `undefined` when it is to be left alone: it is right already, or the Service
 * has no selector or is of type ExternalName. The Service's labels replace those of the object, which is how skip-mirror gets there.
 */
export function planEndpoints(
  service: Service,
  pods: readonly Pod[],
  current: Endpoints | undefined,
): EndpointsContent | undefined {
  if (!hasSelector(service) || service.spec.type === 'ExternalName') return undefined
  const content = { labels: endpointsLabels(service), subsets: renderSubsets(service, pods) }
  const right =
    current &&
    isDeepStrictEqual(current.subsets ?? [], content.subsets) &&
    isDeepStrictEqual(current.metadata.labels ?? {}, content.labels)
  return right ? undefined : content
}

function endpointsLabels(service: Service): Labels {
  const { [HEADLESS_LABEL]: _headless, ...own } = service.metadata.labels ?? {}
  return { ...own, ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}), [MANAGED_BY_ENDPOINTS]: 'endpoint-controller' }
}

/** One subset for each set of ports; terminating pods are in it only where not-ready addresses are published. */
function renderSubsets(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const always = service.spec.publishNotReadyAddresses === true
  const members = selectedPods(service, pods)
    .filter(pod => isEndpoint(pod, always))
    .map(pod => ({ address: renderAddress(pod), ready: always || isReady(pod), ports: portsOf(service, pod) }))
    .filter(({ ports }) => ports.length > 0 || isHeadless(service))
  const groups = Map.groupBy(members, member => JSON.stringify(member.ports))
  return [...groups.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => {
      const ready = sorted(group.filter(member => member.ready).map(member => member.address))
      const notReady = sorted(group.filter(member => !member.ready).map(member => member.address))
      const ports = group[0]?.ports ?? []
      return {
        ...(ready.length > 0 ? { addresses: ready } : {}),
        ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
        ...(ports.length > 0 ? { ports } : {}),
      }
    })
}

const sorted = (addresses: readonly EndpointAddress[]): readonly EndpointAddress[] =>
  addresses.toSorted((a, b) => (a.ip < b.ip ? -1 : 1))

function renderAddress(pod: Pod): EndpointAddress {
  const { name, namespace, uid } = pod.metadata
  return {
    ip: pod.status?.podIP ?? '',
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, ...(uid === undefined ? {} : { uid }) },
  }
}

function portsOf(service: Service, pod: Pod): readonly EndpointsPort[] {
  return (service.spec.ports ?? []).flatMap(servicePort => {
    const port = findPort(pod, servicePort)
    if (port === undefined) return []
    const { name, protocol = 'TCP', appProtocol } = servicePort
    return [{ ...(name ? { name } : {}), port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }]
  })
}
