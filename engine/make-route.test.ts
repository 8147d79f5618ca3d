import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServicePort } from '../api/kubernetes.ts'
import type { Route } from '../api/route.ts'
import {
  choosePort,
  makeHeaderRoutes,
  makeMirrorRoutes,
  makePorts,
  makeRouteSpec,
  makeSticky,
  makeTimeouts,
} from './make-route.ts'
import type { ServiceSeen } from './seen.ts'

const seen = (ports: readonly ServicePort[], route?: Route): ServiceSeen => ({
  service: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' }, spec: { ports } },
  slices: [],
  ...(route && { route }),
})
const free = { taken: new Set<number>(), contested: new Set<number>() }

const routeWith = (listenPort: number, endpoints: 'none' | 'ready'): Route => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Route',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    service: 'web',
    deployment: 'web',
    version: 3,
    endpoints,
    ports: [{ port: 80, listenPort, protocol: 'http' }],
    backends: [],
  },
})

test('a Service port always gets the same listening port, from 20000 to 29999', () => {
  const [port] = makePorts(seen([{ port: 80 }]), free)
  assert.ok(port && port.listenPort >= 20000 && port.listenPort <= 29999)
  assert.deepEqual(makePorts(seen([{ port: 80 }]), free), [port])
})

test('but not one that another Route has, or had a moment ago', () => {
  const first = choosePort('shop/web/80', new Set())
  assert.ok(first !== undefined)
  const second = choosePort('shop/web/80', new Set([first]))
  assert.notEqual(second, first)
})

test('the ports of one Service are all different, and keep their names', () => {
  const ports = makePorts(
    seen([
      { name: 'http', port: 80 },
      { name: 'admin', port: 8080 },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ]),
    free,
  )
  assert.deepEqual(
    ports.map(({ name, port }) => [name, port]),
    [
      ['http', 80],
      ['admin', 8080],
    ],
  )
  assert.equal(new Set(ports.map(({ listenPort }) => listenPort)).size, 2)
})

test('a Route keeps its port, although it is among the taken ones', () => {
  const ports = makePorts(seen([{ port: 80 }], routeWith(23456, 'ready')), { taken: new Set([23456]), contested: new Set() })
  assert.equal(ports[0]?.listenPort, 23456)
})

test('unless another Route chose the same at the same moment, and no client was led there yet', () => {
  const contested = { taken: new Set([23456]), contested: new Set([23456]) }
  assert.notEqual(makePorts(seen([{ port: 80 }], routeWith(23456, 'none')), contested)[0]?.listenPort, 23456)
  assert.equal(makePorts(seen([{ port: 80 }], routeWith(23456, 'ready')), contested)[0]?.listenPort, 23456)
})

test('when all 10,000 are taken there is none', () => {
  assert.equal(choosePort('x', new Set(Array.from({ length: 10_000 }, (_, i) => 20_000 + i))), undefined)
})

const protocols: readonly (readonly [ServicePort, 'http' | 'tcp'])[] = [
  [{ port: 80 }, 'http'],
  [{ port: 80, name: 'http-admin' }, 'http'],
  [{ port: 80, appProtocol: 'kubernetes.io/h2c' }, 'http'],
  [{ port: 443, name: 'https' }, 'tcp'],
  [{ port: 443, name: 'tls-web' }, 'tcp'],
  [{ port: 5432, appProtocol: 'postgres' }, 'tcp'],
  [{ port: 9000, name: 'tcp-raw' }, 'tcp'],
  [{ port: 80, name: 'tcpdump' }, 'http'],
]
for (const [port, protocol] of protocols) {
  test(`${port.appProtocol ?? port.name ?? 'unnamed'} is split as ${protocol}`, () => {
    assert.equal(makePorts(seen([port]), free)[0]?.protocol, protocol)
  })
}

test('ports that are not TCP pass by the routers', () => {
  const service = seen([
    { name: 'http', port: 80 },
    { name: 'dns', port: 53, protocol: 'UDP' },
  ])
  const spec = makeRouteSpec(service, 'web', { endpoints: 'none', ports: makePorts(service, free), backends: [] })
  assert.deepEqual(spec.passThrough, [{ name: 'dns', port: 53, protocol: 'UDP' }])
  assert.equal(spec.version, 1)
})

test('each match of a header route is a way in of its own', () => {
  const routes = makeHeaderRoutes(
    [
      {
        name: 'testers',
        match: [
          { headerName: 'X-A', headerValue: { exact: '1' } },
          { headerName: 'X-B', headerValue: { prefix: 'v' } },
        ],
      },
    ],
    'abc',
  )
  assert.deepEqual(routes, [
    {
      name: 'testers',
      hash: 'abc',
      match: [{ headers: [{ name: 'X-A', value: { exact: '1' } }] }, { headers: [{ name: 'X-B', value: { prefix: 'v' } }] }],
    },
  ])
})

test('cookie(NAME) and query(NAME) in the place of a header are a cookie and a query parameter', () => {
  const match = [
    { headerName: 'cookie(beta)', headerValue: { exact: 'on' } },
    { headerName: 'query(group)', headerValue: { regex: 'a|b' } },
  ]
  assert.deepEqual(
    makeHeaderRoutes([{ name: 'testers', match }], 'abc').flatMap(route => route.match),
    [{ cookies: [{ name: 'beta', value: { exact: 'on' } }] }, { queryParams: [{ name: 'group', value: { regex: 'a|b' } }] }],
  )
  const headers = { 'cookie(beta)': { exact: 'on' }, 'query(group)': { prefix: 'a' }, 'X-Team': { exact: 'b' } }
  assert.deepEqual(makeMirrorRoutes([{ name: 'some', match: [{ headers }] }], 'abc')[0]?.match, [
    {
      headers: [{ name: 'X-Team', value: { exact: 'b' } }],
      cookies: [{ name: 'beta', value: { exact: 'on' } }],
      queryParams: [{ name: 'group', value: { prefix: 'a' } }],
    },
  ])
})

test('stickiness', () => {
  assert.equal(makeSticky(undefined), undefined)
  assert.deepEqual(makeSticky('ip'), { by: 'ip' })
  assert.deepEqual(makeSticky({ header: 'X-User' }), { by: 'header', header: 'X-User' })
})

test('time-outs are ms in the Route, off is 0, and what cannot be read is left to the routers', () => {
  assert.deepEqual(makeTimeouts({ connect: '2.5s', response: '1m', idle: 'off' }), {
    connectMs: 2500,
    responseMs: 60_000,
    idleMs: 0,
  })
  assert.deepEqual(makeTimeouts({ connect: 'off', response: 'soon', idle: '1s' }), { idleMs: 1000 })
  assert.equal(makeTimeouts({ connect: 'off' }), undefined)
  assert.equal(makeTimeouts(undefined), undefined)
})

test('a mirror step copies all that matches unless it says which share, and each condition of a match must hold', () => {
  const match = [{ method: { exact: 'GET' }, path: { prefix: '/shop' }, headers: { 'X-Team': { regex: 'a|b' } } }]
  assert.deepEqual(
    makeMirrorRoutes(
      [
        { name: 'all', match },
        { name: 'some', match: [{}], percentage: 10 },
      ],
      'abc',
    ),
    [
      {
        name: 'all',
        hash: 'abc',
        percent: 100,
        match: [{ method: { exact: 'GET' }, path: { prefix: '/shop' }, headers: [{ name: 'X-Team', value: { regex: 'a|b' } }] }],
      },
      { name: 'some', hash: 'abc', percent: 10, match: [{}] },
    ],
  )
})
