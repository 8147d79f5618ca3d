import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Route, RouteSpec } from '../api/route.ts'
import { buildTable } from './table.ts'
import { anEndpoint, aRoute, aSlice, canaryAt } from './testing/objects.ts'

const hostsOf = (table: ReturnType<typeof buildTable>['table'], hash = 'v1') =>
  table.routes
    .get('shop/web')
    ?.versions.find(version => version.hash === hash)
    ?.addresses['http']?.map(({ host, port }) => `${host}:${port}`)

test('a Route and the slices of its private Services become a plan', () => {
  const { table, refused } = buildTable(
    [aRoute({ version: 7, backends: canaryAt(5).toReversed() })],
    [
      aSlice('web-v1', [anEndpoint('10.0.0.2'), anEndpoint('10.0.0.1')]),
      aSlice('web-v2', [anEndpoint('10.0.0.9')]),
      aSlice('other', [anEndpoint('10.9.9.9')]),
    ],
  )
  assert.deepEqual(refused, [])
  const plan = table.routes.get('shop/web')!
  assert.equal(plan.version, 7)
  assert.deepEqual(
    plan.versions.map(({ role, hash, weight, ready }) => ({ role, hash, weight, ready })),
    [
      { role: 'stable', hash: 'v1', weight: 95, ready: 2 },
      { role: 'canary', hash: 'v2', weight: 5, ready: 1 },
    ],
  )
  assert.deepEqual(hostsOf(table), ['10.0.0.1:8080', '10.0.0.2:8080'])
  assert.equal(plan.salt, 'v2')
})

test('only ready endpoints are used, an absent condition means ready', () => {
  const { table } = buildTable(
    [aRoute()],
    [aSlice('web-v1', [anEndpoint('10.0.0.1'), anEndpoint('10.0.0.2', { ready: false }), { addresses: ['10.0.0.3'] }])],
  )
  assert.deepEqual(hostsOf(table), ['10.0.0.1:8080', '10.0.0.3:8080'])
})

test('without a ready endpoint those that serve while terminating are used, but not counted', () => {
  const { table } = buildTable(
    [aRoute()],
    [
      aSlice('web-v1', [
        anEndpoint('10.0.0.1', { ready: false, serving: true, terminating: true }),
        anEndpoint('10.0.0.2', { ready: false, serving: false }),
      ]),
    ],
  )
  assert.deepEqual(hostsOf(table), ['10.0.0.1:8080'])
  assert.equal(table.routes.get('shop/web')?.versions[0]?.ready, 0)
})

test('slices that name the port differently give their own port number, and duplicates count once', () => {
  const { table } = buildTable(
    [aRoute()],
    [
      aSlice('web-v1', [anEndpoint('10.0.0.1')]),
      aSlice('web-v1', [anEndpoint('10.0.0.1')], { suffix: 'copy' }),
      aSlice('web-v1', [anEndpoint('10.0.0.2')], { port: 9090, suffix: 'b' }),
      aSlice('web-v1', [anEndpoint('10.0.0.3')], { portName: 'admin', suffix: 'c' }),
    ],
  )
  assert.deepEqual(hostsOf(table), ['10.0.0.1:8080', '10.0.0.2:9090'])
})

test('an unnamed port goes with the unnamed port of the slices', () => {
  const { table } = buildTable(
    [aRoute({ ports: [{ port: 80, listenPort: 20001, protocol: 'http' }] })],
    [aSlice('web-v1', [anEndpoint('10.0.0.1')], { portName: '' })],
  )
  assert.equal(table.routes.get('shop/web')?.versions[0]?.addresses['']?.length, 1)
})

const wrong: readonly {
  readonly name: string
  readonly spec: Partial<RouteSpec>
  readonly path: string
  readonly says: RegExp
}[] = [
  {
    name: 'weights of 101',
    spec: { backends: [{ role: 'stable', hash: 'v1', service: 's', weight: 101 }] },
    path: 'spec.backends[0].weight',
    says: /101.*0 to 100/,
  },
  {
    name: 'weights that sum to 90',
    spec: { backends: [{ role: 'stable', hash: 'v1', service: 's', weight: 90 }] },
    path: 'spec.backends',
    says: /sum to 90/,
  },
  {
    name: 'half a percent',
    spec: { backends: [{ role: 'stable', hash: 'v1', service: 's', weight: 99.555 }] },
    path: 'spec.backends[0].weight',
    says: /99\.5/,
  },
  {
    name: 'no stable version',
    spec: { backends: [{ role: 'canary', hash: 'v1', service: 's', weight: 100 }] },
    path: 'spec.backends',
    says: /role stable/,
  },
  { name: 'no backend', spec: { backends: [] }, path: 'spec.backends', says: /at least/ },
  { name: 'no port', spec: { ports: [] }, path: 'spec.ports', says: /at least one/ },
  {
    name: 'a port of 0',
    spec: { ports: [{ port: 80, listenPort: 0, protocol: 'http' }] },
    path: 'spec.ports[0].listenPort',
    says: /1 to 65535/,
  },
  {
    name: 'an unknown protocol',
    spec: JSON.parse('{"ports":[{"port":80,"listenPort":1,"protocol":"udp"}]}'),
    path: 'spec.ports[0].protocol',
    says: /udp.*http or tcp/,
  },
  { name: 'unknown endpoints', spec: JSON.parse('{"endpoints":"maybe"}'), path: 'spec.endpoints', says: /none, ready, draining/ },
  { name: 'no version', spec: JSON.parse('{"version":"x"}'), path: 'spec.version', says: /whole number/ },
  {
    name: 'a header route to nowhere',
    spec: { headerRoutes: [{ name: 'a', match: [{}], hash: 'v9' }] },
    path: 'spec.headerRoutes[0].hash',
    says: /v9/,
  },
  {
    name: 'a header route that matches nothing',
    spec: { headerRoutes: [{ name: 'a', match: [], hash: 'v1' }] },
    path: 'spec.headerRoutes[0].match',
    says: /at least one/,
  },
  {
    name: 'an expression that cannot be compiled',
    spec: { headerRoutes: [{ name: 'a', match: [{ headers: [{ name: 'h', value: { regex: '(a+)\\1' } }] }], hash: 'v1' }] },
    path: 'spec.headerRoutes[0].match[0].headers[0].value.regex',
    says: /not known here/,
  },
  { name: 'stickiness by nothing', spec: JSON.parse('{"sticky":{"by":"header"}}'), path: 'spec.sticky', says: /X-User/ },
  { name: 'another name than its Service', spec: { service: 'other' }, path: 'spec.service', says: /other.*web/ },
  {
    name: 'a mirror to a version that it does not have',
    spec: { mirrorRoutes: [{ name: 'm', match: [{}], hash: 'v9', percent: 5 }] },
    path: 'spec.mirrorRoutes[0].hash',
    says: /"v9".*hash of a backend/,
  },
  {
    name: 'a mirror of more than all',
    spec: { mirrorRoutes: [{ name: 'm', match: [{}], hash: 'v1', percent: 101 }] },
    path: 'spec.mirrorRoutes[0].percent',
    says: /101.*from 0 to 100/,
  },
]

for (const { name, spec, path, says } of wrong) {
  test(`a Route with ${name} is refused whole and the last good one stays in force`, () => {
    const good = buildTable([aRoute({ version: 3 })], [])
    const { table, refused } = buildTable(
      [aRoute({ version: 4, ...spec })],
      [aSlice('web-v1', [anEndpoint('10.0.0.5')])],
      good.table,
    )
    const problem = refused[0]?.problems.find(found => found.path === path)
    assert.match(problem?.message ?? `no problem at ${path}: ${JSON.stringify(refused)}`, says)
    assert.equal(table.routes.get('shop/web')?.version, 3)
    assert.deepEqual(hostsOf(table), ['10.0.0.5:8080'], 'its pods are kept current')
    assert.equal(
      buildTable([aRoute({ version: 4, ...spec })], []).table.routes.size,
      0,
      'without a last good one there is no route',
    )
  })
}

test('a Route without a spec is refused, not crashed on', () => {
  const { spec: _, ...rest } = aRoute()
  const { refused, table } = buildTable([rest as Route], [])
  assert.equal(refused[0]?.problems[0]?.path, 'spec')
  assert.equal(table.routes.size, 0)
})

test('a taken listenPort stays with the Route that has it, also when the other one is older', () => {
  const first = buildTable([aRoute({}, 'web')], [])
  const older = { ...aRoute({}, 'api'), metadata: { ...aRoute({}, 'api').metadata, creationTimestamp: '2020-01-01T00:00:00Z' } }
  const { table, refused } = buildTable([older, aRoute({}, 'web')], [], first.table)
  assert.deepEqual([...table.routes.keys()], ['shop/web'])
  assert.match(refused[0]?.problems[0]?.message ?? '', /20001 is taken by the Route shop\/web/)
})

test('two new Routes that want one listenPort: the older one gets it, on every router', () => {
  const at = (name: string, creationTimestamp: string) => ({
    ...aRoute({}, name),
    metadata: { ...aRoute({}, name).metadata, creationTimestamp },
  })
  const routes = [at('a', '2026-01-02T00:00:00Z'), at('b', '2026-01-01T00:00:00Z')]
  for (const order of [routes, routes.toReversed()]) assert.deepEqual([...buildTable(order, []).table.routes.keys()], ['shop/b'])
})

test('a Route that is gone is gone from the table', () => {
  const before = buildTable([aRoute()], [])
  assert.equal(buildTable([], [], before.table).table.routes.size, 0)
})
