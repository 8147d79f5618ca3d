/**
 * A node for tests that runs nothing: it binds every pod, gives it an address, calls it ready after a while, and removes it when it is
 * deleted. Annotations on a pod (or in a template) steer it, also while it runs.
 */
import type { Condition, Pod } from '../../api/kubernetes.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isApiError } from '../../kube/errors.ts'
import { startInformer } from '../../kube/informer.ts'
import { silentLogger } from '../../kube/log.ts'
import { PODS } from '../../kube/resources.ts'

/** `"true"`: the pod runs but is not ready. */
export const NOT_READY = 'test.sluice.dev/not-ready'
/** `"true"`: the pod stays Pending. */
export const STUCK = 'test.sluice.dev/stuck'

export type FakeNodeOptions = {
  readonly client: KubeClient
  readonly name?: string
  /** From being bound to being ready; default 0. */
  readonly readyAfterMs?: number
  /** From being deleted to being gone; default 0. */
  readonly goneAfterMs?: number
  /** First two bytes of the pods' addresses; default `127.200`. */
  readonly network?: string
}

export type FakeNode = { readonly stop: () => Promise<void> }

export function startFakeNode({
  client,
  name = 'fake',
  readyAfterMs = 0,
  goneAfterMs = 0,
  network = '127.200',
}: FakeNodeOptions): FakeNode {
  const informer = startInformer<Pod>({ client, resource: PODS, log: silentLogger })
  const timers = new Set<NodeJS.Timeout>()
  const handled = new Set<string>()
  let addresses = 0
  const running = new Set<Promise<void>>()

  const run = (work: () => Promise<unknown>) => {
    const done = work()
      .catch((error: unknown) => {
        // Gone or changed meanwhile: the next change of the pod brings it here again.
        if (!isApiError(error) || (error.status !== 404 && error.status !== 409)) throw error
      })
      .then(() => void running.delete(done))
    running.add(done)
  }
  /** At most once for each pod and stage. */
  const once = (pod: Pod, stage: string, afterMs: number, work: () => Promise<unknown>) => {
    const key = `${pod.metadata.uid} ${stage}`
    if (handled.has(key)) return
    handled.add(key)
    const timer = setTimeout(() => {
      timers.delete(timer)
      run(work)
    }, afterMs)
    timers.add(timer)
  }

  const unsubscribe = informer.onChange((_, pod) => {
    if (!pod || (pod.spec.nodeName !== undefined && pod.spec.nodeName !== name)) return
    const ref = { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name }
    const current = () => informer.get(ref.namespace, ref.name) ?? pod
    if (pod.metadata.deletionTimestamp !== undefined) {
      once(pod, 'gone', goneAfterMs, () => client.delete(PODS, ref, { gracePeriodSeconds: 0 }))
    } else if (pod.spec.nodeName === undefined) {
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: ref.name }, target: { kind: 'Node', name } }
      once(pod, 'bound', 0, () => client.raw('POST', `/api/v1/namespaces/${ref.namespace}/pods/${ref.name}/binding`, binding))
    } else if (pod.metadata.annotations?.[STUCK] === 'true') {
      return
    } else if (pod.status?.podIP === undefined) {
      addresses += 1
      const podIP = `${network}.${Math.floor(addresses / 250)}.${(addresses % 250) + 1}`
      once(pod, 'ready', readyAfterMs, () =>
        client.patch(PODS, ref, 'merge', { status: runningStatus(current(), podIP) }, 'status'),
      )
    } else if (isReadyWanted(pod) !== isReadySaid(pod)) {
      run(() => client.patch(PODS, ref, 'merge', { status: runningStatus(current(), pod.status?.podIP ?? '') }, 'status'))
    }
  })

  return {
    stop: async () => {
      unsubscribe()
      for (const timer of timers) clearTimeout(timer)
      await informer.stop()
      await Promise.all(running)
    },
  }
}

const isReadyWanted = (pod: Pod): boolean => pod.metadata.annotations?.[NOT_READY] !== 'true'

const isReadySaid = (pod: Pod): boolean => pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'

function runningStatus(pod: Pod, podIP: string): object {
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  const ready = isReadyWanted(pod)
  const condition = (type: string, is: boolean): Condition => ({ type, status: is ? 'True' : 'False', lastTransitionTime: now })
  return {
    phase: 'Running',
    podIP,
    podIPs: [{ ip: podIP }],
    hostIP: '127.0.0.1',
    startTime: pod.status?.startTime ?? now,
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', ready),
      condition('Ready', ready),
    ],
    containerStatuses: pod.spec.containers.map(container => ({
      name: container.name,
      image: container.image ?? '',
      imageID: '',
      ready,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: now } },
    })),
  }
}
