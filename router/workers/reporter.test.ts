import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteReport } from '../../api/router-admin.ts'
import { RunningRoute } from '../running-route.ts'
import { VersionStats } from '../stats/version-stats.ts'
import { buildTable } from '../table.ts'
import { aRoute, canaryAt } from '../testing/objects.ts'
import type { VersionChanges } from './protocol.ts'
import { makeReporter } from './reporter.ts'

const T0 = 1_800_000_000_000
const planWith = (backends: ReturnType<typeof canaryAt>) => buildTable([aRoute({ backends })], []).table.routes.get('shop/web')!

const aServing = () => {
  const route = new RunningRoute(planWith(canaryAt(20)), 8)
  const routes = new Map([[route.key, route]])
  const said: { [route: string]: RouteReport } = {}
  return { route, routes, said, report: () => ({ ...said }) }
}
const add = (to: VersionStats, { ring, counters }: VersionChanges) => {
  if (ring) to.ring.add(ring)
  if (counters) to.addCounters(counters)
}

test('what was counted is told once', () => {
  const serving = aServing()
  const changes = makeReporter(serving)
  const v2 = serving.route.stats.get('v2') ?? assert.fail()
  const sum = new VersionStats()
  assert.deepEqual(changes().report.counts, [])
  for (let round = 1; round <= 3; round++) {
    v2.ring.count(T0 + round * 400, 'status2xx', 5)
    v2.bytesOut += 100
    const { report, isEmpty } = changes()
    assert.equal(isEmpty, false)
    assert.deepEqual(
      report.counts.map(({ route, hash }) => [route, hash]),
      [['shop/web', 'v2']],
    )
    for (const one of report.counts) add(sum, one)
    assert.equal(changes().isEmpty, true)
  }
  assert.deepEqual([sum.ring.totals().status2xx, sum.ring.totals().latencySumMs, sum.bytesOut], [3, 15, 300])
})

test('the last counts of a version that is forgotten are told, and then no more', () => {
  const serving = aServing()
  const changes = makeReporter(serving)
  serving.route.stats.get('v2')?.ring.count(T0, 'status5xx', 1)
  changes()
  serving.route.stats.get('v2')?.ring.count(T0, 'status5xx', 1)
  for (const hash of ['a', 'b', 'c', 'd', 'e', 'f'])
    serving.route.apply(planWith([{ role: 'stable', hash, service: `web-${hash}`, weight: 100 }]))
  assert.equal(serving.route.stats.has('v2'), false)
  const sum = new VersionStats()
  for (const one of changes().report.counts) if (one.hash === 'v2') add(sum, one)
  assert.equal(sum.ring.totals().status5xx, 1)
  assert.equal(changes().isEmpty, true)
})

test('of Routes what changed is told, and what is gone', () => {
  const serving = aServing()
  const changes = makeReporter(serving)
  const said = { version: 1, listening: true, upstreams: {}, inFlight: {}, connections: 0 }
  serving.said['shop/web'] = said
  serving.said['shop/other'] = said
  assert.deepEqual(changes().report.routes, { 'shop/web': said, 'shop/other': said })
  serving.said['shop/web'] = { ...said, connections: 1 }
  assert.deepEqual(changes().report.routes, { 'shop/web': { ...said, connections: 1 } })
  delete serving.said['shop/other']
  assert.deepEqual(changes().report.routes, { 'shop/other': null })
  assert.equal(changes().isEmpty, true)
})
