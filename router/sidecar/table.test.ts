import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteSpec } from '../../api/route.ts'
import type { SidecarTable } from '../../api/sidecar.ts'
import { checkTable } from './check-table.ts'
import { readEnvironment } from './environment.ts'
import { buildSidecarTable, portKey, type SidecarPod } from './table.ts'

const POD: SidecarPod = {
  namespace: 'shop',
  deployment: 'web',
  ip: '10.0.0.1',
  hash: 'v2',
  ports: [{ name: 'http', app: 8080, outer: 15_100 }],
}

const SPEC: RouteSpec = {
  service: 'web',
  deployment: 'web',
  version: 3,
  endpoints: 'none',
  ports: [{ name: 'http', port: 80, listenPort: 20_001, protocol: 'http' }],
  backends: [
    { role: 'canary', hash: 'v2', service: 'web-v2', weight: 20 },
    { role: 'stable', hash: 'v1', service: 'web-v1', weight: 80 },
  ],
}

const TABLE: SidecarTable = {
  ports: { http: 'http' },
  routes: [{ key: 'shop/web', spec: SPEC, targets: ['http'] }],
  endpoints: {
    v1: { http: [{ host: '10.0.0.5', port: 8080 }] },
    v2: {
      http: [
        { host: '10.0.0.1', port: 8080 },
        { host: '10.0.0.2', port: 8080 },
      ],
    },
  },
  ca: 'PEM',
}

const outerOf = (table: SidecarTable | undefined, pod = POD) => buildSidecarTable(pod, table).routes.get(portKey('http'))

test('without a table the pod serves its own app, and passes on bytes that nobody said are HTTP', () => {
  const plan = outerOf(undefined)
  assert.deepEqual(
    plan?.versions.map(({ hash, weight }) => [hash, weight]),
    [['v2', 100]],
  )
  assert.deepEqual(plan?.versions[0]?.addresses['http'], [{ host: '10.0.0.1', port: 8080, own: true }])
  assert.deepEqual(plan?.ports, [{ name: 'http', port: 8080, listenPort: 15_100, protocol: 'tcp' }])
})

test('at rest it serves its own app, and another pod of its version while that refuses', () => {
  const plan = outerOf({ ...TABLE, routes: [] })
  assert.deepEqual(
    plan?.versions.map(({ hash, weight }) => [hash, weight]),
    [['v2', 100]],
  )
  assert.deepEqual(
    plan?.versions[0]?.addresses['http']?.map(({ host, own }) => [host, own]),
    [
      ['10.0.0.1', true],
      ['10.0.0.2', undefined],
    ],
  )
})

test('with a Route it splits by the weights: its own version is its own app first, the other where that app listens', () => {
  const plan = outerOf(TABLE)
  assert.deepEqual(
    plan?.versions.map(({ hash, weight, own }) => [hash, weight, own]),
    [
      ['v1', 80, undefined],
      ['v2', 20, true],
    ],
  )
  assert.deepEqual(plan?.versions[0]?.addresses['http'], [{ host: '10.0.0.5', port: 8080 }])
  assert.deepEqual(plan?.versions[1]?.addresses['http']?.[0], { host: '10.0.0.1', port: 8080, own: true })
  assert.equal(plan?.version, 3)
})

test('a pod of a version that the Route does not name any more takes no share, but knows its own app', () => {
  const plan = outerOf(TABLE, { ...POD, hash: 'v0', ip: '10.0.0.9' })
  assert.deepEqual(
    plan?.versions.map(({ hash, weight }) => [hash, weight]),
    [
      ['v1', 80],
      ['v2', 20],
      ['v0', 0],
    ],
  )
})

test('of two Routes on one port the first by name is what it goes by', () => {
  const second = { targets: ['http'], key: 'shop/a', spec: { ...SPEC, service: 'a', version: 9 } }
  assert.equal(outerOf({ ...TABLE, routes: [...TABLE.routes, second] })?.version, 9)
})

test('a table that is none is refused with what is wrong', () => {
  assert.deepEqual(checkTable(TABLE), { table: TABLE })
  const backends = SPEC.backends.map(one => ({ ...one, weight: 10 }))
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    ['x', /object/],
    [{ ...TABLE, routes: [{}] }, /routes/],
    [{ ...TABLE, endpoints: { v1: { http: ['10.0.0.1'] } } }, /endpoints/],
    [{ ...TABLE, ports: { http: 'udp' } }, /ports/],
    [{ ...TABLE, ca: '' }, /ca/],
    [{ ...TABLE, routes: [{ ...TABLE.routes[0], spec: { ...SPEC, backends } }] }, /shop\/web: spec\.backends/],
  ]
  for (const [table, says] of wrong) {
    const checked = checkTable(table)
    assert.match('problem' in checked ? checked.problem : 'accepted', says)
  }
})

test('an environment without what the webhook puts in is told line by line', () => {
  const read = readEnvironment({ SLUICE_SIDECAR_PORTS: '{}', SLUICE_WAIT_SECONDS: 'long' })
  const problems = 'problems' in read ? read.problems.join('\n') : ''
  for (const name of ['POD_IP', 'POD_UID', 'SLUICE_SIDECAR_CA', 'SLUICE_SIDECAR_PORTS', 'SLUICE_WAIT_SECONDS'])
    assert.match(problems, new RegExp(name))
})
