/** Sluice's own processes and what they keep for themselves, in the namespace where they run. */
import type { Deployment, Pod } from '../../api/kubernetes.ts'
import {
  CONTROLLER_LEASE,
  PUBLISHER_LEASE,
  ROUTER_APP_LABEL,
  ROUTER_SECRET,
  SIDECAR_CA,
  SIDECAR_SECRET,
  STICKY_SECRET,
  WEBHOOK_SECRET,
} from '../../api/names.ts'
import type { KubeClient, Resource } from '../../kube/client.ts'
import { isNotFound } from '../../kube/errors.ts'
import { CONFIG_MAPS, DEPLOYMENTS, LEASES, PODS, SECRETS } from '../../kube/resources.ts'
import { readList } from '../../view/read-objects.ts'
import { type Waiting, waitUntil } from '../eject/ejection.ts'
import { readLeader } from '../eject/run.ts'

const selectorOf = (component: string): string =>
  Object.entries({ ...ROUTER_APP_LABEL, 'app.kubernetes.io/component': component })
    .map(([key, value]) => `${key}=${value}`)
    .join(',')

/** Scales it to 0 and waits until its pods are gone: until then they still write. */
export const stopComponent = async (waiting: Waiting, component: string): Promise<string | undefined> => {
  const { client } = await waiting.session.cluster()
  const where = { namespace: waiting.session.sluiceNamespace, labelSelector: selectorOf(component) }
  const running = (await readList<Deployment>(client, DEPLOYMENTS, where)).filter(({ spec }) => spec.replicas !== 0)
  for (const { metadata } of running)
    await client.patch(DEPLOYMENTS, { namespace: where.namespace, name: metadata.name }, 'merge', { spec: { replicas: 0 } })
  await waitUntil(waiting, async () => {
    const pods = await readList<Pod>(client, PODS, where)
    return pods.length === 0 ? undefined : `${pods.length} pods of the ${component} are still there`
  })
  return running.length === 0 ? undefined : `scaled ${running.map(one => one.metadata.name).join(', ')} to 0`
}

/** A controller that runs elsewhere, or died a moment ago: its Lease tells. */
export const waitForNoLeader = (waiting: Waiting): Promise<void> =>
  waitUntil(waiting, async () => {
    const leader = await readLeader(waiting.session)
    return leader && `${leader.holder} still leads the controller, by its Lease ${CONTROLLER_LEASE}`
  })

const KEPT: readonly (readonly [Resource, string])[] = [
  [LEASES, CONTROLLER_LEASE],
  [LEASES, PUBLISHER_LEASE],
  [SECRETS, ROUTER_SECRET],
  [SECRETS, SIDECAR_SECRET],
  [SECRETS, STICKY_SECRET],
  [SECRETS, WEBHOOK_SECRET],
  [CONFIG_MAPS, SIDECAR_CA],
]

/** Answers how many were there. */
export const removeKept = async (client: KubeClient, namespace: string): Promise<number> => {
  let removed = 0
  for (const [resource, name] of KEPT)
    try {
      await client.delete(resource, { namespace, name })
      removed += 1
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  return removed
}
