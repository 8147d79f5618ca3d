/** A node that runs nothing: it says of each pod that it runs and is ready, and lets go of those that are to end. */
import type { KubeObject, Pod } from '../../api/kubernetes.ts'
import { LEASE_NAMESPACE, RENEW_MS, renderLease, renderNode, renderNodeStatus } from '../../cluster/node/node-object.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isConflict, isNotFound } from '../../kube/errors.ts'
import { startInformer } from '../../kube/informer.ts'
import { silentLogger } from '../../kube/log.ts'
import { LEASES, NODES, PODS } from '../../kube/resources.ts'

export const NODE = 'pretend'

const running = (now: string, ip: string): object => ({
  status: {
    phase: 'Running',
    startTime: now,
    podIP: ip,
    podIPs: [{ ip }],
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(type => ({
      type,
      status: 'True',
      lastTransitionTime: now,
    })),
  },
})

const isReady = ({ status }: Pod): boolean =>
  (status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True')

/** What is gone already, or was changed meanwhile and will come again, is no failure. */
const quiet = async (work: Promise<unknown>): Promise<void> => {
  try {
    await work
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}

export const startPretendNode = async (client: KubeClient): Promise<{ readonly stop: () => Promise<void> }> => {
  await client.create(NODES, renderNode(NODE))
  const beat = async () => {
    const now = Date.now()
    await client.patch(NODES, { name: NODE }, 'merge', { status: renderNodeStatus(NODE, new Date(now).toISOString()) }, 'status')
    const lease = renderLease(NODE, now)
    await client.patch(LEASES, { namespace: LEASE_NAMESPACE, name: NODE }, 'merge', lease).catch(async error => {
      if (!isNotFound(error)) throw error
      await client.create<KubeObject>(LEASES, lease)
    })
  }
  await beat()
  const timer = setInterval(() => void beat().catch(console.error), RENEW_MS)
  let count = 0
  const pods = startInformer<Pod>({ client, resource: PODS, log: silentLogger })
  pods.onChange((_, pod) => {
    if (pod === undefined || pod.spec.nodeName !== NODE) return
    const { namespace = '', name } = pod.metadata
    const ref = { namespace, name }
    if (pod.metadata.deletionTimestamp !== undefined) {
      const path = `/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`
      void quiet(client.raw('DELETE', path)).catch(console.error)
      return
    }
    if (isReady(pod)) return
    count += 1
    const ip = `10.240.${1 + (count >> 8)}.${count & 255}`
    void quiet(client.patch(PODS, ref, 'strategic', running(new Date().toISOString(), ip), 'status')).catch(console.error)
  })
  return {
    stop: async () => {
      clearInterval(timer)
      await pods.stop()
    },
  }
}
