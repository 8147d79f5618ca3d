/** Pods: those of a template that asks for it get the router as a native sidecar, and their Services lead to it. */
import { type JsonPatchOp, pointer } from '../api/json-patch.ts'
import type { Pod } from '../api/kubernetes.ts'
import { POD_TEMPLATE_HASH, SIDECAR_CONTAINER, SIDECAR_LABEL, SIDECAR_PORTS } from '../api/names.ts'
import { SIDECAR_ADMIN_PORT, SIDECAR_HEALTH_PORT, type SidecarPort, sidecarLabel } from '../api/sidecar.ts'
import { type AdmissionRequest, allow, type Decision, deny, type ReviewOptions, type View } from './admission.ts'
import { metadataOps } from './annotation-ops.ts'
import { isObject } from './decode-review.ts'
import type { SidecarOptions } from './sidecar-options.ts'
import { choosePorts, takeOverOps } from './sidecar-ports.ts'

/** How long a new pod waits for what to split by before it serves its own app. In mid-update that would be a share that nobody asked for. */
const WAIT_SECONDS = { atRest: 5, held: 120 } as const

const decodePod = (object: unknown): Pod | undefined => {
  if (!isObject(object) || !isObject(object.metadata) || !isObject(object.spec)) return undefined
  return Array.isArray(object.spec.containers) ? (object as unknown as Pod) : undefined
}

const probe = (path: string, more: object) => ({ httpGet: { path, port: SIDECAR_HEALTH_PORT }, ...more })

const fieldRef = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })

const makeSidecar = (pod: Pod, ports: readonly SidecarPort[], options: SidecarOptions, waitSeconds: number) => ({
  name: SIDECAR_CONTAINER,
  image: options.image,
  restartPolicy: 'Always',
  ...(options.command === undefined ? { args: ['router', '--sidecar'] } : { command: options.command, args: ['--sidecar'] }),
  env: [
    fieldRef('POD_NAME', 'metadata.name'),
    fieldRef('POD_NAMESPACE', 'metadata.namespace'),
    fieldRef('POD_UID', 'metadata.uid'),
    fieldRef('POD_IP', 'status.podIP'),
    { name: 'SLUICE_VERSION_HASH', value: pod.metadata.labels?.[POD_TEMPLATE_HASH] ?? '' },
    { name: 'SLUICE_DEPLOYMENT', value: pod.metadata.labels?.[SIDECAR_LABEL] ?? '' },
    { name: 'SLUICE_SIDECAR_PORTS', value: JSON.stringify(ports) },
    { name: 'SLUICE_SIDECAR_CA', value: options.ca },
    { name: 'SLUICE_WAIT_SECONDS', value: String(waitSeconds) },
  ],
  ports: [
    { containerPort: SIDECAR_ADMIN_PORT, protocol: 'TCP' },
    { containerPort: SIDECAR_HEALTH_PORT, protocol: 'TCP' },
  ],
  startupProbe: probe('/healthz', { periodSeconds: 1, failureThreshold: 60 }),
  // A machine that is short of processor time must not take pods out of their Services.
  readinessProbe: probe('/readyz', { periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 3 }),
  livenessProbe: probe('/healthz', { periodSeconds: 10, failureThreshold: 3 }),
  resources: { requests: { cpu: options.cpu, memory: options.memory } },
  securityContext: {
    runAsNonRoot: true,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  },
})

const addContainer = ({ spec }: Pod, container: object): JsonPatchOp =>
  Array.isArray(spec['initContainers'])
    ? { op: 'add', path: pointer('spec', 'initContainers', '-'), value: container }
    : { op: 'add', path: pointer('spec', 'initContainers'), value: [container] }

const hasSidecar = ({ spec }: Pod): boolean =>
  Array.isArray(spec['initContainers']) && spec['initContainers'].some(one => isObject(one) && one['name'] === SIDECAR_CONTAINER)

const isHeldIn = ({ optedIn }: View, label: string): boolean =>
  optedIn.some(({ name, held }) => held === true && sidecarLabel(name) === label)

export const reviewPod = (
  request: AdmissionRequest & { readonly object: unknown },
  view: View,
  { sidecar }: ReviewOptions,
): Decision => {
  const pod = decodePod(request.object)
  if (pod === undefined) return deny(400, 'request.object: must be a Pod with metadata, spec and spec.containers')
  const label = pod.metadata.labels?.[SIDECAR_LABEL]
  if (label === undefined || hasSidecar(pod)) return allow('pass', 'has no need of a sidecar')
  if (pod.spec['hostNetwork'] === true) return allow('pass', 'hostNetwork: the ports of a sidecar would be ports of the node')
  const ports = choosePorts(pod)
  if (ports.length === 0) return allow('pass', 'no container names a TCP port')
  if (sidecar === undefined)
    return deny(503, `metadata.labels[${SIDECAR_LABEL}]: this webhook was started without --sidecar-image`)
  if (sidecar.ca === undefined || sidecar.ca === '')
    return deny(
      503,
      `metadata.labels[${SIDECAR_LABEL}]: the controller has not published the authority of sidecars yet; try again`,
    )
  const waitSeconds = isHeldIn(view, label) ? WAIT_SECONDS.held : WAIT_SECONDS.atRest
  const patch: readonly JsonPatchOp[] = [
    ...takeOverOps(pod, ports),
    addContainer(pod, makeSidecar(pod, ports, sidecar, waitSeconds)),
    ...metadataOps(pod, 'annotations', { [SIDECAR_PORTS]: JSON.stringify(ports) }),
  ]
  return allow('sidecar', `of Deployment ${label}`, { patch })
}
