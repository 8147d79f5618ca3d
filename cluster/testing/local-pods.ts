/** Tests' work with single pods that run as real processes. */
import { join } from 'node:path'
import type { KubeObject, Pod } from '../../api/kubernetes.ts'
import { EVENTS, PODS } from '../../kube/resources.ts'
import type { NodeContainer } from '../node/pod-types.ts'
import type { Cluster } from '../start.ts'
import { eventually, eventuallyIs } from './cluster.ts'

const SERVER = join(import.meta.dirname, 'pod-server.ts')
/** Runs pod-server.ts with flags. */
export const serverCommand = (...flags: readonly string[]) => ['node', SERVER, ...flags]

type Status = NonNullable<Pod['status']> & {
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
}
type ContainerStatus = {
  readonly ready: boolean
  readonly started: boolean
  readonly restartCount: number
  readonly state: {
    readonly waiting?: { readonly reason: string; readonly message?: string }
    readonly running?: object
    readonly terminated?: { readonly exitCode: number }
  }
  readonly lastState: { readonly terminated?: { readonly exitCode: number; readonly reason: string; readonly signal?: number } }
}

export const statusOf = (pod: Pod) => (pod.status ?? {}) as Status
export const firstOf = (pod: Pod) => statusOf(pod).containerStatuses?.[0]
export const isReady = (pod: Pod) => pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'

export const http = (port = 8080) => ({ command: serverCommand(), ports: [{ containerPort: port }] })
export const probe = (path = '/health') => ({ httpGet: { path, port: 8080 }, periodSeconds: 1, failureThreshold: 1 })
export const ask = async (pod: Pod, path: string): Promise<string> =>
  (await fetch(`http://${pod.status?.podIP}:8080${path}`)).text()
export const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
export const pidOf = (pod: Pod) =>
  Number(String((firstOf(pod) as unknown as { readonly containerID: string }).containerID).slice('process://'.length))

export const ref = (name: string) => ({ namespace: 'default', name })

/** `cluster` is called for each use, so that it may be started in a `before`. */
export function podsOn(cluster: () => Cluster) {
  const until = (name: string, is: (pod: Pod) => boolean) =>
    eventuallyIs<Pod>(cluster().client, { resource: PODS, ref: ref(name), is })
  const isGone = (name: string) =>
    eventually(
      () =>
        cluster()
          .client.get(PODS, ref(name))
          .then(
            () => false as const,
            () => true as const,
          ),
      { what: `${name} is gone` },
    )

  async function run(name: string, container: Partial<NodeContainer>, spec: object = {}, metadata: object = {}): Promise<void> {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', ...metadata },
      spec: { containers: [{ name: 'main', image: 'none', ...container }], ...spec },
    }
    await cluster().client.create<Pod>(PODS, pod as Pod)
  }

  const eventsOf = async (name: string) =>
    (
      await cluster().client.list<KubeObject & { readonly reason: string; readonly message: string }>(EVENTS, {
        namespace: 'default',
        fieldSelector: `involvedObject.name=${name}`,
      })
    ).items

  async function readLog(name: string, query = ''): Promise<string> {
    const answer = await cluster().api.transport()({ method: 'GET', path: `/api/v1/namespaces/default/pods/${name}/log${query}` })
    const chunks: Uint8Array[] = []
    for await (const chunk of answer.body) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }

  return { until, isGone, run, eventsOf, readLog }
}
