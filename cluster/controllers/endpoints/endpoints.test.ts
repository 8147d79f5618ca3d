import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EndpointSlice, Endpoints, Service } from '../../../api/kubernetes.ts'
import { podOf, serviceOf } from '../../testing/objects.ts'
import { planEndpoints } from './endpoints-plan.ts'
import { planMirror } from './mirror-plan.ts'
import { planSlices, renderSlice } from './slice-plan.ts'

const pods = [
  podOf({ name: 'a', ip: '127.1.0.1' }),
  podOf({ name: 'b', ip: '127.1.0.2', ready: false }),
  podOf({ name: 'c', ip: '127.1.0.3', deleted: true }),
]
const withoutSelector = (labels = {}): Service => {
  const { selector: _selector, ...spec } = serviceOf().spec
  return { ...serviceOf({ labels }), spec }
}
const slicesAfter = (service: Service, from = pods, before: readonly EndpointSlice[] = []) =>
  planSlices(service, from, before).create.map((content, index) => renderSlice(service, `s${index}`, content))

describe('the EndpointSlice controller', () => {
  it('writes ready, serving and terminating of every pod with an address', () => {
    const [slice] = slicesAfter(serviceOf())
    assert.deepEqual(
      slice?.endpoints?.map(({ addresses, conditions }) => [addresses[0], conditions]),
      [
        ['127.1.0.1', { ready: true, serving: true, terminating: false }],
        ['127.1.0.2', { ready: false, serving: false, terminating: false }],
        ['127.1.0.3', { ready: false, serving: true, terminating: true }],
      ],
    )
    assert.deepEqual(slice?.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }])
    assert.equal(slice?.endpoints?.[0]?.targetRef?.name, 'a')
    assert.equal(slice?.endpoints?.[0]?.nodeName, 'local')
  })

  it('publishes every address as ready where the Service asks for it', () => {
    const [slice] = slicesAfter(serviceOf({ publishNotReadyAddresses: true }))
    assert.deepEqual(
      slice?.endpoints?.map(endpoint => endpoint.conditions?.ready),
      [true, true, true],
    )
  })

  it('leaves out finished pods and pods without address', () => {
    const [slice] = slicesAfter(serviceOf(), [
      podOf({ name: 'done', phase: 'Succeeded' }),
      podOf({ name: 'new', ip: '' }),
      podOf({ name: 'other', labels: { app: 'x' } }),
    ])
    assert.deepEqual(slice?.endpoints, [])
    assert.deepEqual(slice?.ports, [])
  })

  it('resolves a named port in each pod, so that two port numbers make two slices', () => {
    const service = serviceOf({ ports: [{ name: 'http', port: 80, targetPort: 'web' }] })
    const slices = slicesAfter(service, [
      podOf({ name: 'a', ports: [{ name: 'web', containerPort: 1 }] }),
      podOf({ name: 'b', ip: '127.1.0.9', ports: [{ name: 'web', containerPort: 2 }] }),
    ])
    assert.deepEqual(
      slices.map(slice => slice.ports?.[0]?.port),
      [1, 2],
    )
  })

  it('ignores a Service without selector and leaves the slices it made before', () => {
    const before = slicesAfter(serviceOf())
    assert.deepEqual(planSlices(withoutSelector(), pods, before), { create: [], update: [], delete: [] })
  })

  it('writes nothing when nothing changed', () => {
    const before = slicesAfter(serviceOf())
    assert.deepEqual(planSlices(serviceOf(), pods, before), { create: [], update: [], delete: [] })
  })

  it('rewrites the same slice on a change of selector, so there is no moment without endpoints', () => {
    const before = slicesAfter(serviceOf())
    const plan = planSlices(
      serviceOf({ selector: { app: 'router' } }),
      [podOf({ name: 'r', ip: '127.2.0.1', labels: { app: 'router' } })],
      before,
    )
    assert.deepEqual([plan.create.length, plan.update.length, plan.delete.length], [0, 1, 0])
  })

  it('deletes slices of a Service of the same name that is gone', () => {
    const before = slicesAfter({ ...serviceOf(), metadata: { ...serviceOf().metadata, uid: 'old' } })
    const plan = planSlices(serviceOf(), pods, [...slicesAfter(serviceOf()), ...before])
    assert.equal(plan.delete.length, 1)
  })

  it('opens a new slice after 100 endpoints and keeps endpoints where they are', () => {
    const many = Array.from({ length: 150 }, (_, index) => podOf({ name: `p${index}`, ip: `127.1.1.${index}` }))
    const before = slicesAfter(serviceOf(), many)
    assert.deepEqual(
      before.map(slice => slice.endpoints?.length),
      [100, 50],
    )
    const plan = planSlices(serviceOf(), many.slice(1), before)
    assert.deepEqual(
      plan.update.map(({ content }) => content.endpoints?.length),
      [99],
    )
  })
})

describe('the Endpoints controller', () => {
  it('lists ready and not ready addresses and copies the labels of the Service', () => {
    const content = planEndpoints(serviceOf({ labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }), pods, undefined)
    assert.equal(content?.labels['endpointslice.kubernetes.io/skip-mirror'], 'true')
    const [subset] = content?.subsets ?? []
    assert.deepEqual(
      [subset?.addresses?.map(a => a.ip), subset?.notReadyAddresses?.map(a => a.ip)],
      [['127.1.0.1'], ['127.1.0.2']],
    )
    assert.deepEqual(subset?.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }])
  })

  it('leaves the object alone without a selector', () => {
    assert.equal(planEndpoints(withoutSelector({ x: 'y' }), pods, undefined), undefined)
  })

  it('replaces labels that somebody put on the object directly', () => {
    const current = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'web', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [],
    } as Endpoints
    assert.deepEqual(planEndpoints(serviceOf(), [], current)?.labels, {
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    })
  })
})

describe('the EndpointSliceMirroring controller', () => {
  const endpoints = (labels = {}): Endpoints => ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'web', namespace: 'default', uid: 'endpoints-uid', labels },
    subsets: [{ addresses: [{ ip: '127.1.0.1' }], ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] }],
  })
  const mirrored = planMirror(endpoints(), withoutSelector(), []).create.map(content => renderSlice(endpoints(), 'm', content))

  it('mirrors what is left of a Service without selector', () => {
    assert.deepEqual(mirrored[0]?.endpoints, [{ addresses: ['127.1.0.1'], conditions: { ready: true } }])
    assert.equal(mirrored[0]?.metadata.labels?.['kubernetes.io/service-name'], 'web')
    assert.deepEqual(planMirror(endpoints(), withoutSelector(), mirrored), { create: [], update: [], delete: [] })
  })

  it('takes its slices away when the label skip-mirror appears or the selector is back', () => {
    const skip = planMirror(endpoints({ 'endpointslice.kubernetes.io/skip-mirror': 'true' }), withoutSelector(), mirrored)
    const back = planMirror(endpoints(), serviceOf(), mirrored)
    assert.deepEqual([skip.delete.length, back.delete.length], [1, 1])
  })
})
