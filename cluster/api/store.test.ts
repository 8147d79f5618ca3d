import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { StaleObject, Store, type Stored, type StoreEvent } from './store.ts'

const MAPS = '/configmaps'

const object = (name: string, namespace = 'default', more: object = {}): Stored => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  ...more,
})

const keyOf = (name: string, namespace = 'default') => ({ storage: MAPS, namespace, name })

test('every write gets the next revision as its version', () => {
  const store = new Store({ historyLimit: 10 })
  const start = store.revision
  const made = store.insert(MAPS, object('a'))
  const changed = store.replace(MAPS, made, object('a', 'default', { data: { x: '1' } }))
  assert.deepEqual(
    [made, changed].map(({ metadata }) => Number(metadata.resourceVersion) - start),
    [1, 2],
  )
  assert.equal(store.get(keyOf('a')), changed)
})

test('a write over an object that has changed is refused, and so is its removal', () => {
  const store = new Store({ historyLimit: 10 })
  const made = store.insert(MAPS, object('a'))
  const changed = store.replace(MAPS, made, object('a'))
  assert.throws(() => store.replace(MAPS, made, object('a')), StaleObject)
  assert.throws(() => store.remove(MAPS, made), StaleObject)
  store.remove(MAPS, changed)
  assert.throws(() => store.remove(MAPS, changed), StaleObject)
  assert.equal(store.get(keyOf('a')), undefined)
})

test('a list is ordered by namespace and name', () => {
  const store = new Store({ historyLimit: 10 })
  for (const [name, namespace] of [
    ['b', 'x'],
    ['a', 'y'],
    ['a', 'x'],
    ['c', 'x'],
  ] as const)
    store.insert(MAPS, object(name, namespace))
  assert.deepEqual(
    store.list(MAPS).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    ['x/a', 'x/b', 'x/c', 'y/a'],
  )
  assert.deepEqual(
    store.list(MAPS, 'x').map(({ metadata }) => metadata.name),
    ['a', 'b', 'c'],
  )
})

test('a deletion carries the last state, and the version of the deletion', () => {
  const store = new Store({ historyLimit: 10 })
  const events: StoreEvent[] = []
  const stop = store.subscribe(MAPS, event => events.push(event))
  const made = store.insert(MAPS, object('a', 'default', { data: { x: '1' } }))
  store.remove(MAPS, made)
  stop()
  store.insert(MAPS, object('b'))
  assert.deepEqual(
    events.map(({ type }) => type),
    ['ADDED', 'DELETED'],
  )
  assert.deepEqual(events[1]?.object['data'], { x: '1' })
  assert.equal(events[1]?.object.metadata.resourceVersion, String(events[1]?.revision))
})

test('only the newest events of each resource are known, older versions are expired', () => {
  const store = new Store({ historyLimit: 3 })
  const start = store.revision
  for (const name of ['a', 'b', 'c', 'd', 'e']) store.insert(MAPS, object(name))
  assert.equal(store.eventsAfter(MAPS, start), 'expired')
  assert.equal(store.eventsAfter(MAPS, start + 1), 'expired')
  const known = store.eventsAfter(MAPS, start + 2)
  assert.deepEqual(known === 'expired' ? known : known.map(({ object: one }) => one.metadata.name), ['c', 'd', 'e'])
  assert.deepEqual(store.eventsAfter('/secrets', start), [])
})

test('after a compaction every earlier version is expired, the current one is not', () => {
  const store = new Store({ historyLimit: 10 })
  const before = Number(store.insert(MAPS, object('a')).metadata.resourceVersion)
  store.compact()
  assert.equal(store.eventsAfter(MAPS, before), 'expired')
  assert.deepEqual(store.eventsAfter(MAPS, store.revision), [])
})

test('replaying the events from any known version gives the current objects', () => {
  const writes = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), remove: fc.boolean() }), {
    minLength: 1,
    maxLength: 30,
  })
  fc.assert(
    fc.property(writes, fc.nat(30), (all, from) => {
      const store = new Store({ historyLimit: 1000 })
      const snapshots = new Map<number, readonly Stored[]>([[store.revision, []]])
      for (const { name, remove } of all) {
        const current = store.get(keyOf(name))
        if (!current) store.insert(MAPS, object(name))
        else if (remove) store.remove(MAPS, current)
        else store.replace(MAPS, current, object(name))
        snapshots.set(store.revision, store.list(MAPS))
      }
      const revisions = [...snapshots.keys()]
      const start = revisions[from % revisions.length] ?? 0
      const replayed = new Map((snapshots.get(start) ?? []).map(one => [one.metadata.name, one]))
      const events = store.eventsAfter(MAPS, start)
      assert.ok(events !== 'expired')
      for (const event of events) {
        if (event.type === 'DELETED') replayed.delete(event.object.metadata.name)
        else replayed.set(event.object.metadata.name, event.object)
      }
      assert.deepEqual(
        [...replayed.values()].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name)),
        store.list(MAPS),
      )
    }),
  )
})
