/** Routes, EndpointSlices and pods for tests. */
import type { Endpoint, EndpointSlice, Pod } from '../../api/kubernetes.ts'
import { MANAGED_BY_SLICE, NATIVE_SLICE_CONTROLLER, ROUTER_APP_LABEL, SERVICE_NAME } from '../../api/names.ts'
import type { Route, RouteSpec } from '../../api/route.ts'

export const NAMESPACE = 'shop'

/** A Route `shop/web` with one port `http` and a stable version `v1`, its private Service `web-v1`. */
export const aRoute = (spec: Partial<RouteSpec> = {}, name = 'web'): Route => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Route',
  metadata: {
    name,
    namespace: NAMESPACE,
    ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid: `${name}-uid` }],
  },
  spec: {
    service: name,
    deployment: name,
    version: 1,
    endpoints: 'ready',
    ports: [{ name: 'http', port: 80, listenPort: 20001, protocol: 'http' }],
    backends: [{ role: 'stable', hash: 'v1', service: `${name}-v1`, weight: 100 }],
    ...spec,
  },
})

/** Backends `v1` (stable) and `v2` (canary) of the Route `name`. */
export const canaryAt = (weight: number, name = 'web'): RouteSpec['backends'] => [
  { role: 'stable', hash: 'v1', service: `${name}-v1`, weight: 100 - weight },
  { role: 'canary', hash: 'v2', service: `${name}-v2`, weight },
]

export const anEndpoint = (
  address: string,
  conditions: NonNullable<Endpoint['conditions']> = { ready: true, serving: true, terminating: false },
): Endpoint => ({
  addresses: [address],
  conditions,
})

/** A slice of `service` whose port `http` is `port`. */
export const aSlice = (
  service: string,
  endpoints: readonly Endpoint[],
  { port = 8080, portName = 'http', suffix = 'abc' } = {},
): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: `${service}-${suffix}`,
    namespace: NAMESPACE,
    labels: { [SERVICE_NAME]: service, [MANAGED_BY_SLICE]: NATIVE_SLICE_CONTROLLER, 'sluice.dev/service': 'web' },
  },
  addressType: 'IPv4',
  endpoints,
  ports: [{ name: portName, port, protocol: 'TCP' }],
})

export const aRouterPod = (name: string, ip: string, { ready = true, deleted = false } = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'sluice-system',
    uid: `${name}-uid`,
    labels: { ...ROUTER_APP_LABEL },
    ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  },
  spec: { containers: [{ name: 'router' }], nodeName: 'node-1' },
  status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
})
