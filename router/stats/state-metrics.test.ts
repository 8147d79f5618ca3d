import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { addStateMetrics, type RouterState } from './state-metrics.ts'

const textOf = (state: Partial<RouterState>): Promise<string> => {
  const registry = new Registry()
  addStateMetrics(registry, { draining: () => false, publishes: () => false, source: () => 'live', refused: () => [], ...state })
  return registry.metrics()
}

test('a router at work says so', async () => {
  const text = await textOf({ publishes: () => true })
  assert.match(text, /^sluice_router_draining 0$/m)
  assert.match(text, /^sluice_router_publisher 1$/m)
  assert.match(text, /^sluice_router_routes_live 1$/m)
  assert.doesNotMatch(text, /^sluice_router_route_refused\{/m)
})

test('a router that goes, runs on routes from disk, or refused a Route says that', async () => {
  const text = await textOf({ draining: () => true, source: () => 'cached', refused: () => ['shop/web'] })
  assert.match(text, /^sluice_router_draining 1$/m)
  assert.match(text, /^sluice_router_routes_live 0$/m)
  assert.match(text, /^sluice_router_route_refused\{namespace="shop",service="web"\} 1$/m)
})
