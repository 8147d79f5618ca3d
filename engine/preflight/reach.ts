/** Whether the routers would be let in to the pods, and the pods' clients to the routers. */
import type { LabelSelector, Labels, PodTemplate, Service, ServicePort } from '../../api/kubernetes.ts'
import { ROUTER_APP_LABEL } from '../../api/names.ts'
import type { Finding, Front } from './finding.ts'
import { type Denied, denied, deniedEgress, deniedIngress, type PodSeen } from './network-policy.ts'
import type { NetworkPolicy, Surroundings } from './surroundings.ts'
import { OF_DEPLOYMENT } from './way-out.ts'

/** Both ends of the range from which a Service port gets its listening port; which one it gets is not known yet. */
const LISTENING = [20000, 29999] as const

const namespaceLabels = ({ namespaces }: Surroundings, name: string): Labels => ({
  ...namespaces[name]?.labels,
  'kubernetes.io/metadata.name': name,
})

const appPod = ({ namespace, template, addresses }: Front, around: Surroundings): PodSeen => ({
  namespace,
  namespaceLabels: namespaceLabels(around, namespace),
  labels: template.metadata?.labels ?? {},
  addresses,
  ports: template.spec.containers.flatMap(({ ports = [] }) => ports),
})

const router = (around: Surroundings): PodSeen => ({
  namespace: around.systemNamespace,
  namespaceLabels: namespaceLabels(around, around.systemNamespace),
  labels: { ...ROUTER_APP_LABEL, ...around.routers.labels },
  addresses: around.routers.addresses,
  ports: [],
})

/** The port on which the pods listen for this Service port; undefined for a name that no container has. */
export const targetOf = ({ port, targetPort = port }: ServicePort, template: PodTemplate): number | undefined =>
  typeof targetPort === 'number'
    ? targetPort
    : template.spec.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === targetPort)?.containerPort

const targetsOf = ({ spec }: Service, template: PodTemplate): readonly number[] => [
  ...new Set(
    (spec.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP').flatMap(port => targetOf(port, template) ?? []),
  ),
]

const policiesOf = ({ policies, namespace }: Denied): string =>
  `NetworkPolicy ${policies.join(', ')}${policies.length > 1 ? ' (together)' : ''} of namespace ${namespace}`

const ROUTER_PEER = (around: Surroundings): string =>
  `namespaceSelector kubernetes.io/metadata.name=${around.systemNamespace} with podSelector ${Object.entries(ROUTER_APP_LABEL)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')}`

const toThePods = (front: Front, around: Surroundings): readonly Finding[] => {
  const { service, namespace, template } = front
  const pod = appPod(front, around)
  for (const port of targetsOf(service, template)) {
    const no = denied(around.policies, router(around), pod, port)
    if (no === undefined) continue
    const todo =
      no.direction === 'ingress'
        ? `add an ingress rule from ${ROUTER_PEER(around)} for port ${port}`
        : `add an egress rule to port ${port} of namespace ${namespace}`
    return [{ severity: 'no', text: `${policiesOf(no)} lets no router reach its pods on port ${port}; ${todo}` }]
  }
  return []
}

/** A pod as a selector describes it: what it names is there, everything else is not. */
const described = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): Labels => ({
  ...matchLabels,
  ...Object.fromEntries(
    matchExpressions.flatMap(({ key, operator, values = [] }) => {
      if (operator === 'In') return [[key, values[0] ?? '']]
      return operator === 'Exists' ? [[key, '']] : []
    }),
  ),
})

/** Pods that policies with egress rules select: they may be clients. Of others it is known that their egress is open. */
const restricted = (policies: readonly NetworkPolicy[], around: Surroundings): readonly PodSeen[] =>
  policies
    .filter(({ spec, metadata }) => (spec?.egress ?? []).length > 0 && metadata.namespace !== around.systemNamespace)
    .map(({ metadata, spec }) => ({
      namespace: metadata.namespace ?? '',
      namespaceLabels: namespaceLabels(around, metadata.namespace ?? ''),
      labels: described(spec?.podSelector ?? {}),
      addresses: [],
      ports: [],
    }))

/** Clients that reach the pods now and would not reach the routers. */
const fromClients = (front: Front, around: Surroundings): readonly Finding[] => {
  const { service, template, wayOut = OF_DEPLOYMENT } = front
  const { policies } = around
  const pod = appPod(front, around)
  const targets = targetsOf(service, template)
  for (const client of restricted(policies, around)) {
    if (!targets.some(port => denied(policies, client, pod, port) === undefined)) continue
    const no = LISTENING.map(port => deniedEgress(policies, client, router(around), port)).find(one => one !== undefined)
    if (no === undefined) continue
    const text = `${policiesOf(no)} lets its pods reach ${wayOut.workload} but not the routers; add an egress rule to ${ROUTER_PEER(around)} for ports ${LISTENING.join(' to ')}`
    return [{ severity: 'no', text }]
  }
  return []
}

/** Any pod of the Deployment's namespace stands for the clients: whoever restricts the routers' ingress has to let them in. */
const toTheRouters = ({ namespace }: Front, around: Surroundings): readonly Finding[] => {
  const client: PodSeen = {
    namespace,
    namespaceLabels: namespaceLabels(around, namespace),
    labels: {},
    addresses: [],
    ports: [],
  }
  const no = LISTENING.map(port => deniedIngress(around.policies, client, router(around), port)).find(one => one !== undefined)
  if (no === undefined) return []
  const text = `${policiesOf(no)} lets no pod of namespace ${namespace} reach the routers; add an ingress rule for ports ${LISTENING.join(' to ')}`
  return [{ severity: 'no', text }]
}

export const reachFindings = (front: Front, around: Surroundings): readonly Finding[] => [
  ...toThePods(front, around),
  ...fromClients(front, around),
  ...toTheRouters(front, around),
]
