/** Cases about patches, generations and subresources. */
import assert from 'node:assert/strict'
import { CONFIG_MAPS, DEPLOYMENTS } from '../../../kube/resources.ts'
import {
  type ConformanceCase,
  type ConformanceContext,
  configMap,
  deployment,
  type Loose,
  look,
  lookAll,
  refused,
} from './context.ts'

const ref = (context: ConformanceContext, name: string) => ({ namespace: context.namespace, name })

const containersOf = (found: Loose) => lookAll(found, 'spec.template.spec.containers')

export const PATCH_CASES: readonly ConformanceCase[] = [
  {
    name: 'a merge patch merges objects, replaces lists and removes by null',
    run: async context => {
      await context.client.create(CONFIG_MAPS, configMap(context, 'one', { data: { a: '1', b: '2' } }, { finalizers: [] }))
      const now = await context.client.patch<Loose>(CONFIG_MAPS, ref(context, 'one'), 'merge', {
        data: { a: null, c: '3' },
        metadata: { labels: { x: 'y' } },
      })
      assert.deepEqual(look(now, 'data'), { b: '2', c: '3' })
      assert.deepEqual(now.metadata.labels, { x: 'y' })
    },
  },
  {
    name: 'a JSON patch is applied whole or not at all',
    run: async context => {
      await context.client.create(CONFIG_MAPS, configMap(context, 'one', { data: { a: '1' } }))
      const failing = [
        { op: 'replace', path: '/data/a', value: '2' },
        { op: 'test', path: '/data/a', value: 'other' },
      ]
      await refused(context.client.patch(CONFIG_MAPS, ref(context, 'one'), 'json', failing), { status: 422, reason: 'Invalid' })
      const now = await context.client.get<Loose>(CONFIG_MAPS, ref(context, 'one'))
      assert.equal(look(now, 'data.a'), '1')
      const patched = await context.client.patch<Loose>(CONFIG_MAPS, ref(context, 'one'), 'json', [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'replace', path: '/data/a', value: '2' },
      ])
      assert.equal(look(patched, 'data.a'), '2')
    },
  },
  {
    name: 'a JSON patch cannot add below what is not there; an emptied map is not there',
    run: async context => {
      await context.client.create(CONFIG_MAPS, configMap(context, 'one', {}, { annotations: { a: '1' } }))
      const emptied = await context.client.patch<Loose>(CONFIG_MAPS, ref(context, 'one'), 'json', [
        { op: 'remove', path: '/metadata/annotations/a' },
      ])
      assert.equal(emptied.metadata.annotations, undefined)
      await refused(
        context.client.patch(CONFIG_MAPS, ref(context, 'one'), 'json', [
          { op: 'add', path: '/metadata/annotations/b', value: '2' },
        ]),
        { status: 422 },
      )
    },
  },
  {
    name: 'a strategic patch merges containers by name and their variables by name',
    run: async context => {
      await context.client.create(DEPLOYMENTS, deployment(context, 'web'))
      const patchSpec = (containers: readonly object[]) => ({ spec: { template: { spec: { containers } } } })
      const strategic = (body: object) => context.client.patch<Loose>(DEPLOYMENTS, ref(context, 'web'), 'strategic', body)
      const added = await strategic(
        patchSpec([
          { name: 'side', image: 'example.test/side:1' },
          { name: 'main', env: [{ name: 'A', value: '1' }] },
        ]),
      )
      assert.deepEqual(
        containersOf(added)
          .map(container => container['name'])
          .sort(),
        ['main', 'side'],
      )
      const both = await strategic(patchSpec([{ name: 'main', env: [{ name: 'B', value: '2' }] }]))
      const main = containersOf(both).find(container => container['name'] === 'main')
      assert.deepEqual(
        lookAll(main, 'env')
          .map(variable => variable['name'])
          .sort(),
        ['A', 'B'],
      )
      assert.equal(look(main, 'image'), 'example.test/app:1')
      const removed = await strategic(patchSpec([{ name: 'side', $patch: 'delete' }]))
      assert.deepEqual(
        containersOf(removed).map(container => container['name']),
        ['main'],
      )
    },
  },
  {
    name: 'a strategic patch with retainKeys drops the rolling update of a strategy',
    run: async context => {
      await context.client.create(DEPLOYMENTS, deployment(context, 'web'))
      const now = await context.client.patch<Loose>(DEPLOYMENTS, ref(context, 'web'), 'strategic', {
        spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      })
      assert.deepEqual(look(now, 'spec.strategy'), { type: 'Recreate' })
    },
  },
  {
    name: 'null in a merge patch takes the rolling update away',
    run: async context => {
      await context.client.create(DEPLOYMENTS, deployment(context, 'web'))
      const now = await context.client.patch<Loose>(DEPLOYMENTS, ref(context, 'web'), 'merge', {
        spec: { strategy: { type: 'Recreate', rollingUpdate: null } },
      })
      assert.deepEqual(look(now, 'spec.strategy'), { type: 'Recreate' })
    },
  },
  {
    name: 'the generation of a Deployment counts changes of spec and annotations, not of labels or status',
    run: async context => {
      await context.client.create(DEPLOYMENTS, deployment(context, 'web'))
      const generation = async (body: object, subresource?: 'status') => {
        const before = await context.client.get<Loose>(DEPLOYMENTS, ref(context, 'web'))
        const after = await context.client.patch<Loose>(DEPLOYMENTS, ref(context, 'web'), 'merge', body, subresource)
        return (after.metadata.generation ?? 0) - (before.metadata.generation ?? 0)
      }
      assert.equal(await generation({ spec: { minReadySeconds: 1 } }), 1)
      assert.equal(await generation({ metadata: { annotations: { a: '1' } } }), 1)
      assert.equal(await generation({ metadata: { labels: { a: '1' } } }), 0)
      assert.equal(await generation({ status: { collisionCount: 3 } }, 'status'), 0)
      assert.equal(await generation({ metadata: { annotations: { b: '1' } } }, 'status'), 0)
      const noted = await context.client.get<Loose>(DEPLOYMENTS, ref(context, 'web'))
      assert.equal(noted.metadata.annotations?.['b'], '1')
    },
  },
  {
    name: 'status changes only through the status subresource, and nothing else does there',
    run: async context => {
      await context.client.create(DEPLOYMENTS, deployment(context, 'web'))
      const patch = { spec: { minReadySeconds: 5 }, status: { collisionCount: 3 } }
      const main = await context.client.patch<Loose>(DEPLOYMENTS, ref(context, 'web'), 'merge', patch)
      assert.equal(look(main, 'spec.minReadySeconds'), 5)
      assert.equal(look(main, 'status.collisionCount'), undefined)
      const status = await context.client.patch<Loose>(
        DEPLOYMENTS,
        ref(context, 'web'),
        'merge',
        { spec: { minReadySeconds: 9 }, status: { collisionCount: 3 } },
        'status',
      )
      assert.equal(look(status, 'spec.minReadySeconds'), 5)
      assert.equal(look(status, 'status.collisionCount'), 3)
    },
  },
  {
    name: 'scale reads and writes the number of replicas only',
    run: async context => {
      const made = await context.client.create<Loose>(DEPLOYMENTS, deployment(context, 'web'))
      const scaled = await context.client.patch<Loose>(
        DEPLOYMENTS,
        ref(context, 'web'),
        'merge',
        { spec: { replicas: 3 } },
        'scale',
      )
      assert.deepEqual([scaled.kind, look(scaled, 'spec.replicas'), look(scaled, 'status.selector')], ['Scale', 3, 'app=web'])
      const now = await context.client.get<Loose>(DEPLOYMENTS, ref(context, 'web'))
      assert.equal(look(now, 'spec.replicas'), 3)
      assert.equal(now.metadata.generation, (made.metadata.generation ?? 0) + 1)
      await refused(context.client.patch(DEPLOYMENTS, ref(context, 'web'), 'merge', { spec: { replicas: -1 } }, 'scale'), {
        status: 422,
      })
    },
  },
  {
    name: 'system fields of metadata cannot be changed',
    run: async context => {
      const made = await context.client.create<Loose>(CONFIG_MAPS, configMap(context, 'one'))
      const now = await context.client.patch<Loose>(CONFIG_MAPS, ref(context, 'one'), 'merge', {
        metadata: { creationTimestamp: '2001-01-01T00:00:00Z', generation: 40 },
      })
      assert.equal(now.metadata.creationTimestamp, made.metadata.creationTimestamp)
      assert.notEqual(now.metadata.generation, 40)
      await refused(
        context.client.patch(CONFIG_MAPS, ref(context, 'one'), 'merge', {
          metadata: { uid: '00000000-0000-0000-0000-000000000000' },
        }),
        { status: 422, message: /metadata\.uid: Invalid value: .*: field is immutable/ },
      )
    },
  },
]
