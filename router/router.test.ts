import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, get, type IncomingMessage } from 'node:http'
import { get as getSecurely } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import type { EndpointSlice, KubeObject } from '../api/kubernetes.ts'
import type { BucketReport, RouterReport } from '../api/router-admin.ts'
import { systemClock } from '../kube/clock.ts'
import { silentLogger } from '../kube/log.ts'
import { ENDPOINT_SLICES, PODS, ROUTES, SECRETS } from '../kube/resources.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { type Router, type RouterOptions, startRouter } from './router.ts'
import { type FakeApi, makeFakeApi } from './testing/fake-api.ts'
import { anEndpoint, aRoute, aRouterPod, aSlice } from './testing/objects.ts'
import { ask, deadPort, startPod, until } from './testing/pods.ts'

const start = async (t: TestContext, api: FakeApi, more: Partial<RouterOptions> = {}): Promise<Router> => {
  const router = await startRouter({
    client: api.client,
    log: silentLogger,
    clock: systemClock,
    pod: { namespace: 'sluice-system', name: 'router-a', ip: '127.0.0.1' },
    adminPort: 0,
    healthPort: 0,
    quietMs: 50,
    drainMs: 5_000,
    lingerMs: 0,
    limits: { ...DEFAULT_LIMITS, idleGraceMs: 50 },
    fastLane: true,
    version: '1.2.3',
    timing: {
      informer: { backoffBaseMs: 5, backoffCapMs: 20, shortWatchMs: 1 },
      lease: { leaseDurationMs: 600, renewDeadlineMs: 400, retryPeriodMs: 50 },
    },
    ...more,
  })
  t.after(() => router.stop())
  return router
}

/** A fake cluster with the Route `shop/web` in version 1, which leads to one pod. */
const aCluster = async (t: TestContext) => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const pod = await startPod((req, res) => {
    const end = () => res.end('hello')
    if (req.url === '/held') void released.then(end)
    else setTimeout(end, req.url === '/slow' ? 300 : 0)
  })
  t.after(() => pod.close())
  const api = makeFakeApi()
  const port = await deadPort()
  const route = (version: number, more = {}) =>
    aRoute({ version, ports: [{ name: 'http', port: 80, listenPort: port, protocol: 'http' }], ...more })
  api.put(ROUTES, route(1))
  api.put(ENDPOINT_SLICES, aSlice('web-v1', [anEndpoint('127.0.0.1')], { port: pod.port }))
  api.put(PODS, aRouterPod('router-a', '127.0.0.1'))
  return { api, port, pod, route, release }
}
const health = async (router: Router, path: string) => ask(router.healthPort, { path })
const admin = async <T>(api: FakeApi, router: Router, path: string): Promise<{ status: number; body: T }> => {
  await until(() => router.adminPort() !== undefined, 'the admin port is served')
  const secret = api.objects<KubeObject & { readonly data: { readonly [key: string]: string } }>(SECRETS)[0]
  const ca = Buffer.from(secret?.data['ca.crt'] ?? '', 'base64').toString()
  const req = getSecurely({
    host: '127.0.0.1',
    port: router.adminPort(),
    path,
    ca,
    servername: 'router.sluice.dev',
    agent: false,
  })
  const [answer] = (await once(req, 'response')) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, body: JSON.parse((await answer.toArray()).join('')) }
}

test('a router serves, acknowledges, counts and publishes', async t => {
  const { api, port } = await aCluster(t)
  const router = await start(t, api)
  await until(() => router.notReady() === undefined, 'it is ready')
  assert.equal((await health(router, '/readyz')).status, 200)
  for (let i = 0; i < 3; i++) assert.equal((await ask(port)).body, 'hello')
  const { body: routes } = await admin<RouterReport>(api, router, '/routes')
  assert.deepEqual(routes, {
    router: 'router-a',
    draining: false,
    routes: { 'shop/web': { version: 1, listening: true, upstreams: { v1: 1 }, inFlight: { v1: 0 }, connections: 0 } },
  })
  const { body: buckets } = await admin<BucketReport>(api, router, '/buckets?route=shop/web&seconds=30')
  assert.equal(
    buckets.buckets.reduce((sum, { versions }) => sum + (versions['v1']?.status2xx ?? 0), 0),
    3,
  )
  assert.match((await health(router, '/metrics')).body, /sluice_router_requests_total\{[^}]*code_class="2xx"\} 3/)
  await until(
    () => api.objects<EndpointSlice>(ENDPOINT_SLICES).some(({ metadata }) => metadata.name === 'web-sluice-router'),
    'the slice',
  )
  // A busy machine may lose the short lease of the test for a moment.
  await until(() => router.isPublisher(), 'it publishes')
})

test('the admin port says what is wrong with a question', async t => {
  const { api } = await aCluster(t)
  const router = await start(t, api)
  for (const [path, status, says] of [
    ['/buckets', 400, /NAMESPACE\/NAME/],
    ['/buckets?route=web', 400, /NAMESPACE\/NAME/],
    ['/buckets?route=shop/web&seconds=soon', 400, /seconds is "soon"/],
    ['/buckets?route=shop/other', 404, /no Route shop\/other/],
    ['/else', 404, /\/routes, \/buckets/],
  ] as const) {
    const { status: got, body } = await admin<{ error: string }>(api, router, path)
    assert.equal(got, status, path)
    assert.match(body.error, says)
  }
  assert.equal((await admin(api, router, '/healthz')).status, 200)
})

test('a version is acknowledged once it is in force, a refused one never', async t => {
  const { api, route } = await aCluster(t)
  const router = await start(t, api)
  const version = () => router.serving.report()['shop/web']?.version
  await until(() => version() === 1, 'version 1')
  api.put(ROUTES, route(2))
  await until(() => version() === 2, 'version 2')
  api.put(ROUTES, route(3, { backends: [] }))
  api.put(ENDPOINT_SLICES, aSlice('web-v1', []))
  await until(() => router.serving.report()['shop/web']?.upstreams['v1'] === 0, 'the table after it')
  assert.equal(version(), 2)
  const { body } = await admin<RouterReport>(api, router, '/routes')
  assert.deepEqual(body.refused, { 'shop/web': { version: 3, message: 'spec.backends: needs at least the stable version' } })
})

test('a version is not acknowledged while one of its ports cannot be listened on, and the router is not ready', async t => {
  const { api, route } = await aCluster(t)
  const taken = await startPod(() => {})
  const router = await start(t, api)
  await until(() => router.notReady() === undefined, 'it is ready')
  const ports = [...route(2).spec.ports, { name: 'admin', port: 81, listenPort: taken.port, protocol: 'http' }]
  api.put(ROUTES, route(2, { ports }))
  await until(() => router.serving.report()['shop/web']?.listening === false, 'the port is taken')
  assert.equal(router.serving.report()['shop/web']?.version, 1)
  assert.match((await health(router, '/readyz')).body, /not every port/)
  await taken.close()
  await until(() => router.serving.report()['shop/web']?.version === 2, 'it is free')
  assert.equal(router.notReady(), undefined)
})

test('without the API server a router starts from disk, and serves', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-router-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const { api, port } = await aCluster(t)
  const first = await start(t, api, { stateDir: directory })
  await until(() => first.notReady() === undefined, 'it is ready')
  await first.stop()
  api.setUp(false)
  const second = await start(t, api, { stateDir: directory })
  await until(() => second.serving.missing() === undefined, 'it listens')
  assert.equal((await ask(port)).body, 'hello')
  assert.match((await health(second, '/readyz')).body, /from disk/)
  api.setUp(true)
  await until(() => second.notReady() === undefined, 'it is ready')
})

test('on the way out: not ready, then connections are asked to close, requests end, and nothing is left', async t => {
  const { api, port } = await aCluster(t)
  const router = await start(t, api, { quietMs: 300 })
  await until(() => router.notReady() === undefined, 'it is ready')
  const agent = new Agent({ keepAlive: true })
  const idle = new Agent({ keepAlive: true })
  assert.equal((await ask(port, {}, idle)).headers.connection, 'keep-alive')
  const drained = router.drain()
  assert.equal((await health(router, '/readyz')).status, 503)
  assert.equal((await ask(port, {}, agent)).headers.connection, 'keep-alive', 'still quiet')
  const slow = ask(port, { path: '/slow' }, agent)
  await until(() => router.serving.missing() !== undefined, 'nothing is accepted any more')
  const answer = await slow
  assert.deepEqual([answer.status, answer.body, answer.headers.connection], [200, 'hello', 'close'])
  await drained
  assert.equal(router.serving.connections, 0)
  await assert.rejects(ask(port))
  for (const one of [agent, idle]) one.destroy()
})

test('a kept connection is not cut when the router stops accepting: its next request is answered, and then it closes', async t => {
  const { api, port } = await aCluster(t)
  const router = await start(t, api, { quietMs: 0, limits: { ...DEFAULT_LIMITS, idleGraceMs: 5_000 } })
  await until(() => router.notReady() === undefined, 'it is ready')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  assert.equal((await ask(port, {}, agent)).body, 'hello')
  const drained = router.drain()
  await until(() => router.serving.missing() !== undefined, 'nothing is accepted any more')
  const last = await ask(port, {}, agent)
  assert.deepEqual([last.body, last.headers.connection], ['hello', 'close'])
  await drained
  agent.destroy()
})

test('a drain ends at its deadline even when a WebSocket stays open', async t => {
  const { api, port, pod } = await aCluster(t)
  new WebSocketServer({ server: pod.server })
  const router = await start(t, api, { quietMs: 0, drainMs: 200 })
  await until(() => router.notReady() === undefined, 'it is ready')
  const ws = new WebSocket(`ws://127.0.0.1:${port}`)
  await once(ws, 'open')
  const closed = once(ws, 'close')
  await router.drain()
  await closed
})

test('a Route that drains asks its clients to connect anew and closes idle connections; others are not touched', async t => {
  const { api, port, route, release } = await aCluster(t)
  const otherPort = await deadPort()
  api.put(
    ROUTES,
    aRoute(
      { ports: [{ name: 'http', port: 80, listenPort: otherPort, protocol: 'http' }], backends: route(1).spec.backends },
      'other',
    ),
  )
  const router = await start(t, api)
  await until(() => Object.keys(router.serving.report()).length === 2 && router.serving.missing() === undefined, 'both Routes')
  const [agent, idle, other] = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true }), new Agent({ keepAlive: true })]
  await Promise.all([ask(port, {}, agent), ask(port, {}, idle), ask(otherPort, {}, other)])
  // Under way when the Route begins to drain: whoever asks later may meet the end of a connection that was idle.
  const held = ask(port, { path: '/held' }, agent)
  await until(() => router.serving.report()['shop/web']?.inFlight['v1'] === 1, 'a request is under way')
  api.put(ROUTES, route(2, { endpoints: 'draining' }))
  await until(() => router.serving.report()['shop/web']?.version === 2, 'it drains')
  release()
  assert.equal((await held).headers.connection, 'close')
  await until(() => router.serving.report()['shop/web']?.connections === 0, 'its connections are closed')
  assert.equal((await ask(otherPort, {}, other)).headers.connection, 'keep-alive')
  assert.equal(router.serving.report()['shop/other']?.connections, 1)
  assert.equal((await ask(port)).body, 'hello', 'who still comes is served')
  for (const one of [agent, idle, other]) one.destroy()
})

test('a Route that is removed keeps what is in flight, then its port is closed', async t => {
  const { api, port } = await aCluster(t)
  const router = await start(t, api)
  await until(() => router.notReady() === undefined, 'it is ready')
  const slow = ask(port, { path: '/slow' })
  await until(() => router.serving.report()['shop/web']?.inFlight['v1'] === 1, 'in flight')
  api.remove(ROUTES, 'shop', 'web')
  await until(() => router.serving.report()['shop/web'] === undefined, 'it is gone from the report')
  assert.equal((await slow).body, 'hello')
  await until(() => router.serving.routes.size === 0, 'and then for good')
  await assert.rejects(ask(port), { code: 'ECONNREFUSED' })
  assert.doesNotMatch((await health(router, '/metrics')).body, /shop/)
})

test('a removed Route that comes back is served on', async t => {
  const { api, port, route } = await aCluster(t)
  const router = await start(t, api, { lingerMs: 10_000 })
  await until(() => router.notReady() === undefined, 'it is ready')
  api.remove(ROUTES, 'shop', 'web')
  await until(() => router.serving.report()['shop/web'] === undefined, 'it is gone')
  assert.equal((await ask(port)).headers.connection, 'close')
  api.put(ROUTES, route(1))
  await until(() => router.serving.report()['shop/web']?.version === 1, 'it is back')
  const agent = new Agent({ keepAlive: true })
  assert.equal((await ask(port, {}, agent)).headers.connection, 'keep-alive')
  agent.destroy()
})

test('health says alive as soon as the process is up', async t => {
  const api = makeFakeApi()
  api.setUp(false)
  const router = await start(t, api)
  assert.equal((await health(router, '/healthz')).status, 200)
  assert.match((await health(router, '/readyz')).body, /no routes are known yet/)
  const req = get({ host: '127.0.0.1', port: router.healthPort, path: '/x', agent: false })
  const [answer] = (await once(req, 'response')) as [IncomingMessage]
  assert.equal(answer.statusCode, 404)
  answer.resume()
})

test('a router that listens on all addresses answers clients of both families, with their plain addresses', async t => {
  const pod = await startPod((req, res) => void res.end(String(req.headers['x-forwarded-for'])))
  t.after(() => pod.close())
  const { api, port } = await aCluster(t)
  api.put(ENDPOINT_SLICES, aSlice('web-v1', [anEndpoint('127.0.0.1')], { port: pod.port }))
  const router = await start(t, api, { pod: { namespace: 'sluice-system', name: 'router-a', ip: '127.0.0.1', listen: '::' } })
  await until(() => router.notReady() === undefined, 'it is ready')
  for (const host of ['127.0.0.1', '::1']) assert.equal((await ask(port, {}, false, host)).body, host)
})
