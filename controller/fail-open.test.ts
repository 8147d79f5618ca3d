import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSlice } from '../api/kubernetes.ts'
import { MANAGED_BY_SLICE, SLICE_ROLE, SLUICE_SLICE_CONTROLLER } from '../api/names.ts'
import { withdraw } from './fail-open.ts'

const slice = (role: string, ready: boolean, manager = SLUICE_SLICE_CONTROLLER): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web', namespace: 'default', labels: { [SLICE_ROLE]: role, [MANAGED_BY_SLICE]: manager } },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready, serving: ready, terminating: false } }],
  ports: [],
})

test('dead routers are neither ready nor serving, so that the fail-open slice is what counts', () => {
  assert.deepEqual(
    withdraw(slice('router', true))?.map(endpoint => endpoint.conditions),
    [{ ready: false, serving: false, terminating: false }],
  )
})

test('what is withdrawn already is not written again', () => {
  assert.equal(withdraw(slice('router', false)), undefined)
})

test('the stable pods’ own slices and those of others are never touched', () => {
  assert.equal(withdraw(slice('fail-open', true)), undefined)
  assert.equal(withdraw(slice('pass-through', true)), undefined)
  assert.equal(withdraw(slice('router', true, 'somebody.else')), undefined)
})
