/** Cases about the end of objects: finalizers, grace, owners, namespaces. */
import assert from 'node:assert/strict'
import type { KubeClient } from '../../../kube/client.ts'
import { CONFIG_MAPS, NAMESPACES, PODS } from '../../../kube/resources.ts'
import {
  type ConformanceCase,
  type ConformanceContext,
  configMap,
  eventually,
  isGone,
  type Loose,
  look,
  object,
  refused,
} from './context.ts'

const ref = (context: ConformanceContext, name: string) => ({ namespace: context.namespace, name })

const FINALIZER = 'example.test/hold'

const ownedBy = (owner: Loose, more: object = {}) => ({
  ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner.metadata.name, uid: owner.metadata.uid, ...more }],
})

const gone = (context: ConformanceContext, name: string) =>
  eventually(`${name} is gone`, () => isGone(context.client, CONFIG_MAPS, ref(context, name)))

const release = (client: KubeClient, where: { readonly namespace: string; readonly name: string }) =>
  client.patch(CONFIG_MAPS, where, 'merge', { metadata: { finalizers: null } })

const pod = (context: ConformanceContext, name: string, spec: object = {}) =>
  object(
    'v1',
    'Pod',
    { name, namespace: context.namespace },
    { spec: { containers: [{ name: 'main', image: 'example.test/app:1' }], ...spec } },
  )

export const LIFECYCLE_CASES: readonly ConformanceCase[] = [
  {
    name: 'an object with a finalizer stays, marked, until the finalizer is gone, and takes no new one',
    run: async context => {
      await context.client.create(CONFIG_MAPS, configMap(context, 'one', {}, { finalizers: [FINALIZER] }))
      await context.client.delete(CONFIG_MAPS, ref(context, 'one'))
      const marked = await context.client.get<Loose>(CONFIG_MAPS, ref(context, 'one'))
      assert.ok(marked.metadata.deletionTimestamp)
      await refused(
        context.client.patch(CONFIG_MAPS, ref(context, 'one'), 'merge', {
          metadata: { finalizers: [FINALIZER, 'example.test/other'] },
        }),
        { status: 422, message: /no new finalizers can be added if the object is being deleted/ },
      )
      await release(context.client, ref(context, 'one'))
      assert.ok(await isGone(context.client, CONFIG_MAPS, ref(context, 'one')))
    },
  },
  {
    name: 'a deletion with the uid of another object is refused',
    run: async context => {
      const made = await context.client.create<Loose>(CONFIG_MAPS, configMap(context, 'one'))
      await refused(context.client.delete(CONFIG_MAPS, ref(context, 'one'), { uid: '00000000-0000-0000-0000-000000000000' }), {
        status: 409,
        reason: 'Conflict',
      })
      await context.client.delete(CONFIG_MAPS, ref(context, 'one'), { uid: made.metadata.uid ?? '' })
      assert.ok(await isGone(context.client, CONFIG_MAPS, ref(context, 'one')))
    },
  },
  {
    name: 'a pod that no node runs is deleted at once; one that a node runs waits for its grace period or the node',
    run: async context => {
      await context.client.create(PODS, pod(context, 'waiting', { schedulerName: 'nobody' }))
      await context.client.delete(PODS, ref(context, 'waiting'))
      assert.ok(await isGone(context.client, PODS, ref(context, 'waiting')))
      await context.client.create(PODS, pod(context, 'running', { nodeName: 'no-such-node', terminationGracePeriodSeconds: 600 }))
      await context.client.delete(PODS, ref(context, 'running'))
      const marked = await context.client.get<Loose>(PODS, ref(context, 'running'))
      assert.equal(marked.metadata.deletionGracePeriodSeconds, 600)
      await context.client.delete(PODS, ref(context, 'running'), { gracePeriodSeconds: 0 })
      assert.ok(await isGone(context.client, PODS, ref(context, 'running')))
    },
  },
  {
    name: 'what a pod runs cannot be changed, but its image can',
    run: async context => {
      await context.client.create(PODS, pod(context, 'one', { schedulerName: 'nobody' }))
      await refused(
        context.client.patch(PODS, ref(context, 'one'), 'strategic', {
          spec: { containers: [{ name: 'main', args: ['--other'] }] },
        }),
        { status: 422, message: /pod updates may not change fields other than/ },
      )
      const now = await context.client.patch<Loose>(PODS, ref(context, 'one'), 'strategic', {
        spec: { containers: [{ name: 'main', image: 'example.test/app:2' }] },
      })
      assert.equal(look(now, 'spec.containers[0].image'), 'example.test/app:2')
    },
  },
  {
    name: 'what an object owns goes after it',
    run: async context => {
      const owner = await context.client.create<Loose>(CONFIG_MAPS, configMap(context, 'owner'))
      const child = await context.client.create<Loose>(CONFIG_MAPS, configMap(context, 'child', {}, ownedBy(owner)))
      await context.client.create(CONFIG_MAPS, configMap(context, 'grandchild', {}, ownedBy(child)))
      await context.client.delete(CONFIG_MAPS, ref(context, 'owner'), { propagation: 'Background' })
      assert.ok(await isGone(context.client, CONFIG_MAPS, ref(context, 'owner')))
      await gone(context, 'child')
      await gone(context, 'grandchild')
    },
  },
  {
    name: 'an object stays as long as one of its owners is there',
    run: async context => {
      const [one, two] = [
        await context.client.create<Loose>(CONFIG_MAPS, configMap(context, 'one')),
        await context.client.create<Loose>(CONFIG_MAPS, configMap(context, 'two')),
      ]
      const owners = [...ownedBy(one).ownerReferences, ...ownedBy(two).ownerReferences]
      await context.client.create(CONFIG_MAPS, configMap(context, 'child', {}, { ownerReferences: owners }))
      await context.client.delete(CONFIG_MAPS, ref(context, 'one'), { propagation: 'Background' })
      await eventually('the lost owner is no longer named', async () => {
        const child = await context.client.get<Loose>(CONFIG_MAPS, ref(context, 'child'))
        return child.metadata.ownerReferences?.length === 1
      })
    },
  },
  {
    name: 'in a foreground deletion the owner goes last',
    run: async context => {
      const owner = await context.client.create<Loose>(CONFIG_MAPS, configMap(context, 'owner'))
      await context.client.create(
        CONFIG_MAPS,
        configMap(context, 'child', {}, { finalizers: [FINALIZER], ...ownedBy(owner, { blockOwnerDeletion: true }) }),
      )
      await context.client.delete(CONFIG_MAPS, ref(context, 'owner'), { propagation: 'Foreground' })
      await eventually(
        'the child is being deleted',
        async () => (await context.client.get<Loose>(CONFIG_MAPS, ref(context, 'child'))).metadata.deletionTimestamp,
      )
      const waiting = await context.client.get<Loose>(CONFIG_MAPS, ref(context, 'owner'))
      assert.deepEqual(waiting.metadata.finalizers, ['foregroundDeletion'])
      await release(context.client, ref(context, 'child'))
      await gone(context, 'child')
      await gone(context, 'owner')
    },
  },
  {
    name: 'an orphaning deletion leaves the children without an owner',
    run: async context => {
      const owner = await context.client.create<Loose>(CONFIG_MAPS, configMap(context, 'owner'))
      await context.client.create(CONFIG_MAPS, configMap(context, 'child', {}, ownedBy(owner)))
      await context.client.delete(CONFIG_MAPS, ref(context, 'owner'), { propagation: 'Orphan' })
      await gone(context, 'owner')
      const child = await context.client.get<Loose>(CONFIG_MAPS, ref(context, 'child'))
      assert.equal(child.metadata.ownerReferences, undefined)
      assert.equal(child.metadata.deletionTimestamp, undefined)
    },
  },
  {
    name: 'the namespaces that every cluster needs cannot be deleted',
    run: async context => {
      await refused(context.client.delete(NAMESPACES, { name: 'default' }), {
        status: 403,
        message: 'namespaces "default" is forbidden: this namespace may not be deleted',
      })
    },
  },
  {
    name: 'a collection is deleted by selector',
    run: async context => {
      for (const [name, tier] of [
        ['a', 'x'],
        ['b', 'y'],
        ['c', 'x'],
      ] as const)
        await context.client.create(CONFIG_MAPS, configMap(context, name, {}, { labels: { tier } }))
      await context.client.raw('DELETE', `/api/v1/namespaces/${context.namespace}/configmaps?labelSelector=tier%3Dx`)
      const left = await context.client.list<Loose>(CONFIG_MAPS, { namespace: context.namespace, labelSelector: 'tier' })
      assert.deepEqual(
        left.items.map(item => item.metadata.name),
        ['b'],
      )
    },
  },
  {
    name: 'a namespace takes what is in it along, and takes nothing new meanwhile',
    run: async context => {
      const name = `ending-${context.unique}`
      await context.client.create(NAMESPACES, object('v1', 'Namespace', { name }))
      await context.client.create(
        CONFIG_MAPS,
        object('v1', 'ConfigMap', { name: 'held', namespace: name, finalizers: [FINALIZER] }),
      )
      await context.client.delete(NAMESPACES, { name })
      const ending = await context.client.get<Loose>(NAMESPACES, { name })
      assert.equal(look(ending, 'status.phase'), 'Terminating')
      await refused(context.client.create(CONFIG_MAPS, object('v1', 'ConfigMap', { name: 'late', namespace: name })), {
        status: 403,
        message: /because it is being terminated/,
      })
      await eventually(
        'the contents are being deleted',
        async () => (await context.client.get<Loose>(CONFIG_MAPS, { namespace: name, name: 'held' })).metadata.deletionTimestamp,
      )
      await release(context.client, { namespace: name, name: 'held' })
      await eventually('the namespace is gone', () => isGone(context.client, NAMESPACES, { name }))
    },
  },
]
