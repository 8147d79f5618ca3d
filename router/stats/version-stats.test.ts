import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VersionStats } from './version-stats.ts'

test('counters that are taken over twice are the sum of both', () => {
  const [one, two, sum] = [new VersionStats(), new VersionStats(), new VersionStats()]
  Object.assign(one, { retries: 1, fallbacks: 2, bytesIn: 3, bytesOut: 4 })
  one.mirror.count('5xx')
  one.grpc[14] = 6
  Object.assign(two, { retries: 10, fallbacks: 20, bytesIn: 30, bytesOut: 40 })
  two.mirror.count('5xx')
  two.mirror.count('dropped')
  two.grpc[0] = 7
  for (const { counters } of [one, two].map(stats => ({ counters: stats.counters() }))) sum.addCounters(counters)
  assert.deepEqual([sum.retries, sum.fallbacks, sum.bytesIn, sum.bytesOut], [11, 22, 33, 44])
  assert.deepEqual([sum.mirror.total('5xx'), sum.mirror.total('dropped'), sum.mirror.total('2xx')], [2, 1, 0])
  assert.deepEqual([sum.grpc[0], sum.grpc[14], sum.grpc[1]], [7, 6, 0])
})
