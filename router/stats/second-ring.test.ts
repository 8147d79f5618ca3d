import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LATENCY_BOUNDS_MS } from '../../api/router-admin.ts'
import { bucketOf, mergeBuckets, type Outcome, RING_SECONDS, SecondRing } from './second-ring.ts'

const T0 = 1_800_000_000_000

test('a request is counted in the second in which it ended', () => {
  const ring = new SecondRing()
  ring.count(T0 + 10, 'status2xx', 3)
  ring.count(T0 + 999, 'status5xx', 700)
  ring.count(T0 + 1000, 'upstreamFailures', -1)
  ring.count(T0 + 1500, 'clientAborts', -1)
  const [first, second] = ring.read(T0 + 1999, 10)
  assert.equal(first?.second, T0 / 1000)
  assert.deepEqual(
    { ...first?.tally, latency: first?.tally.latency.reduce((a, b) => a + b) },
    {
      requests: 2,
      status2xx: 1,
      status3xx: 0,
      status4xx: 0,
      status5xx: 1,
      upstreamFailures: 0,
      clientAborts: 0,
      latency: 2,
    },
  )
  assert.equal(second?.tally.requests, 2)
  assert.equal(second?.tally.upstreamFailures, 1)
  assert.equal(second?.tally.clientAborts, 1)
  assert.equal(
    second?.tally.latency.reduce((a, b) => a + b),
    0,
    'neither has a duration',
  )
})

test('only the seconds asked for are read, and a place in the ring is used again after ten minutes', () => {
  const ring = new SecondRing()
  for (let i = 0; i < RING_SECONDS + 5; i++) ring.count(T0 + i * 1000, 'status2xx', 1)
  const now = T0 + (RING_SECONDS + 4) * 1000
  assert.equal(ring.read(now, 10_000).length, RING_SECONDS)
  assert.ok(ring.read(now, 10_000).every(({ tally }) => tally.requests === 1))
  assert.deepEqual(
    ring.read(now, 2).map(({ second }) => second),
    [now / 1000 - 1, now / 1000],
  )
  assert.equal(ring.read(now + 3_600_000, 600).length, 0)
  assert.equal(ring.totals().requests, RING_SECONDS + 5)
})

test('what is read is what was counted', () => {
  const outcome = fc.constantFrom<Outcome>('status2xx', 'status3xx', 'status4xx', 'status5xx', 'upstreamFailures', 'clientAborts')
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(500_000), outcome), { maxLength: 200 }), events => {
      const ring = new SecondRing()
      const sorted = events.toSorted(([a], [b]) => a - b)
      for (const [offset, what] of sorted) ring.count(T0 + offset, what, 5)
      const read = ring.read(T0 + 500_000, RING_SECONDS)
      assert.equal(
        read.reduce((sum, { tally }) => sum + tally.requests, 0),
        events.length,
      )
      for (const what of ['status2xx', 'clientAborts'] as const)
        assert.equal(
          read.reduce((sum, { tally }) => sum + tally[what], 0),
          events.filter(([, other]) => other === what).length,
        )
    }),
    { numRuns: 50 },
  )
})

test('a duration falls into the first bucket that is not smaller', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 100_000, noNaN: true }), ms => {
      const bucket = bucketOf(ms)
      assert.ok(bucket === LATENCY_BOUNDS_MS.length || ms <= LATENCY_BOUNDS_MS[bucket]!)
      assert.ok(bucket === 0 || ms > LATENCY_BOUNDS_MS[bucket - 1]!)
    }),
  )
  for (const [index, bound] of LATENCY_BOUNDS_MS.entries()) assert.equal(bucketOf(bound), index)
})

test('the readings of several versions line up by second', () => {
  const [stable, canary] = [new SecondRing(), new SecondRing()]
  stable.count(T0, 'status2xx', 1)
  stable.count(T0 + 2000, 'status2xx', 1)
  canary.count(T0 + 2000, 'status5xx', 1)
  const buckets = mergeBuckets(
    new Map([
      ['v1', stable.read(T0 + 2000, 5)],
      ['v2', canary.read(T0 + 2000, 5)],
    ]),
  )
  assert.deepEqual(
    buckets.map(({ second, versions }) => [second - T0 / 1000, Object.keys(versions)]),
    [
      [0, ['v1']],
      [2, ['v1', 'v2']],
    ],
  )
})

test('what a reader is told and another ring takes over is what was counted, each count once', () => {
  const outcome = fc.constantFrom<Outcome>('status2xx', 'status5xx', 'upstreamFailures', 'clientAborts')
  // Clocks are set back, too.
  const event = fc.record({ ms: fc.integer({ min: -1500, max: 1500 }), outcome, latencyMs: fc.integer({ min: -1, max: 5_000 }) })
  fc.assert(
    fc.property(fc.array(fc.array(event, { maxLength: 20 }), { maxLength: 20 }), turns => {
      const [small, whole, reference] = [new SecondRing(8), new SecondRing(), new SecondRing()]
      const read = small.reader()
      let now = T0
      for (const turn of turns) {
        for (const { ms, outcome: what, latencyMs } of turn) {
          small.count(now + ms, what, latencyMs)
          reference.count(now + ms, what, latencyMs)
        }
        const changes = read()
        assert.equal(changes === undefined, turn.length === 0)
        if (changes) whole.add(changes)
        now += 700
      }
      assert.equal(read(), undefined)
      assert.deepEqual(whole.read(now, RING_SECONDS), reference.read(now, RING_SECONDS))
      const [{ latencySumMs, ...totals }, { latencySumMs: sum, ...expected }] = [whole.totals(), reference.totals()]
      assert.deepEqual(totals, expected)
      assert.ok(Math.abs(latencySumMs - sum) < 1e-6)
    }),
  )
})

test('a second that has left the ring comes to the totals only', () => {
  const [from, to] = [new SecondRing(), new SecondRing()]
  to.count(T0 + RING_SECONDS * 1000, 'status2xx', 1)
  const read = from.reader()
  from.count(T0, 'status5xx', 1)
  to.add(read() ?? assert.fail('something was counted'))
  assert.equal(to.totals().status5xx, 1)
  assert.deepEqual(
    to.read(T0 + RING_SECONDS * 1000, RING_SECONDS).map(({ tally }) => tally.requests),
    [1],
  )
})
