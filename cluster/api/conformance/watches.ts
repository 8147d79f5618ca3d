/** Cases about lists and watches. */
import assert from 'node:assert/strict'
import type { KubeClient, WatchEvent } from '../../../kube/client.ts'
import { CONFIG_MAPS } from '../../../kube/resources.ts'
import { type ConformanceCase, type ConformanceContext, configMap, type Loose, refused } from './context.ts'

type WatchOf = {
  readonly from: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly timeoutSeconds?: number
}

const watchMaps = (client: KubeClient, namespace: string, { from, timeoutSeconds = 60, ...selectors }: WatchOf) => {
  const stop = new AbortController()
  const events = client.watch<Loose>(CONFIG_MAPS, {
    namespace,
    resourceVersion: from,
    timeoutSeconds,
    idleMs: 90_000,
    signal: stop.signal,
    ...selectors,
  })
  return { events, stop: () => stop.abort() }
}

/** Put into each new namespace by a controller, at a time of its own. */
const ROOT_CA = 'kube-root-ca.crt'

/** The first events, bookmarks left out. */
const take = async (watch: ReturnType<typeof watchMaps>, count: number): Promise<readonly WatchEvent<Loose>[]> => {
  const taken: WatchEvent<Loose>[] = []
  for await (const event of watch.events) {
    if (event.type !== 'BOOKMARK' && event.object.metadata.name !== ROOT_CA) taken.push(event)
    if (taken.length === count) break
  }
  watch.stop()
  return taken
}

const told = (events: readonly WatchEvent<Loose>[]) => events.map(({ type, object }) => `${type} ${object.metadata.name}`)

const ref = (context: ConformanceContext, name: string) => ({ namespace: context.namespace, name })

const versionOf = async (context: ConformanceContext) =>
  (await context.client.list(CONFIG_MAPS, { namespace: context.namespace })).metadata.resourceVersion

export const WATCH_CASES: readonly ConformanceCase[] = [
  {
    name: 'a list is ordered, can be selected from, and is read in pages',
    run: async context => {
      for (const [name, tier] of [
        ['c', 'x'],
        ['a', 'x'],
        ['b', 'y'],
        ['d', 'x'],
      ] as const)
        await context.client.create(CONFIG_MAPS, configMap(context, name, {}, { labels: { tier, case: context.unique } }))
      const labelSelector = `case=${context.unique}`
      const names = async (options: object) =>
        (await context.client.list<Loose>(CONFIG_MAPS, { namespace: context.namespace, ...options })).items.map(
          item => item.metadata.name,
        )
      assert.deepEqual(await names({ labelSelector }), ['a', 'b', 'c', 'd'])
      assert.deepEqual(await names({ labelSelector: `${labelSelector},tier in (x)` }), ['a', 'c', 'd'])
      assert.deepEqual(await names({ labelSelector: `${labelSelector},tier!=x` }), ['b'])
      assert.deepEqual(await names({ labelSelector, fieldSelector: 'metadata.name=c' }), ['c'])
      const first = await context.client.list<Loose>(CONFIG_MAPS, { namespace: context.namespace, labelSelector, limit: 3 })
      await context.client.create(CONFIG_MAPS, configMap(context, 'e', {}, { labels: { case: context.unique } }))
      const second = await context.client.list<Loose>(CONFIG_MAPS, {
        namespace: context.namespace,
        labelSelector,
        limit: 3,
        ...(first.metadata.continue ? { continue: first.metadata.continue } : {}),
      })
      assert.deepEqual(
        [...first.items, ...second.items].map(item => item.metadata.name),
        ['a', 'b', 'c', 'd'],
      )
      assert.equal(second.metadata.continue, undefined)
    },
  },
  {
    name: 'a watch tells what happened after its version, in order',
    run: async context => {
      const from = await versionOf(context)
      await context.client.create(CONFIG_MAPS, configMap(context, 'one'))
      await context.client.patch(CONFIG_MAPS, ref(context, 'one'), 'merge', { data: { a: '1' } })
      const watch = watchMaps(context.client, context.namespace, { from })
      const taking = take(watch, 4)
      await context.client.create(CONFIG_MAPS, configMap(context, 'two'))
      await context.client.delete(CONFIG_MAPS, ref(context, 'one'))
      const events = await taking
      assert.deepEqual(told(events), ['ADDED one', 'MODIFIED one', 'ADDED two', 'DELETED one'])
      const versions = events.map(event => Number(event.object.metadata.resourceVersion))
      assert.deepEqual(
        versions,
        [...versions].sort((a, b) => a - b),
      )
      assert.equal(new Set(versions).size, 4)
    },
  },
  {
    name: 'through a selector, an object that starts to match is added and one that stops is deleted',
    run: async context => {
      const from = await versionOf(context)
      const watch = watchMaps(context.client, context.namespace, { from, labelSelector: 'shown=yes' })
      const taking = take(watch, 4)
      await context.client.create(CONFIG_MAPS, configMap(context, 'one'))
      await context.client.patch(CONFIG_MAPS, ref(context, 'one'), 'merge', { metadata: { labels: { shown: 'yes' } } })
      await context.client.patch(CONFIG_MAPS, ref(context, 'one'), 'merge', { data: { a: '1' } })
      await context.client.patch(CONFIG_MAPS, ref(context, 'one'), 'merge', { metadata: { labels: { shown: 'no' } } })
      await context.client.patch(CONFIG_MAPS, ref(context, 'one'), 'merge', { metadata: { labels: { shown: 'yes' } } })
      assert.deepEqual(told(await taking), ['ADDED one', 'MODIFIED one', 'DELETED one', 'ADDED one'])
    },
  },
  {
    name: 'a watch of one object by its name sees no other',
    run: async context => {
      const from = await versionOf(context)
      const taking = take(watchMaps(context.client, context.namespace, { from, fieldSelector: 'metadata.name=two' }), 1)
      await context.client.create(CONFIG_MAPS, configMap(context, 'one'))
      await context.client.create(CONFIG_MAPS, configMap(context, 'two'))
      assert.deepEqual(told(await taking), ['ADDED two'])
    },
  },
  {
    name: 'a watch sends a bookmark with a version before it ends',
    run: async context => {
      const from = await versionOf(context)
      const watch = watchMaps(context.client, context.namespace, { from, timeoutSeconds: 8 })
      const bookmarks: string[] = []
      for await (const event of watch.events)
        if (event.type === 'BOOKMARK') bookmarks.push(event.object.metadata.resourceVersion ?? '')
      assert.ok(bookmarks.length > 0, 'no bookmark arrived')
      for (const version of bookmarks) assert.match(version, /^\d+$/)
    },
  },
  {
    name: 'a version that is long gone is refused with 410',
    needsForgetting: true,
    run: async context => {
      await context.client.create(CONFIG_MAPS, configMap(context, 'one'))
      await context.forgetHistory()
      const watch = watchMaps(context.client, context.namespace, { from: '1' })
      await refused(take(watch, 1), { status: 410, reason: 'Expired' })
    },
  },
]
