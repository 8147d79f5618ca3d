/** Which ports of a pod its sidecar takes over, and the patch that leads Services there: the names stay, the numbers behind them change. Pure. */
import { type JsonPatchOp, pointer } from '../api/json-patch.ts'
import type { Container, ContainerPort, Pod, Probe } from '../api/kubernetes.ts'
import { FIRST_SIDECAR_PORT, SIDECAR_ADMIN_PORT, SIDECAR_HEALTH_PORT, type SidecarPort } from '../api/sidecar.ts'

const initContainersOf = ({ spec }: Pod): readonly Container[] =>
  (spec['initContainers'] as readonly Container[] | undefined) ?? []

const isTaken = ({ name, protocol }: ContainerPort): boolean => name !== undefined && name !== '' && (protocol ?? 'TCP') === 'TCP'

/** Every named TCP port of the pod's containers, with a free port each. */
export const choosePorts = (pod: Pod): readonly SidecarPort[] => {
  const used = new Set(
    [...pod.spec.containers, ...initContainersOf(pod)].flatMap(({ ports = [] }) => ports.map(port => port.containerPort)),
  )
  for (const own of [SIDECAR_ADMIN_PORT, SIDECAR_HEALTH_PORT]) used.add(own)
  let next = FIRST_SIDECAR_PORT
  const free = (): number => {
    while (used.has(next)) next += 1
    used.add(next)
    return next
  }
  return pod.spec.containers
    .flatMap(({ ports = [] }) => ports.filter(isTaken))
    .map(({ name = '', containerPort }) => ({ name, app: containerPort, outer: free() }))
}

/** The port that the sidecar has already taken over keeps its number for Services, and the app's own is declared beside it. */
const portOps = ({ ports = [] }: Container, at: number, taken: readonly SidecarPort[]): readonly JsonPatchOp[] => {
  const path = (...rest: readonly (string | number)[]) => pointer('spec', 'containers', String(at), 'ports', ...rest.map(String))
  return ports.flatMap((port, i): readonly JsonPatchOp[] => {
    const mine = isTaken(port) ? taken.find(({ name }) => name === port.name) : undefined
    if (mine === undefined) return []
    return [
      { op: 'remove', path: path(i, 'name') },
      { op: 'add', path: path('-'), value: { name: mine.name, containerPort: mine.outer, protocol: 'TCP' } },
    ]
  })
}

const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const
const HOOKS = ['preStop', 'postStart'] as const
const ACTIONS = ['httpGet', 'tcpSocket'] as const

type Action = Pick<Probe, 'httpGet' | 'tcpSocket'>

/** What asks the app itself goes on asking the app. */
const actionOps = (action: Action | undefined, where: readonly string[], { ports = [] }: Container): readonly JsonPatchOp[] =>
  ACTIONS.flatMap(kind => {
    const port = action?.[kind]?.port
    const number = typeof port === 'string' ? ports.find(({ name }) => name === port)?.containerPort : undefined
    return number === undefined ? [] : [{ op: 'replace', path: pointer(...where, kind, 'port'), value: number }]
  })

const probeOps = (container: Container, at: number): readonly JsonPatchOp[] => {
  const where = ['spec', 'containers', String(at)]
  const lifecycle = (container.lifecycle ?? {}) as { readonly [hook: string]: Action | undefined }
  return [
    ...PROBES.flatMap(probe => actionOps(container[probe], [...where, probe], container)),
    ...HOOKS.flatMap(hook => actionOps(lifecycle[hook], [...where, 'lifecycle', hook], container)),
  ]
}

/** Operations on the app's containers; none of them moves what a later one names. */
export const takeOverOps = (pod: Pod, taken: readonly SidecarPort[]): readonly JsonPatchOp[] =>
  pod.spec.containers.flatMap((container, i) => [...probeOps(container, i), ...portOps(container, i, taken)])
