/** Defaults of Services and their endpoints (Kubernetes: pkg/apis/core/v1/defaults.go, pkg/apis/discovery/v1/defaults.go). */
import { arrayOf, childOf, childrenOf, type Draft, ensureChild, fillIn, textOf } from '../json.ts'

const EXTERNAL = ['NodePort', 'LoadBalancer']

export const serviceDefaults = (service: Draft): void => {
  const spec = ensureChild(service, 'spec')
  fillIn(spec, { sessionAffinity: 'None', type: 'ClusterIP' })
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig']
  else {
    const config = ensureChild(spec, 'sessionAffinityConfig')
    fillIn(ensureChild(config, 'clientIP'), { timeoutSeconds: 10800 })
  }
  for (const port of childrenOf(spec, 'ports')) {
    fillIn(port, { protocol: 'TCP', targetPort: port['port'] })
    if (port['targetPort'] === 0 || port['targetPort'] === '') port['targetPort'] = port['port']
  }
  const type = textOf(spec['type'])
  if (EXTERNAL.includes(type)) fillIn(spec, { externalTrafficPolicy: 'Cluster' })
  if (type === 'LoadBalancer') fillIn(spec, { allocateLoadBalancerNodePorts: true })
  if (type !== 'ExternalName') {
    fillIn(spec, { internalTrafficPolicy: 'Cluster' })
    // Who writes the endpoints of a headless Service without a selector may use both families.
    const both = spec['clusterIP'] === 'None' && !childOf(spec, 'selector') && spec['ipFamilyPolicy'] === undefined
    fillIn(
      spec,
      both
        ? { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' }
        : { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
    )
    const address = textOf(spec['clusterIP'])
    if (address && arrayOf(spec['clusterIPs']).length === 0) spec['clusterIPs'] = [address]
  }
}

export const endpointsDefaults = (endpoints: Draft): void => {
  for (const subset of childrenOf(endpoints, 'subsets'))
    for (const port of childrenOf(subset, 'ports')) fillIn(port, { protocol: 'TCP' })
}

export const endpointSliceDefaults = (slice: Draft): void => {
  for (const port of childrenOf(slice, 'ports')) fillIn(port, { name: '', protocol: 'TCP' })
}

export const nodeDefaults = (node: Draft): void => {
  ensureChild(node, 'spec')
  const status = childOf(node, 'status')
  if (status && childOf(status, 'capacity')) fillIn(ensureChild(status, 'allocatable'), childOf(status, 'capacity') ?? {})
}
