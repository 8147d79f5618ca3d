/** The addresses that EndpointSlices hold for one port of a Service. Pure. */
import type { Endpoint, EndpointSlice } from '../api/kubernetes.ts'
import { SERVICE_NAME } from '../api/names.ts'

export type Address = {
  readonly host: string
  readonly port: number
  /** The app of the pod that this router is a sidecar of. Stands first among its version's. */
  readonly own?: true
  readonly zone?: string
  /** Zones whose clients are to be sent here. */
  readonly hints?: readonly string[]
}

export const addressKey = ({ host, port }: Address): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

/**
 * Where new connections may go, by kube-proxy's rule: the ready endpoints; when there are none, those that still serve while
 * terminating. An absent condition `ready` means ready (discovery.k8s.io/v1).
 */
export const usableAddresses = (all: readonly EndpointSlice[], portName: string): readonly Address[] => {
  const slices = oneFamily(all)
  const ready = addressesOf(slices, portName, isReady)
  return ready.length > 0
    ? ready
    : addressesOf(slices, portName, ({ conditions }) => conditions?.serving === true && conditions.terminating === true)
}

export const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready !== false

/** Different addresses of ready endpoints, whatever the port: what a version is said to have. */
export const countReady = (slices: readonly EndpointSlice[]): number =>
  new Set(
    oneFamily(slices).flatMap(({ endpoints }) =>
      (endpoints ?? []).filter(isReady).flatMap(endpoint => endpoint.addresses.slice(0, 1)),
    ),
  ).size

/** In a dual-stack Service each pod stands in a slice of each family, and is one pod: the family that has more of them is used. */
const oneFamily = (slices: readonly EndpointSlice[]): readonly EndpointSlice[] => {
  const of = (type: EndpointSlice['addressType']) => slices.filter(({ addressType }) => addressType === type)
  const [four, six] = [of('IPv4'), of('IPv6')]
  const count = (family: readonly EndpointSlice[]) =>
    family.reduce((sum, { endpoints }) => sum + (endpoints ?? []).filter(isReady).length, 0)
  return count(six) > count(four) ? six : four
}

/** Only the first address of an endpoint is used: all of one endpoint are the same pod (discovery.k8s.io/v1). */
const addressesOf = (
  slices: readonly EndpointSlice[],
  portName: string,
  wanted: (endpoint: Endpoint) => boolean,
): readonly Address[] => {
  const found = new Map<string, Address>()
  for (const { endpoints, ports, addressType } of slices) {
    const port = ports?.find(({ name, protocol }) => (name ?? '') === portName && (protocol ?? 'TCP') === 'TCP')?.port
    if (!port || addressType === 'FQDN') continue
    for (const endpoint of endpoints ?? []) {
      const host = endpoint.addresses[0]
      if (host && wanted(endpoint)) found.set(addressKey({ host, port }), { host, port, ...placeOf(endpoint) })
    }
  }
  return [...found.values()].sort((a, b) => (addressKey(a) < addressKey(b) ? -1 : 1))
}

const placeOf = ({ zone, hints }: Endpoint): Pick<Address, 'zone' | 'hints'> => {
  const zones = (hints?.forZones ?? []).map(({ name }) => name)
  return { ...(zone !== undefined && { zone }), ...(zones.length > 0 && { hints: zones }) }
}

/** By `NAMESPACE/SERVICE`. */
export const groupByService = (slices: readonly EndpointSlice[]): ReadonlyMap<string, readonly EndpointSlice[]> =>
  Map.groupBy(slices, ({ metadata }) => `${metadata.namespace ?? ''}/${metadata.labels?.[SERVICE_NAME] ?? ''}`)
