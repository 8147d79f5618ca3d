import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LATENCY_BOUNDS_MS, type Tally } from '../api/router-admin.ts'
import { addTallies, boundFor, EMPTY_TALLY, failureCounts, quantileMs, slowCounts, sumTallies } from './tally.ts'
import { taking } from './testing/tallies.ts'

const count = fc.nat({ max: 1000 })
const tally: fc.Arbitrary<Tally> = fc.record({
  requests: count,
  status2xx: count,
  status3xx: count,
  status4xx: count,
  status5xx: count,
  upstreamFailures: count,
  clientAborts: count,
  latency: fc.array(count, { maxLength: 70 }),
})

test('5xx and upstream failures are failures; 4xx, redirects and clients that went away are not', () => {
  const mixed = {
    ...EMPTY_TALLY,
    requests: 21,
    status2xx: 1,
    status3xx: 2,
    status4xx: 3,
    status5xx: 4,
    upstreamFailures: 5,
    clientAborts: 6,
  }
  assert.deepEqual(failureCounts(mixed), { requests: 15, bad: 9 })
})

test('sums do not depend on order or grouping', () => {
  fc.assert(
    fc.property(fc.array(tally, { maxLength: 5 }), tallies => {
      const histogram = (t: Tally) => LATENCY_BOUNDS_MS.map((_, i) => t.latency[i] ?? 0)
      const one = sumTallies(tallies)
      const other = [...tallies].reverse().reduce(addTallies, EMPTY_TALLY)
      assert.deepEqual({ ...one, latency: histogram(one) }, { ...other, latency: histogram(other) })
    }),
  )
})

test('a limit is read as the next bound up, and as the bound itself when it is hardly above', () => {
  assert.equal(LATENCY_BOUNDS_MS[boundFor(500)], 512)
  assert.equal(LATENCY_BOUNDS_MS[boundFor(512)], 512)
  assert.equal(LATENCY_BOUNDS_MS[boundFor(515)], 512)
  assert.equal(Math.round(LATENCY_BOUNDS_MS[boundFor(530)]!), 609)
  assert.equal(LATENCY_BOUNDS_MS[boundFor(0.1)], 0.5)
  assert.equal(boundFor(1e9), LATENCY_BOUNDS_MS.length - 1)
})

test('requests are slow when they are above the bound', () => {
  const tally = taking({ 10: 90, 100: 6, 1000: 4 })
  assert.deepEqual(slowCounts(tally, boundFor(100)), { requests: 100, bad: 4 })
  assert.deepEqual(slowCounts(tally, boundFor(10)), { requests: 100, bad: 10 })
})

test('a quantile is the bound under which that share stayed', () => {
  const tally = taking({ 10: 99, 1000: 1 })
  assert.equal(quantileMs(tally, 0.99), LATENCY_BOUNDS_MS[boundFor(10)])
  assert.equal(quantileMs(tally, 0.995), LATENCY_BOUNDS_MS[boundFor(1000)])
  assert.equal(quantileMs(EMPTY_TALLY, 0.5), undefined)
  const endless = { ...EMPTY_TALLY, latency: [...Array.from({ length: LATENCY_BOUNDS_MS.length }, () => 0), 3] }
  assert.equal(quantileMs(endless, 0.5), Number.POSITIVE_INFINITY)
})
