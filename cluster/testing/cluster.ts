/** An API server, the native controllers and a fake node for tests, and ways to wait for what they do. */
import type { KubeObject, Pod, ReplicaSet } from '../../api/kubernetes.ts'
import type { KubeClient, ObjectRef, Resource } from '../../kube/client.ts'
import { clientOver } from '../../kube/http-client.ts'
import { silentLogger } from '../../kube/log.ts'
import { PODS, REPLICA_SETS } from '../../kube/resources.ts'
import { type ApiServer, createApiServer } from '../api/server.ts'
import { startCaches } from '../controllers/caches.ts'
import { startControllers } from '../controllers/registry.ts'
import { type FakeNodeOptions, startFakeNode } from './fake-node.ts'

export type TestCluster = {
  readonly api: ApiServer
  readonly client: KubeClient
  readonly stop: () => Promise<void>
}

/** No process is started: pods are ready when the fake node says so. */
export async function startTestCluster(node: Omit<FakeNodeOptions, 'client'> = {}): Promise<TestCluster> {
  const api = createApiServer()
  const client = clientOver(api.transport())
  const running = await startCaches(client, silentLogger)
  const controllers = startControllers({ client, caches: running.caches, log: silentLogger })
  const fakeNode = startFakeNode({ client, ...node })
  return {
    api,
    client,
    stop: async () => {
      await fakeNode.stop()
      await controllers.stop()
      await running.stop()
      await api.close()
    },
  }
}

export type Waiting = { readonly timeoutMs?: number; readonly what?: string }

/** Asks again until the answer is not undefined or false; throws with the last answer's name after `timeoutMs` (default 20 s). */
export async function eventually<T>(
  ask: () => Promise<T | undefined | false>,
  { timeoutMs = 20_000, what = String(ask) }: Waiting = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`still not so after ${timeoutMs} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** Waits until an object is as `is` says, and answers it. */
export const eventuallyIs = <T extends KubeObject>(
  client: KubeClient,
  { resource, ref, is }: { readonly resource: Resource; readonly ref: ObjectRef; readonly is: (object: T) => boolean },
): Promise<T> =>
  eventually(
    async () => {
      const object = await client.get<T>(resource, ref).catch(() => undefined)
      return object && is(object) ? object : undefined
    },
    { what: `${resource.kind} ${ref.name}: ${String(is)}` },
  )

/** Sizes of a namespace's ReplicaSets by the image tag of their first container. */
export async function sizesByImage(client: KubeClient, namespace: string): Promise<{ readonly [image: string]: number }> {
  const { items } = await client.list<ReplicaSet>(REPLICA_SETS, { namespace })
  return Object.fromEntries(items.map(item => [item.spec.template.spec.containers[0]?.image ?? '', item.spec.replicas ?? 1]))
}

export const podsOf = async (client: KubeClient, namespace: string): Promise<readonly Pod[]> =>
  (await client.list<Pod>(PODS, { namespace })).items
