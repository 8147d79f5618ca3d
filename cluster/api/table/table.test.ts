import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ageOf, humanDuration } from './age.ts'
import type { Column } from './column.ts'
import { customColumns } from './custom-columns.ts'
import { valuesAt } from './json-path.ts'
import { acceptedRanges, wantsTable } from './negotiate.ts'
import { ENDPOINT_SLICE_COLUMNS, SERVICE_COLUMNS } from './network-columns.ts'
import { podStatusText } from './pod-columns.ts'

const NOW = new Date('2026-01-02T00:00:00Z')

const cells = (columns: readonly Column[], object: object) =>
  Object.fromEntries(columns.map(({ name, cell }) => [name, cell({ ...object }, NOW)]))

test('ages get coarser as they grow', () => {
  const minutes = (count: number) => count * 60
  const hours = (count: number) => minutes(count * 60)
  const days = (count: number) => hours(count * 24)
  const expected: readonly (readonly [number, string])[] = [
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [185, '3m5s'],
    [minutes(10), '10m'],
    [minutes(179), '179m'],
    [hours(3), '3h'],
    [hours(3) + 60, '3h1m'],
    [hours(8), '8h'],
    [hours(47), '47h'],
    [days(2), '2d'],
    [days(2) + hours(3), '2d3h'],
    [days(8), '8d'],
    [days(729), '729d'],
    [days(730), '2y'],
    [days(800), '2y70d'],
    [days(365 * 9), '9y'],
    [-5, '<invalid>'],
  ]
  for (const [seconds, text] of expected) assert.equal(humanDuration(seconds), text)
  assert.equal(ageOf('2026-01-01T23:59:00Z', NOW), '60s')
  assert.equal(ageOf(undefined, NOW), '<unknown>')
})

test('paths of printer columns', () => {
  const object = {
    a: { 'b.c': 1 },
    list: [
      { type: 'Ready', status: 'True' },
      { type: 'Other', status: 'False' },
    ],
    n: 0,
  }
  assert.deepEqual(valuesAt(object, '.n'), [0])
  assert.deepEqual(valuesAt(object, `.a['b.c']`), [1])
  assert.deepEqual(valuesAt(object, '.a.b\\.c'), [1])
  assert.deepEqual(valuesAt(object, '.list[?(@.type=="Ready")].status'), ['True'])
  assert.deepEqual(valuesAt(object, '.list[*].status'), ['True', 'False'])
  assert.deepEqual(valuesAt(object, '.list[-1].type'), ['Other'])
  assert.deepEqual(valuesAt(object, '{.list[0].type}'), ['Ready'])
  for (const none of ['.missing.x', '.list[7]', '.list[?(']) assert.deepEqual(valuesAt(object, none), [])
})

test('custom columns are the ones asked for, or Name and Age', () => {
  assert.deepEqual(
    customColumns([]).map(({ name }) => name),
    ['Name', 'Age'],
  )
  const asked = customColumns([
    { name: 'Since', type: 'date', jsonPath: '.status.at' },
    { name: 'Data', type: 'string', jsonPath: '.data' },
  ])
  assert.deepEqual(cells(asked, { metadata: { name: 'a' }, status: { at: '2026-01-01T00:00:00Z' }, data: { a: 1 } }), {
    Name: 'a',
    Since: '24h',
    Data: '{"a":1}',
  })
})

describe('the status of a pod', () => {
  const running = { state: { running: {} }, ready: true }

  test('tells what its containers are at', () => {
    const pod = (status: object, metadata: object = {}) => podStatusText({ metadata, spec: { initContainers: [{}, {}] }, status })
    assert.equal(pod({ phase: 'Pending' }), 'Pending')
    assert.equal(pod({ phase: 'Running', containerStatuses: [running] }), 'Running')
    assert.equal(
      pod({ phase: 'Running', containerStatuses: [{ state: { waiting: { reason: 'CrashLoopBackOff' } } }] }),
      'CrashLoopBackOff',
    )
    assert.equal(pod({ phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode: 3 } } }] }), 'ExitCode:3')
    assert.equal(pod({ phase: 'Failed', containerStatuses: [{ state: { terminated: { signal: 9 } } }] }), 'Signal:9')
    assert.equal(pod({ phase: 'Failed', reason: 'Evicted' }), 'Evicted')
    assert.equal(
      pod({ phase: 'Running', containerStatuses: [running, { state: { terminated: { reason: 'Completed', exitCode: 0 } } }] }),
      'NotReady',
    )
    assert.equal(
      pod({ phase: 'Pending', initContainerStatuses: [{ state: { terminated: { exitCode: 0 } } }, { state: {} }] }),
      'Init:1/2',
    )
    assert.equal(
      pod({ phase: 'Pending', initContainerStatuses: [{ state: { terminated: { reason: 'Error', exitCode: 1 } } }] }),
      'Init:Error',
    )
  })

  test('is Terminating while it is being deleted', () => {
    assert.equal(
      podStatusText({ metadata: { deletionTimestamp: 'x' }, status: { phase: 'Running', containerStatuses: [running] } }),
      'Terminating',
    )
  })
})

test('Services and EndpointSlices in their columns', () => {
  const service = {
    metadata: { name: 'web' },
    spec: {
      type: 'NodePort',
      clusterIP: '127.96.0.1',
      ports: [
        { port: 80, nodePort: 30080, protocol: 'TCP' },
        { port: 81, protocol: 'UDP' },
      ],
    },
  }
  assert.equal(cells(SERVICE_COLUMNS, service)['Port(s)'], '80:30080/TCP,81/UDP')
  assert.equal(cells(SERVICE_COLUMNS, service)['Selector'], '<none>')
  const slice = {
    addressType: 'IPv4',
    ports: [{ port: 1 }, { port: 2 }, { port: 3 }, { port: 4 }],
    endpoints: [{ addresses: ['10.0.0.1'] }],
  }
  assert.deepEqual(
    [cells(ENDPOINT_SLICE_COLUMNS, slice)['Ports'], cells(ENDPOINT_SLICE_COLUMNS, slice)['Endpoints']],
    ['1,2,3 + 1 more...', '10.0.0.1'],
  )
})

test('a Table is answered when it is asked for before plain JSON', () => {
  const wants = (accept: string) => wantsTable({ headers: { accept } })
  assert.ok(
    wants('application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json'),
  )
  assert.ok(!wants('application/json, application/json;as=Table;v=v1;g=meta.k8s.io'))
  assert.ok(!wants('*/*'))
  assert.deepEqual(acceptedRanges(undefined), [{ type: '*/*', parameters: {} }])
})
