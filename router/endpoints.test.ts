import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSlice } from '../api/kubernetes.ts'
import { countReady, usableAddresses } from './endpoints.ts'
import { anEndpoint, aSlice } from './testing/objects.ts'

const four = aSlice('web-v1', [anEndpoint('10.0.0.1'), anEndpoint('10.0.0.2')])
const six = (...addresses: readonly string[]): EndpointSlice => ({
  ...aSlice(
    'web-v1',
    addresses.map(address => anEndpoint(address)),
    { suffix: 'six' },
  ),
  addressType: 'IPv6',
})
const hosts = (slices: readonly EndpointSlice[]) => usableAddresses(slices, 'http').map(({ host }) => host)

test('pods of a dual-stack Service stand in a slice of each family and are used once each', () => {
  const both = [six('fd00::1', 'fd00::2'), four]
  assert.deepEqual(hosts(both), ['10.0.0.1', '10.0.0.2'])
  assert.equal(countReady(both), 2)
})

test('the family that more pods have is used', () => {
  const both = [four, six('fd00::1', 'fd00::2', 'fd00::3')]
  assert.deepEqual(hosts(both), ['fd00::1', 'fd00::2', 'fd00::3'])
  assert.equal(countReady(both), 3)
})

test('a Service of one family uses that one', () => {
  assert.deepEqual(hosts([six('fd00::1')]), ['fd00::1'])
  assert.deepEqual(hosts([four]), ['10.0.0.1', '10.0.0.2'])
})
