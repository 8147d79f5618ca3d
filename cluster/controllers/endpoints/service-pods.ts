/** What a Service makes of a pod: whether it is an endpoint, at which ports. Rules: k8s.io/endpointslice. */
import type { Labels, Pod, Service, ServicePort } from '../../../api/kubernetes.ts'
import { isFinished, isTerminating } from '../replica-set/pods.ts'

export const hasSelector = (service: Service): boolean => service.spec.selector !== undefined && service.spec.selector !== null

export const isHeadless = (service: Service): boolean => service.spec.clusterIP === 'None'

/** An empty but present selector matches every pod, as for a label set in Kubernetes. */
export const selects = (service: Service, labels: Labels | undefined): boolean =>
  Object.entries(service.spec.selector ?? {}).every(([key, value]) => labels?.[key] === value)

/** Pods of the Service's namespace that it selects. */
export const selectedPods = (service: Service, pods: readonly Pod[]): readonly Pod[] =>
  pods.filter(pod => pod.metadata.namespace === service.metadata.namespace && selects(service, pod.metadata.labels))

/** Has an address and is not finished; a terminating pod only where `includeTerminating`. */
export const isEndpoint = (pod: Pod, includeTerminating: boolean): boolean =>
  !isFinished(pod) && (pod.status?.podIP ?? '') !== '' && (includeTerminating || !isTerminating(pod))

/** The container port that a Service port leads to on this pod; a named port is looked up in the pod. `undefined`: the pod has no such port. */
export function findPort(pod: Pod, servicePort: ServicePort): number | undefined {
  const target = servicePort.targetPort ?? servicePort.port
  if (typeof target === 'number') return target
  if (/^\d+$/.test(target)) return Number(target)
  const protocol = servicePort.protocol ?? 'TCP'
  for (const container of containersOf(pod)) {
    const port = (container.ports ?? []).find(
      candidate => candidate.name === target && (candidate.protocol ?? 'TCP') === protocol,
    )
    if (port) return port.containerPort
  }
  return undefined
}

type WithPorts = {
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[]
}

/** Containers and sidecars (init containers that keep running). */
function containersOf(pod: Pod): readonly WithPorts[] {
  const initial = (pod.spec.initContainers ?? []) as readonly (WithPorts & { readonly restartPolicy?: string })[]
  return [...pod.spec.containers, ...initial.filter(container => container.restartPolicy === 'Always')]
}
