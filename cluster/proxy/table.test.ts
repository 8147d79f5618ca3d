import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Endpoint, EndpointSlice } from '../../api/kubernetes.ts'
import { serviceOf } from '../testing/objects.ts'
import { planRules } from './table.ts'

const slice = (endpoints: readonly Endpoint[], port = 8080, name: string | undefined = 'http'): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 's' },
  addressType: 'IPv4',
  endpoints,
  ports: [{ name, port, protocol: 'TCP' }],
})
const ready = (ip: string): Endpoint => ({ addresses: [ip], conditions: { ready: true, serving: true, terminating: false } })
const leaving = (ip: string): Endpoint => ({ addresses: [ip], conditions: { ready: false, serving: true, terminating: true } })
const unready = (ip: string): Endpoint => ({ addresses: [ip], conditions: { ready: false, serving: false, terminating: false } })
const targets = (...slices: readonly EndpointSlice[]) =>
  planRules(serviceOf(), slices).ports[0]?.targets.map(({ ip, port }) => `${ip}:${port}`)

describe('where connections to a cluster address go', () => {
  it('merges all slices by the name of the port, each with its own number', () => {
    assert.deepEqual(
      targets(slice([ready('127.1.0.1')]), slice([ready('127.2.0.1')], 20_001), slice([ready('127.3.0.1')], 9, 'metrics')),
      ['127.1.0.1:8080', '127.2.0.1:20001'],
    )
  })

  it('uses ready endpoints only, as long as there is one', () => {
    assert.deepEqual(targets(slice([ready('127.1.0.1'), leaving('127.1.0.2'), unready('127.1.0.3')])), ['127.1.0.1:8080'])
  })

  it('falls back to endpoints that are serving and terminating when none is ready', () => {
    assert.deepEqual(targets(slice([leaving('127.1.0.2'), unready('127.1.0.3')])), ['127.1.0.2:8080'])
  })

  it('has no target when nothing serves', () => {
    assert.deepEqual(targets(slice([unready('127.1.0.3')])), [])
    assert.deepEqual(targets(), [])
  })

  it('reads absent conditions as ready', () => {
    assert.deepEqual(targets(slice([{ addresses: ['127.1.0.1'] }])), ['127.1.0.1:8080'])
  })

  it('counts an address once, ready if any slice says so', () => {
    assert.deepEqual(targets(slice([leaving('127.1.0.1')]), slice([ready('127.1.0.1')])), ['127.1.0.1:8080'])
  })

  it('keeps clients on their endpoint for three hours with ClientIP affinity', () => {
    assert.equal(planRules(serviceOf({ sessionAffinity: 'ClientIP' }), []).ports[0]?.affinityMs, 10_800_000)
  })

  it('listens on nothing for a headless Service', () => {
    assert.deepEqual(planRules(serviceOf({ clusterIP: 'None' }), []), { ports: [], unsupported: [] })
  })

  it('reports UDP as unsupported', () => {
    const { ports, unsupported } = planRules(serviceOf({ ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] }), [])
    assert.deepEqual(ports, [])
    assert.deepEqual(unsupported, [{ port: 53, reason: "this cluster's service proxy carries TCP only, not UDP" }])
  })
})
