import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Route } from '../api/route.ts'
import { givenUp, makeCoolingPorts } from './cooling-ports.ts'

const route = (...listenPorts: readonly number[]): Route => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Route',
  metadata: { name: 'web' },
  spec: {
    service: 'web',
    deployment: 'web',
    version: 1,
    endpoints: 'ready',
    ports: listenPorts.map(listenPort => ({ port: listenPort - 20000, listenPort, protocol: 'http' })),
    backends: [],
  },
})

test('a listening port cools down for a minute after it was given up', () => {
  let now = 0
  const cooling = makeCoolingPorts(() => now)
  cooling.release([20001])
  now = 59_999
  assert.deepEqual(cooling.ports(), [20001])
  now = 60_000
  assert.deepEqual(cooling.ports(), [])
})

test('a Route gives up its ports when it goes, and one that its Service lost', () => {
  assert.deepEqual(givenUp(route(20001, 20002), undefined), [20001, 20002])
  assert.deepEqual(givenUp(route(20001, 20002), route(20002, 20003)), [20001])
  assert.deepEqual(givenUp(undefined, route(20001)), [])
})
