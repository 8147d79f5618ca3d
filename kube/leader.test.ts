import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LeaderElection, type LeaderOptions, runLeaderElection } from './leader.ts'
import { evaluate, heldSpec, type Lease, microTime } from './lease.ts'
import { silentLogger } from './log.ts'
import { type FakeClock, makeFakeClock } from './testing/fake-clock.ts'
import { type Interfere, type MemoryApi, makeMemoryApi } from './testing/memory-api.ts'

const PATH = '/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases/test'

const lease = (spec: Lease['spec']): Lease => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'test', namespace: 'sluice-system' },
  ...(spec === undefined ? {} : { spec }),
})

test('who may do what is a matter of the holder and of how long nothing changed', () => {
  const held = lease({ holderIdentity: 'b', leaseDurationSeconds: 15, renewTime: '1999-01-01T00:00:00.000000Z' })
  assert.equal(evaluate(undefined, 'a', 0, 0), 'acquire')
  assert.equal(evaluate(lease(undefined), 'a', 0, 0), 'acquire')
  assert.equal(evaluate(lease({ holderIdentity: '' }), 'a', 0, 0), 'acquire')
  assert.equal(evaluate(held, 'b', 0, 1e9), 'renew')
  // The time in the lease is long past, but was only just seen.
  assert.equal(evaluate(held, 'a', 1000, 15_999), 'wait')
  assert.equal(evaluate(held, 'a', 1000, 16_000), 'acquire')
  assert.equal(evaluate(lease({ holderIdentity: 'b' }), 'a', 0, 14_999), 'wait')
})

test('times have six digits and a transition is counted when the holder changes', () => {
  assert.equal(microTime(Date.parse('2026-01-01T00:00:00.120Z')), '2026-01-01T00:00:00.120000Z')
  const first = heldSpec(undefined, { me: 'a', durationMs: 15_000, now: 0 })
  assert.deepEqual(first, {
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    acquireTime: '1970-01-01T00:00:00.000000Z',
    renewTime: '1970-01-01T00:00:00.000000Z',
    leaseTransitions: 0,
  })
  const renewed = heldSpec(first, { me: 'a', durationMs: 15_000, now: 2000 })
  assert.deepEqual(renewed, { ...first, renewTime: '1970-01-01T00:00:02.000000Z' })
  const taken = heldSpec(renewed, { me: 'b', durationMs: 15_000, now: 9000 })
  assert.deepEqual([taken.acquireTime, taken.leaseTransitions], ['1970-01-01T00:00:09.000000Z', 1])
})

type Setup = { readonly api?: MemoryApi; readonly clock?: FakeClock; readonly interfere?: Interfere; readonly identity?: string }
type Seen = { readonly election: LeaderElection; readonly log: string[]; readonly clock: FakeClock; readonly api: MemoryApi }

const run = (setup: Setup = {}, more: Partial<LeaderOptions> = {}): Seen => {
  const { api = makeMemoryApi(), clock = makeFakeClock(), interfere, identity = 'a' } = setup
  const log: string[] = []
  const election = runLeaderElection({
    client: api.client(interfere),
    lease: { namespace: 'sluice-system', name: 'test' },
    identity,
    log: silentLogger,
    onStarted: signal => {
      log.push('started')
      signal.addEventListener('abort', () => log.push('aborted'))
    },
    onLost: why => log.push(`lost: ${why}`),
    clock,
    random: () => 0.5,
    ...more,
  })
  return { election, log, clock, api }
}

const specIn = (api: MemoryApi): NonNullable<Lease['spec']> => (api.objects.get(PATH) as Lease | undefined)?.spec ?? {}

test('the first takes the lease and renews it every two seconds', async () => {
  const { election, clock, api } = run()
  await clock.advance(0)
  assert.ok(election.isLeader())
  await clock.advance(20_000)
  assert.ok(election.isLeader())
  assert.deepEqual(api.writes, [
    'POST /apis/coordination.k8s.io/v1/namespaces/sluice-system/leases/test',
    ...Array.from({ length: 10 }, () => `PATCH ${PATH}`),
  ])
  await election.stop()
})

test('a second one waits until the lease has not changed for its duration', async () => {
  const api = makeMemoryApi()
  const clock = makeFakeClock()
  let isCut = false
  const cut: Interfere = async (_, call) => {
    if (isCut) throw new Error('no network')
    return call()
  }
  const first = run({ api, clock, interfere: cut })
  await clock.advance(0)
  const second = run({ api, clock, identity: 'b' })
  await clock.advance(60_000)
  assert.deepEqual([first.election.isLeader(), second.election.isLeader(), second.election.holder()], [true, false, 'a'])
  isCut = true
  await clock.advance(9000)
  assert.deepEqual(second.log, [])
  await clock.advance(2000)
  assert.deepEqual(first.log, ['started', 'aborted', 'lost: the lease was not renewed in time'])
  assert.equal(second.election.isLeader(), false)
  await clock.advance(10_000)
  assert.deepEqual(second.log, ['started'])
  assert.deepEqual([specIn(api).holderIdentity, specIn(api).leaseTransitions], ['b', 1])
  // Who lost does not come back.
  isCut = false
  await second.election.stop()
  await clock.advance(60_000)
  assert.deepEqual(first.log.length, 3)
  await first.election.stop()
  assert.equal(clock.pending(), 0)
})

test('a stop waits for the work, then gives the lease up, and the next one leads at once', async () => {
  const work = Promise.withResolvers<void>()
  const first = run({}, { onStarted: () => work.promise })
  await first.clock.advance(0)
  const second = run({ ...first, identity: 'b' })
  await first.clock.advance(0)
  const stopped = first.election.stop()
  await first.clock.advance(3000)
  assert.equal(specIn(first.api).holderIdentity, 'a')
  work.resolve()
  await first.clock.advance(0)
  await stopped
  assert.equal(specIn(first.api).holderIdentity, '')
  await first.clock.advance(2400)
  assert.ok(second.election.isLeader())
  assert.ok(!first.log.some(line => line.startsWith('lost')))
  await second.election.stop()
  assert.equal(first.clock.pending(), 0)
})

test('work that does not end in time leaves the lease to run out', async () => {
  const { election, clock, api } = run({}, { onStarted: () => new Promise(() => {}) })
  await clock.advance(1000)
  const stopped = election.stop()
  await clock.advance(20_000)
  await stopped
  assert.equal(specIn(api).holderIdentity, 'a')
})

test('work that fails loses the lease', async () => {
  const { clock, log } = run({}, { onStarted: async () => Promise.reject(new Error('broken')) })
  await clock.advance(0)
  assert.deepEqual(log, ['lost: the work of the leader failed: broken'])
})

test('a process that was suspended for too long stops leading before it writes anything', async () => {
  const { election, clock, api, log } = run()
  await clock.advance(0)
  const before = api.writes.length
  clock.jump(10_000)
  assert.equal(election.isLeader(), false)
  await clock.advance(2000)
  assert.deepEqual(log, ['started', 'aborted', 'lost: the lease was not renewed in time'])
  assert.equal(api.writes.length, before)
})

test('a lease that another took, or that was deleted, is lost at once', async () => {
  for (const change of [
    (api: MemoryApi) => api.objects.delete(PATH),
    (api: MemoryApi) => {
      const now = api.objects.get(PATH)
      assert.ok(now)
      api.objects.set(PATH, { ...lease({ holderIdentity: 'b' }), metadata: { ...now.metadata, resourceVersion: '999' } })
    },
  ]) {
    const { clock, api, log } = run()
    await clock.advance(1000)
    change(api)
    await clock.advance(1000)
    assert.equal(log.filter(line => line.startsWith('lost: the lease is held by')).length, 1)
    await clock.advance(60_000)
    assert.equal(log.length, 3)
  }
})

test('an acquisition whose answer was lost is found and kept', async () => {
  let calls = 0
  const interfere: Interfere = async (call, go) => {
    const answer = go()
    calls += 1
    if (call.method === 'POST' && calls <= 2) throw new Error('reset')
    return answer
  }
  const { election, clock, log } = run({ interfere })
  await clock.advance(0)
  assert.equal(election.isLeader(), false)
  await clock.advance(2400)
  assert.ok(election.isLeader())
  assert.deepEqual(log, ['started'])
  await election.stop()
})

test('a request that never ends does not keep the leader leading', async () => {
  let isHanging = false
  const interfere: Interfere = async (_, go) => (isHanging ? new Promise<never>(() => {}) : go())
  const { election, clock, log } = run({ interfere })
  await clock.advance(0)
  isHanging = true
  await clock.advance(9999)
  assert.ok(election.isLeader())
  await clock.advance(1)
  assert.equal(log.at(-1), 'lost: the lease was not renewed in time')
  // The attempt under way is given up at its own deadline.
  const stopped = election.stop()
  await clock.advance(10_000)
  await stopped
  assert.equal(clock.pending(), 0)
})

test('times that cannot work are refused', () => {
  const wrong = { leaseDurationMs: 10_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 }
  assert.throws(() => run({}, { timing: wrong }), /need leaseDurationMs > renewDeadlineMs/)
})
