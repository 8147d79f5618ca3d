/** NetworkPolicies in the way of sidecars: clients must reach the port that stands behind the name now, pods each other's apps, and the controller the admin port. */
import type { Labels } from '../../api/kubernetes.ts'
import { ROUTER_APP_LABEL } from '../../api/names.ts'
import { FIRST_SIDECAR_PORT, SIDECAR_ADMIN_PORT } from '../../api/sidecar.ts'
import type { Front } from '../preflight/finding.ts'
import { denied, type PodSeen } from '../preflight/network-policy.ts'
import { targetOf } from '../preflight/reach.ts'
import type { PolicyPort, Surroundings } from '../preflight/surroundings.ts'

const labelsOf = ({ namespaces }: Surroundings, name: string): Labels => ({
  ...namespaces[name]?.labels,
  'kubernetes.io/metadata.name': name,
})

const appPod = ({ namespace, template, addresses }: Front, around: Surroundings): PodSeen => ({
  namespace,
  namespaceLabels: labelsOf(around, namespace),
  labels: template.metadata?.labels ?? {},
  addresses,
  ports: template.spec.containers.flatMap(({ ports = [] }) => ports),
})

/** As the pod is with a sidecar: names lead to other numbers, which rules that name a port go along with. */
const withSidecar = (pod: PodSeen): PodSeen => ({
  ...pod,
  ports: pod.ports.map(port => (port.name ? { ...port, containerPort: FIRST_SIDECAR_PORT } : port)),
})

const controller = (around: Surroundings): PodSeen => ({
  namespace: around.systemNamespace,
  namespaceLabels: labelsOf(around, around.systemNamespace),
  labels: { ...ROUTER_APP_LABEL, 'app.kubernetes.io/component': 'controller' },
  addresses: [],
  ports: [],
})

const CONTROLLER_PEER = (around: Surroundings): string =>
  `namespaceSelector kubernetes.io/metadata.name=${around.systemNamespace} with podSelector app.kubernetes.io/component=controller`

const covers = ({ port, endPort }: PolicyPort, wanted: number): boolean =>
  port === undefined ||
  port === wanted ||
  (typeof port === 'number' && endPort !== undefined && port <= wanted && wanted <= endPort)

/** A rule that lets clients in by the app's number only: the name of the port has another number on pods with a sidecar. */
const byNumber = (front: Front, around: Surroundings, target: number, name: string): string | undefined => {
  const pod = appPod(front, around)
  for (const { metadata, spec } of around.policies) {
    const { matchLabels = {} } = spec?.podSelector ?? {}
    const selects =
      metadata.namespace === front.namespace && Object.entries(matchLabels).every(([key, value]) => pod.labels[key] === value)
    const rule = (selects ? (spec?.ingress ?? []) : []).find(({ ports }) => {
      const all = ports ?? []
      const takesNumber = all.some(port => covers(port, target))
      return takesNumber && all.length > 0 && !all.some(port => port.port === name || covers(port, FIRST_SIDECAR_PORT))
    })
    if (rule) return metadata.name
  }
  return undefined
}

/** The first thing in the way; undefined when nothing is. */
export const sidecarReach = (front: Front, around: Surroundings): string | undefined => {
  const pod = appPod(front, around)
  for (const port of front.service.spec.ports ?? []) {
    const target = targetOf(port, front.template)
    if (target === undefined || (port.protocol ?? 'TCP') !== 'TCP') continue
    const name = String(port.targetPort)
    const policy = byNumber(front, around, target, name)
    if (policy !== undefined)
      return `NetworkPolicy ${policy} lets clients in on port ${target} only, and a sidecar listens on another; put the name ${JSON.stringify(name)} beside the number ${target} in its rule`
    const no = denied(around.policies, pod, withSidecar(pod), target)
    if (no !== undefined)
      return `NetworkPolicy ${no.policies.join(', ')} lets its pods not reach each other on port ${target}, as sidecars must; add an ${no.direction} rule for that`
  }
  const no = denied(around.policies, controller(around), pod, SIDECAR_ADMIN_PORT)
  return no === undefined
    ? undefined
    : `NetworkPolicy ${no.policies.join(', ')} lets the controller not reach port ${SIDECAR_ADMIN_PORT} of its pods, where sidecars are told what to split by; ${
        no.direction === 'ingress'
          ? `add an ingress rule from ${CONTROLLER_PEER(around)} for port ${SIDECAR_ADMIN_PORT}`
          : `add an egress rule to port ${SIDECAR_ADMIN_PORT} of namespace ${front.namespace}`
      }`
}
