/**
 * The native EndpointSliceMirroring controller as a function: the Endpoints object of a Service without selector also counts as slices.
 * Rules: pkg/controller/endpointslicemirroring.
 */
import type { Endpoint, EndpointSlice, Endpoints, Service } from '../../../api/kubernetes.ts'
import { MANAGED_BY_SLICE, MIRRORING_SLICE_CONTROLLER, SERVICE_NAME, SKIP_MIRROR } from '../../../api/names.ts'
import type { EndpointAddress, EndpointSubset } from './endpoints-plan.ts'
import { hasSelector } from './service-pods.ts'
import type { SliceContent, SlicePlan } from './slice-plan.ts'
import { packContents } from './slice-plan.ts'

const LEADER = 'control-plane.alpha.kubernetes.io/leader'

/** `slices` are the Service's slices with this controller's managed-by label; all go when the Service has a selector or skip-mirror is set. */
export function planMirror(
  endpoints: Endpoints | undefined,
  service: Service | undefined,
  slices: readonly EndpointSlice[],
): SlicePlan {
  if (!endpoints || !service || hasSelector(service) || !mayMirror(endpoints)) return { create: [], update: [], delete: slices }
  const { [SERVICE_NAME]: _name, ...own } = endpoints.metadata.labels ?? {}
  const labels = { ...own, [SERVICE_NAME]: endpoints.metadata.name, [MANAGED_BY_SLICE]: MIRRORING_SLICE_CONTROLLER }
  const contents = (endpoints.subsets ?? []).flatMap((subset): SliceContent[] => {
    const { addresses = [], notReadyAddresses = [], ports = [] } = subset as EndpointSubset
    const members = [
      ...addresses.map(address => mirrored(address, true)),
      ...notReadyAddresses.map(address => mirrored(address, false)),
    ]
    if (members.length === 0) return []
    return [{ addressType: 'IPv4', labels, endpoints: members, ports: ports.map(port => ({ ...port, name: port.name ?? '' })) }]
  })
  return packContents(contents, slices)
}

const mayMirror = (endpoints: Endpoints): boolean =>
  endpoints.metadata.labels?.[SKIP_MIRROR] !== 'true' && endpoints.metadata.annotations?.[LEADER] === undefined

function mirrored(address: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [address.ip],
    conditions: { ready },
    ...(address.nodeName === undefined ? {} : { nodeName: address.nodeName }),
    ...(address.targetRef === undefined ? {} : { targetRef: address.targetRef }),
  }
}
