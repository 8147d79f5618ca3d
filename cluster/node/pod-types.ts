/** The parts of pods that only a node reads or writes. */
import type { Container, Pod, Probe } from '../../api/kubernetes.ts'

export type EnvVar = {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string }
    readonly configMapKeyRef?: KeyRef
    readonly secretKeyRef?: KeyRef
    readonly resourceFieldRef?: unknown
  }
}

export type KeyRef = { readonly name: string; readonly key: string; readonly optional?: boolean }

export type EnvFrom = {
  readonly prefix?: string
  readonly configMapRef?: { readonly name: string; readonly optional?: boolean }
  readonly secretRef?: { readonly name: string; readonly optional?: boolean }
}

export type HttpGet = NonNullable<Probe['httpGet']> & {
  readonly host?: string
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[]
}

type KnownFields =
  | 'name'
  | 'image'
  | 'command'
  | 'args'
  | 'ports'
  | 'readinessProbe'
  | 'livenessProbe'
  | 'startupProbe'
  | 'lifecycle'

export type NodeContainer = Pick<Container, KnownFields> & {
  readonly env?: readonly EnvVar[]
  readonly envFrom?: readonly EnvFrom[]
  readonly workingDir?: string
  /** On an init container, `Always` makes it a sidecar: it keeps running beside the others. */
  readonly restartPolicy?: string
  readonly volumeMounts?: readonly unknown[]
}

// A pod from the API carries these fields; the shared Pod type names only those that Sluice itself reads.
export const containersOf = (pod: Pod): readonly NodeContainer[] => pod.spec.containers as readonly NodeContainer[]
export const initContainersOf = (pod: Pod): readonly NodeContainer[] =>
  (pod.spec['initContainers'] ?? []) as readonly NodeContainer[]
export const isSidecar = (container: NodeContainer): boolean => container.restartPolicy === 'Always'

export type TerminatedState = {
  readonly exitCode: number
  readonly signal?: number
  readonly reason: string
  readonly message?: string
  readonly startedAt: string
  readonly finishedAt: string
}

export type ContainerState =
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | { readonly running: { readonly startedAt: string } }
  | { readonly terminated: TerminatedState }

/** What the node knows about one container. */
export type ContainerFacts = {
  readonly name: string
  readonly image: string
  readonly state: ContainerState
  readonly lastState?: { readonly terminated: TerminatedState }
  /** The startup probe has succeeded, or there is none and the process runs. */
  readonly started: boolean
  /** The readiness probe says yes, or there is none and the container has started. */
  readonly ready: boolean
  readonly restartCount: number
  /** Of the running or last process. */
  readonly pid?: number
}
