import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunningRoute } from '../running-route.ts'
import { buildTable } from '../table.ts'
import { aRoute, canaryAt } from '../testing/objects.ts'
import { makeMetrics } from './metrics.ts'

const running = () =>
  new RunningRoute(buildTable([aRoute({ version: 9, backends: canaryAt(20) })], []).table.routes.get('shop/web')!)
const metricsOf = (...routes: RunningRoute[]) => makeMetrics({ routes: () => routes })
const V2 = 'namespace="shop",service="web",rollout="web",version_role="canary",version="v2"'

test('metrics are what was counted, by version and outcome', async () => {
  const route = running()
  const stats = route.stats.get('v2')!
  const now = Date.now()
  for (let i = 0; i < 3; i++) stats.ring.count(now, 'status2xx', 3)
  stats.ring.count(now, 'status5xx', 700)
  stats.ring.count(now, 'upstreamFailures', -1)
  stats.inFlight = 4
  stats.retries = 5
  stats.fallbacks = 6
  stats.bytesIn = 100
  stats.bytesOut = 2000
  stats.grpc[14] = 8
  route.connections = 7
  const text = await metricsOf(route).metrics()
  for (const line of [
    `sluice_router_requests_total{${V2},code_class="2xx"} 3`,
    `sluice_router_requests_total{${V2},code_class="5xx"} 1`,
    `sluice_router_requests_total{${V2},code_class="failure"} 1`,
    `sluice_router_upstream_failures_total{${V2}} 1`,
    `sluice_router_retries_total{${V2}} 5`,
    `sluice_router_fallbacks_total{${V2}} 6`,
    `sluice_router_in_flight{${V2}} 4`,
    `sluice_router_grpc_calls_total{${V2},grpc_code="UNAVAILABLE"} 8`,
    `sluice_router_route_version{namespace="shop",service="web",rollout="web"} 9`,
    `sluice_router_connections{namespace="shop",service="web",rollout="web"} 7`,
    `sluice_router_request_bytes_total{${V2}} 100`,
    `sluice_router_response_bytes_total{${V2}} 2000`,
    `sluice_router_endpoints{${V2}} 0`,
    `sluice_router_weight_ratio{${V2}} 0.2`,
    `sluice_router_request_duration_seconds_count{${V2}} 4`,
    `sluice_router_request_duration_seconds_sum{${V2}} 0.709`,
  ]) {
    assert.ok(text.includes(`${line}\n`), `${line} in\n${text}`)
  }
})

test('the duration histogram is cumulative, ends in +Inf, and is the same when it is read again', async () => {
  const route = running()
  const stats = route.stats.get('v2')!
  for (const ms of [0.1, 0.5, 0.6, 3, 90, 1_000_000]) stats.ring.count(Date.now(), 'status2xx', ms)
  const registry = metricsOf(route)
  const text = await registry.metrics()
  const bucket = (le: string) => Number(new RegExp(`duration_seconds_bucket\\{${V2},le="${le}"\\} (\\d+)`).exec(text)?.[1])
  assert.deepEqual(['0.0005', '0.001', '0.004', '0.128', '65.536', '\\+Inf'].map(bucket), [2, 3, 4, 5, 5, 6])
  assert.equal(await registry.metrics(), text)
})

test('a version that left has no role, and a Route that is gone has no metrics', async () => {
  const route = running()
  route.apply(buildTable([aRoute()], []).table.routes.get('shop/web')!)
  assert.match(await metricsOf(route).metrics(), /sluice_router_in_flight\{[^}]*version_role="gone",version="v2"\} 0/)
  assert.doesNotMatch(await metricsOf().metrics(), /shop/)
})
