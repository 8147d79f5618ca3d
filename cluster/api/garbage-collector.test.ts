import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { OwnerReference } from '../../api/kubernetes.ts'
import type { KubeClient, Resource } from '../../kube/client.ts'
import { clientOver } from '../../kube/http-client.ts'
import { CONFIG_MAPS, NODES, SECRETS } from '../../kube/resources.ts'
import { eventually, isGone, type Loose, object } from './conformance/context.ts'
import { type ApiServer, createApiServer } from './server.ts'

const CLUSTER_ROLES: Resource = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterroles',
  kind: 'ClusterRole',
  namespaced: false,
}

let server: ApiServer
let client: KubeClient

beforeEach(() => {
  server = createApiServer()
  client = clientOver(server.transport())
})

afterEach(() => server.close())

const owner = (name: string, uid: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name,
  uid,
  ...more,
})

const configMap = (name: string, owners: readonly OwnerReference[] = [], namespace = 'default') =>
  client.create<Loose>(
    CONFIG_MAPS,
    object('v1', 'ConfigMap', { name, namespace, ...(owners.length > 0 ? { ownerReferences: owners } : {}) }),
  )

const gone = (name: string) => eventually(`${name} is gone`, () => isGone(client, CONFIG_MAPS, { namespace: 'default', name }))

/** The collector has looked at everything that was written before this object. */
const settled = async (): Promise<void> => {
  await configMap('marker', [owner('nobody', 'no-such-uid')])
  await gone('marker')
}

test('an object whose owner never existed, or is another one of the same name, goes', async () => {
  const made = await configMap('owner')
  await configMap('orphan', [owner('nobody', 'no-such-uid')])
  await configMap('mistaken', [owner('owner', 'an-older-uid')])
  await configMap('child', [owner('owner', made.metadata.uid ?? '')])
  await gone('orphan')
  await gone('mistaken')
  assert.ok(!(await isGone(client, CONFIG_MAPS, { namespace: 'default', name: 'child' })))
})

test('an owner of a kind that is not served counts as there', async () => {
  await configMap('kept', [owner('x', 'u', { apiVersion: 'example.test/v1', kind: 'Widget' })])
  await settled()
  assert.ok(!(await isGone(client, CONFIG_MAPS, { namespace: 'default', name: 'kept' })))
})

test('an owner in another namespace does not count; one without a namespace does', async () => {
  const elsewhere = await configMap('owner', [], 'kube-system')
  await configMap('stray', [owner('owner', elsewhere.metadata.uid ?? '')])
  await gone('stray')
  const node = await client.create<Loose>(NODES, object('v1', 'Node', { name: 'n1' }))
  await configMap('of-node', [owner('n1', node.metadata.uid ?? '', { kind: 'Node' })])
  await settled()
  assert.ok(!(await isGone(client, CONFIG_MAPS, { namespace: 'default', name: 'of-node' })))
  await client.delete(NODES, { name: 'n1' })
  await gone('of-node')
})

test('a cluster-wide object is not taken along by an owner in a namespace', async () => {
  await client.create(
    CLUSTER_ROLES,
    object(
      'rbac.authorization.k8s.io/v1',
      'ClusterRole',
      { name: 'wide', ownerReferences: [owner('nobody', 'no-such-uid')] },
      { rules: [] },
    ),
  )
  await settled()
  assert.ok(!(await isGone(client, CLUSTER_ROLES, { name: 'wide' })))
})

test('a foreground deletion reaches through generations, children before their parents', async () => {
  const top = await configMap('top')
  const block = { blockOwnerDeletion: true }
  const middle = await configMap('middle', [owner('top', top.metadata.uid ?? '', block)])
  await client.create(
    SECRETS,
    object('v1', 'Secret', {
      name: 'bottom',
      namespace: 'default',
      finalizers: ['example.test/hold'],
      ownerReferences: [owner('middle', middle.metadata.uid ?? '', block)],
    }),
  )
  await client.delete(CONFIG_MAPS, { namespace: 'default', name: 'top' }, { propagation: 'Foreground' })
  await eventually(
    'the bottom is being deleted',
    async () => (await client.get<Loose>(SECRETS, { namespace: 'default', name: 'bottom' })).metadata.deletionTimestamp,
  )
  for (const name of ['top', 'middle']) assert.ok(!(await isGone(client, CONFIG_MAPS, { namespace: 'default', name })), name)
  await client.patch(SECRETS, { namespace: 'default', name: 'bottom' }, 'merge', { metadata: { finalizers: null } })
  await gone('middle')
  await gone('top')
})

test('an owner that is named later takes the object along, too', async () => {
  const made = await configMap('owner')
  await configMap('child')
  await client.patch(CONFIG_MAPS, { namespace: 'default', name: 'child' }, 'merge', {
    metadata: { ownerReferences: [owner('owner', made.metadata.uid ?? '')] },
  })
  await client.delete(CONFIG_MAPS, { namespace: 'default', name: 'owner' })
  await gone('child')
})
