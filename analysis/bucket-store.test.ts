import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Bucket, BucketReport } from '../api/router-admin.ts'
import { BucketStore, KEPT_SECONDS } from './bucket-store.ts'
import { answers } from './testing/tallies.ts'

const NOW = 1_700_000_000
const VERSIONS = { canary: 'new', stable: 'old' }

const report = (router: string, buckets: readonly Bucket[], now = NOW): BucketReport => ({
  router,
  now,
  route: 'default/web',
  buckets,
})
const bucket = (second: number, good: number, bad = 0): Bucket => ({
  second,
  versions: { new: answers(good, bad), old: answers(10 * good) },
})
const shown = (store: BucketStore, from = 0) =>
  store.history(from, VERSIONS).map(({ second, canary, stable }) => [second, canary.requests, canary.status5xx, stable.requests])

test('seconds of several routers are added up', () => {
  const store = new BucketStore()
  store.add('r1', report('r1', [bucket(NOW - 2, 3), bucket(NOW - 1, 4, 1)]), NOW)
  store.add('r2', report('r2', [bucket(NOW - 1, 5)]), NOW)
  assert.deepEqual(shown(store), [
    [NOW - 2, 3, 0, 30],
    [NOW - 1, 10, 1, 90],
  ])
  assert.deepEqual(shown(store, NOW - 1), [[NOW - 1, 10, 1, 90]])
})

test('a second that is reported again replaces what that router said before', () => {
  const store = new BucketStore()
  store.add('r1', report('r1', [bucket(NOW, 3)]), NOW)
  assert.deepEqual(shown(store), [[NOW, 3, 0, 30]])
  store.add('r1', report('r1', [bucket(NOW, 7, 2)]), NOW + 1)
  assert.deepEqual(shown(store), [[NOW, 9, 2, 70]])
})

test('a router that restarts takes nothing away', () => {
  const store = new BucketStore()
  store.add('r1', report('r1', [bucket(NOW - 5, 3)]), NOW)
  store.add('r1', report('r1', [bucket(NOW + 4, 1)], NOW + 5), NOW + 5)
  assert.deepEqual(shown(store), [
    [NOW - 5, 3, 0, 30],
    [NOW + 4, 1, 0, 10],
  ])
})

test('a router whose clock is wrong is lined up', () => {
  const store = new BucketStore()
  store.add('r1', report('r1', [bucket(NOW - 1, 3)]), NOW)
  store.add('r2', report('r2', [bucket(NOW + 59, 4)], NOW + 60), NOW)
  store.add('r3', report('r3', [bucket(NOW - 1, 5)], NOW - 1), NOW + 0.4)
  assert.deepEqual(shown(store), [[NOW - 1, 12, 0, 120]])
})

test('a clock that is set right moves what the router said before', () => {
  const store = new BucketStore()
  store.add('r1', report('r1', [bucket(NOW - 1, 3)]), NOW)
  assert.deepEqual(shown(store), [[NOW - 1, 3, 0, 30]])
  store.add('r1', report('r1', [bucket(NOW + 9, 4)], NOW + 10), NOW)
  assert.deepEqual(shown(store), [
    [NOW - 11, 3, 0, 30],
    [NOW - 1, 4, 0, 40],
  ])
})

test('all is asked for at first, then what is new', () => {
  const store = new BucketStore()
  assert.equal(store.secondsToAsk('r1', NOW), KEPT_SECONDS)
  store.add('r1', report('r1', []), NOW)
  assert.equal(store.secondsToAsk('r1', NOW + 0.5), 6)
  assert.equal(store.secondsToAsk('r1', NOW + 60), 65)
  assert.equal(store.secondsToAsk('r1', NOW + 6000), KEPT_SECONDS)
  assert.equal(store.secondsToAsk('r2', NOW), KEPT_SECONDS)
})

test('seconds older than ten minutes are forgotten', () => {
  const store = new BucketStore()
  store.add('r1', report('r1', [bucket(NOW - 500, 1), bucket(NOW, 2)]), NOW)
  store.add('r1', report('r1', [], NOW + 200), NOW + 200)
  assert.deepEqual(shown(store), [[NOW, 2, 0, 20]])
})

test('the order in which reports come does not matter', () => {
  const buckets = fc.array(
    fc.record({ second: fc.integer({ min: NOW - 20, max: NOW }), good: fc.nat({ max: 9 }), bad: fc.nat({ max: 3 }) }),
    { maxLength: 10 },
  )
  const reports = fc.uniqueArray(
    fc.record({ router: fc.constantFrom('a', 'b', 'c', 'd'), skew: fc.constantFrom(0, 1, 30, -30), buckets }),
    {
      selector: ({ router }) => router,
    },
  )
  fc.assert(
    fc.property(reports, all => {
      const build = (order: typeof all) => {
        const store = new BucketStore()
        for (const { router, skew, buckets } of order) {
          store.add(
            router,
            report(
              router,
              buckets.map(({ second, good, bad }) => bucket(second + skew, good, bad)),
              NOW + skew,
            ),
            NOW,
          )
          // Looking in between must not freeze anything.
          store.history(0, VERSIONS)
        }
        return shown(store)
      }
      assert.deepEqual(build(all), build([...all].reverse()))
    }),
  )
})
