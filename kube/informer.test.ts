import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type InformerOptions, withoutBookkeeping } from './informer.ts'
import { makeLogger } from './log.ts'
import type { Item } from './testing/collection.ts'
import { type Fault, type HostileServer, startHostileServer } from './testing/hostile-server.ts'
import { makeRig, type Rig } from './testing/informer-rig.ts'
import { until } from './testing/until.ts'

type Setup = { readonly before?: (server: HostileServer) => void; readonly options?: Partial<InformerOptions<Item>> }

const setUp = async (t: TestContext, { before, options }: Setup = {}): Promise<{ server: HostileServer; rig: Rig }> => {
  const server = await startHostileServer()
  server.put('a', '1')
  server.put('b', '1')
  before?.(server)
  const rig = makeRig(server, options)
  t.after(async () => {
    await rig.close()
    await server.close()
  })
  return { server, rig }
}

const settledSetUp = async (t: TestContext, setup: Setup = {}) => {
  const { server, rig } = await setUp(t, setup)
  await rig.settled()
  rig.heard.length = 0
  return { server, rig }
}

test('lists page by page, then follows adds, changes and deletes', async t => {
  const { server, rig } = await setUp(t, { options: { timing: { pageSize: 1 } } })
  assert.equal(rig.informer.hasSynced(), false)
  await rig.informer.synced()
  await rig.settled()
  assert.equal(server.counts.lists, 2)
  assert.deepEqual(rig.heard, ['+a', '+b'])
  server.put('c', '1')
  server.put('a', '2')
  server.remove('b')
  await rig.settled()
  assert.deepEqual(rig.heard, ['+a', '+b', '+c', '~a', '-b'])
  assert.equal(rig.informer.get('shop', 'a')?.data.value, '2')
  assert.equal(rig.informer.get('shop', 'b'), undefined)
  assert.deepEqual([server.counts.lists, server.counts.watches], [2, 1])
})

test('objects are frozen all the way down, without managedFields, with apiVersion and kind', async t => {
  const { rig } = await settledSetUp(t)
  const [object] = rig.informer.list()
  assert.ok(object)
  assert.deepEqual([object.apiVersion, object.kind, object.metadata.managedFields], ['v1', 'ConfigMap', undefined])
  assert.ok(Object.isFrozen(object) && Object.isFrozen(object.metadata) && Object.isFrozen(object.data))
})

test('what kubectl apply notes is not kept, whatever a transform keeps', () => {
  const noted = { 'kubectl.kubernetes.io/last-applied-configuration': '{"kind":"ConfigMap"}' }
  const metadata = { name: 'a', annotations: { ...noted, team: 'x' }, managedFields: [] }
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata }
  assert.deepEqual(withoutBookkeeping(object).metadata, { name: 'a', annotations: { team: 'x' } })
  // An object with no annotations at all would be patched in another way.
  assert.deepEqual(withoutBookkeeping({ ...object, metadata: { name: 'a', annotations: noted } }).metadata, {
    name: 'a',
    annotations: {},
  })
  const plain = { ...object, metadata: { name: 'a' } }
  assert.equal(withoutBookkeeping(plain), plain)
})

test('indexes follow the objects', async t => {
  const indexes = { value: (item: Item) => [item.data.value] }
  const { server, rig } = await settledSetUp(t, { options: { indexes } })
  const names = (value: string) => rig.informer.by('value', value).map(item => item.metadata.name)
  assert.deepEqual([names('1'), names('2')], [['a', 'b'], []])
  server.put('a', '2')
  server.remove('b')
  await rig.settled()
  assert.deepEqual([names('1'), names('2')], [[], ['a']])
  assert.throws(() => rig.informer.by('nope', '1'), /no index "nope"; there are: value/)
})

test('a handler, a transform or an index function that throws is logged and stops nothing', async t => {
  const lines: string[] = []
  const fail = () => {
    throw new Error('broken')
  }
  const log = makeLogger({ component: 'test', level: 'error', write: line => lines.push(line) })
  const { server, rig } = await setUp(t, { options: { log, indexes: { broken: fail } } })
  rig.informer.onChange(fail)
  await rig.informer.synced()
  server.put('c', '1')
  await rig.settled()
  assert.equal(rig.informer.by('broken', 'x').length, 0)
  assert.ok(
    lines.some(line => line.includes('a change handler threw')) && lines.some(line => line.includes('an index function threw')),
  )
  const other = makeRig(server, { log, transform: fail })
  await until('the other one has all', () => other.informer.list().length === 3)
  await other.close()
  assert.ok(lines.some(line => line.includes('the transform threw')))
})

test('a handler that comes late is told what is here, and one that unsubscribed nothing more', async t => {
  const { server, rig } = await settledSetUp(t)
  const late: string[] = []
  const unsubscribe = rig.informer.onChange(key => late.push(key))
  assert.deepEqual(late, ['shop/a', 'shop/b'])
  unsubscribe()
  server.put('a', '2')
  await rig.settled()
  assert.equal(late.length, 2)
})

/** While no watch is open everything happens that a watch would have told. */
const changeUnseen = (server: HostileServer): void => {
  server.put('a', '2')
  server.remove('b')
  server.put('c', '1')
  server.remove('c')
  server.put('d', '1')
}

const gone: readonly { readonly name: string; readonly faults: readonly Fault[] }[] = [
  { name: 'by status', faults: [] },
  { name: 'by ERROR event', faults: [{ kind: 'error-event', code: 410 }] },
]
for (const { name, faults } of gone)
  test(`a version that is Gone ${name} leads to one more list and deletes for what vanished`, async t => {
    const { server, rig } = await settledSetUp(t)
    server.fail('watch', ...faults)
    server.cutWatches('end')
    changeUnseen(server)
    if (faults.length === 0) server.compact()
    await rig.settled()
    assert.deepEqual(rig.heard, ['-b', '~a', '+d'])
    assert.equal(server.counts.lists, 2)
    assert.equal(rig.informer.stats().gone, 1)
  })

test('an object that was deleted and made again while nobody looked is a delete and an add', async t => {
  const { server, rig } = await settledSetUp(t)
  server.cutWatches('reset')
  server.remove('a')
  server.put('a', '9')
  server.compact()
  await rig.settled()
  assert.deepEqual(rig.heard, ['-a', '+a'])
})

test('what changed while the watch was away is told by the next watch, without a list', async t => {
  for (const how of ['end', 'reset', 'half-line'] as const) {
    const { server, rig } = await settledSetUp(t)
    server.cutWatches(how)
    changeUnseen(server)
    await rig.settled()
    assert.deepEqual(rig.heard, ['~a', '-b', '+c', '-c', '+d'], how)
    assert.equal(server.counts.lists, 1, how)
  }
})

test('a server that always says Gone is asked ever more slowly', async t => {
  const { server, rig } = await settledSetUp(t, { options: { timing: { backoffBaseMs: 30, backoffCapMs: 200 } } })
  server.fail('watch', ...Array.from({ length: 4 }, (): Fault => ({ kind: 'status', status: 410 })))
  const startedAt = performance.now()
  server.cutWatches('reset')
  await rig.settled()
  // After the reset and the first Gone the waits are at least 60, 120 and 200 ms.
  assert.ok(performance.now() - startedAt >= 380)
})

const watchFaults: readonly Fault[] = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 403 },
  { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
  { kind: 'reset' },
  { kind: 'half-line' },
  { kind: 'bad-line' },
  { kind: 'empty' },
  { kind: 'duplicates' },
  { kind: 'error-event', code: 500 },
]
for (const fault of watchFaults)
  test(`a watch with ${JSON.stringify(fault)} ends with an equal copy over one watch`, async t => {
    const { server, rig } = await settledSetUp(t)
    server.fail('watch', fault, fault)
    server.cutWatches('reset')
    changeUnseen(server)
    // Duplicates do not end the first watch, so the second fault needs another cut.
    await until('the first fault is used', () => server.faultsLeft() <= 1)
    if (fault.kind === 'duplicates') {
      await until('a watch is open', () => server.openWatches() === 1)
      server.cutWatches('end')
    }
    await rig.settled()
    server.put('e', '1')
    await rig.settled()
    assert.equal(server.counts.lists, 1)
  })

const listFaults: readonly Fault[] = [{ kind: 'status', status: 500 }, { kind: 'status', status: 429 }, { kind: 'reset' }]
// The transport itself sends a reset list once more, so only every second reset is a failure here.
for (const fault of listFaults)
  test(`a list with ${JSON.stringify(fault)} is tried again until it succeeds`, async t => {
    const { server, rig } = await setUp(t, { before: made => made.fail('list', fault, fault, fault) })
    await rig.settled()
    server.put('c', '1')
    await rig.settled()
  })

test('Retry-After is honoured', async t => {
  const before = (made: HostileServer) => made.fail('list', { kind: 'status', status: 429, headers: { 'retry-after': '1' } })
  const startedAt = performance.now()
  const { rig } = await setUp(t, { before })
  await rig.settled()
  assert.ok(performance.now() - startedAt >= 1000)
})

test('duplicate ADDED events tell nothing twice', async t => {
  const { server, rig } = await settledSetUp(t)
  server.fail('watch', { kind: 'duplicates' })
  server.cutWatches('reset')
  await rig.settled()
  server.put('z', '1')
  await rig.settled()
  assert.deepEqual(rig.heard, ['+z'])
})

test('bodies in pieces of one and two bytes, which cut every line and character, are put together', async t => {
  for (const bytes of [1, 2]) {
    const { server, rig } = await settledSetUp(t, { before: made => made.chop(bytes) })
    server.put('umlaut', 'größer 💧')
    server.cutWatches('reset')
    server.put('a', 'häh')
    await rig.settled()
    assert.equal(rig.informer.get('shop', 'umlaut')?.data.value, 'größer 💧')
  }
})

test('a watch on which the server says nothing is given up and opened anew', async t => {
  for (const kind of ['mute', 'silence'] as const) {
    const { server, rig } = await settledSetUp(t, { options: { timing: { idleMs: 300 } } })
    server.fail('watch', { kind })
    server.cutWatches('reset')
    changeUnseen(server)
    await rig.settled()
    assert.deepEqual(rig.heard, ['~a', '-b', '+c', '-c', '+d'], kind)
  }
})

test('a bookmark moves the version on and counts as a sign of life', async t => {
  const { server, rig } = await settledSetUp(t)
  server.compact()
  server.bookmark()
  await until('the bookmark arrived', () => rig.informer.stats().events === 1)
  assert.ok(rig.informer.lastEventAgeMs() < 20_000)
  server.cutWatches('end')
  await until('the next watch is open', () => server.counts.watches === 2 && server.openWatches() === 1)
  server.put('a', '5')
  await rig.settled()
  assert.equal(server.counts.lists, 1)
})

test('when the server forgets the snapshot between two pages, the whole is listed at once', async t => {
  const { server, rig } = await setUp(t, {
    before: made => made.fail('list', { kind: 'status', status: 500 }),
    options: { timing: { pageSize: 1, backoffBaseMs: 1 } },
  })
  await until('the first page was served', () => {
    if (server.counts.lists === 2) server.compact()
    return server.counts.lists >= 2
  })
  await rig.settled()
})

test('a rotated token is a refusal like any other until the new one is there', async t => {
  const { server, rig } = await settledSetUp(t)
  server.requireToken('two')
  server.cutWatches('reset')
  changeUnseen(server)
  await until('it was refused', () => rig.informer.stats().failures >= 3)
  server.requireToken('one')
  await rig.settled()
})

test('stopping during a list, a watch that says nothing, a wait and a watch leaves nothing running', async t => {
  const cases: readonly {
    readonly name: string
    readonly setup: Setup
    readonly reached: (s: HostileServer, r: Rig) => boolean
  }[] = [
    { name: 'list', setup: { before: made => made.fail('list', { kind: 'silence' }) }, reached: s => s.counts.lists === 1 },
    { name: 'silence', setup: { before: made => made.fail('watch', { kind: 'silence' }) }, reached: s => s.counts.watches === 1 },
    {
      name: 'wait',
      setup: {
        before: made => made.fail('list', { kind: 'reset' }),
        options: { timing: { backoffBaseMs: 60_000, backoffCapMs: 60_000 } },
      },
      reached: (_, r) => r.informer.stats().failures === 1,
    },
    { name: 'watch', setup: {}, reached: s => s.openWatches() === 1 },
    { name: 'slow list', setup: { before: made => made.chop(1) }, reached: s => s.counts.lists === 1 },
  ]
  for (const { name, setup, reached } of cases) {
    const { server, rig } = await setUp(t, setup)
    await until(name, () => reached(server, rig))
    await rig.informer.stop()
    await until(`${name}: no request is open`, () => server.requestsOpen() === 0)
    const { requests } = server.counts
    server.put('later', '1')
    await rig.transport.close()
    assert.equal(server.counts.requests, requests, name)
    assert.equal(rig.informer.get('shop', 'later'), undefined, name)
    if (!rig.informer.hasSynced()) await assert.rejects(rig.informer.synced(), /was stopped before/, name)
  }
})

test('waiting for the first list can be given up', async t => {
  const { rig } = await setUp(t, { before: made => made.fail('list', { kind: 'silence' }) })
  await assert.rejects(rig.informer.synced(AbortSignal.abort()), { name: 'AbortError' })
})
