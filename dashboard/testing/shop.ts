/** Puts a Deployment in mid-update into a cluster: held, at 25 %, waiting for a person. */
import type { Deployment, ReplicaSet } from '../../api/kubernetes.ts'
import { POD_TEMPLATE_HASH } from '../../api/names.ts'
import { aDeployment, aRollout } from '../../cli/testing/objects.ts'
import type { KubeClient } from '../../kube/client.ts'
import { DEPLOYMENTS, REPLICA_SETS, ROLLOUTS } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'

export const NEW_HASH = '7b9c4d5f8x'

const bare = <T extends { readonly metadata: object }>({ metadata, ...rest }: T, fields: object) => ({
  ...rest,
  metadata: { name: 'web', namespace: 'shop', ...fields },
})

/** The answer is the hash of the stable version. */
export const putShop = async (client: KubeClient, name = 'web'): Promise<string> => {
  await apply(client, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }])
  const { status: _, ...atRest } = aDeployment({ image: 'registry.example/web:v1', held: false })
  const annotations = { 'sluice.dev/strategy': 'canary' }
  const at = { namespace: 'shop', name }
  const deployment = await client.create<Deployment>(DEPLOYMENTS, bare(atRest, { name, annotations }))
  const stable = await waitFor({ what: 'the ReplicaSet of the Deployment', everyMs: 20 }, async () => {
    const { items } = await client.list<ReplicaSet>(REPLICA_SETS, { namespace: 'shop' })
    return items.find(one => one.metadata.ownerReferences?.some(({ uid }) => uid === deployment.metadata.uid))
  })
  const held = aDeployment()
  await client.patch(DEPLOYMENTS, at, 'merge', {
    metadata: { annotations: held.metadata.annotations },
    spec: { paused: true, template: held.spec.template },
  })
  const { status, ...rollout } = aRollout()
  const hash = stable.metadata.labels?.[POD_TEMPLATE_HASH] ?? ''
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: deployment.metadata.uid ?? '', controller: true }
  await client.create(ROLLOUTS, bare(rollout, { name, ownerReferences: [owner] }))
  const generation = (await client.get<Deployment>(DEPLOYMENTS, at)).metadata.generation
  await client.patch(
    ROLLOUTS,
    at,
    'merge',
    { status: { ...status, stableRS: hash, observedGeneration: '1', workloadObservedGeneration: String(generation) } },
    'status',
  )
  return hash
}
