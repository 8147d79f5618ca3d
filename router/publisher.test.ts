import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { EndpointSlice } from '../api/kubernetes.ts'
import { PUBLISHER_LEASE } from '../api/names.ts'
import type { RouteSpec } from '../api/route.ts'
import { systemClock } from '../kube/clock.ts'
import { silentLogger } from '../kube/log.ts'
import { ENDPOINT_SLICES, LEASES, PODS, ROUTES } from '../kube/resources.ts'
import { type Publisher, startPublisher } from './publisher.ts'
import { startRouteSource } from './route-source.ts'
import { type FakeApi, makeFakeApi } from './testing/fake-api.ts'
import { anEndpoint, aRoute, aRouterPod, aSlice, canaryAt } from './testing/objects.ts'
import { until } from './testing/pods.ts'

const informer = { backoffBaseMs: 5, backoffCapMs: 20, shortWatchMs: 1 }
const PEER_PORT = 20_999

const startRouter = async (t: TestContext, api: FakeApi, name: string, leaseDurationMs = 600): Promise<Publisher> => {
  let publisher: Publisher | undefined
  const source = await startRouteSource({
    client: api.client,
    log: silentLogger,
    clock: systemClock,
    timing: informer,
    onTable: () => publisher?.refresh(),
  })
  const running = startPublisher({
    client: api.client,
    log: silentLogger,
    clock: systemClock,
    pod: { namespace: 'sluice-system', name },
    source,
    peerPort: PEER_PORT,
    timing: { informer, lease: { leaseDurationMs, renewDeadlineMs: leaseDurationMs * 0.7, retryPeriodMs: 50 } },
  })
  publisher = running
  t.after(async () => {
    await running.stop()
    await source.stop()
  })
  return running
}

const aCluster = (spec: Partial<RouteSpec> = {}): FakeApi => {
  const api = makeFakeApi()
  api.put(ROUTES, aRoute({ backends: canaryAt(0), ...spec }))
  api.put(ENDPOINT_SLICES, aSlice('web-v1', [anEndpoint('10.0.0.1')]))
  api.put(PODS, aRouterPod('router-a', '127.91.0.1'))
  api.put(PODS, aRouterPod('router-b', '127.91.0.2'))
  return api
}
const published = (api: FakeApi, role: string): EndpointSlice | undefined =>
  api.objects<EndpointSlice>(ENDPOINT_SLICES).find(({ metadata }) => metadata.name === `web-sluice-${role}`)
const addresses = (api: FakeApi, role: string): string =>
  (published(api, role)?.endpoints ?? []).map(endpoint => endpoint.addresses[0]).join(' ')
const sliceWrites = (api: FakeApi) => api.writes.filter(({ plural }) => plural === 'endpointslices')
/** Long enough for a wrong write to be seen; nothing announces that nothing happens. */
const aMoment = () => new Promise(resolve => setTimeout(resolve, 150))

test('the slices of a Route are written, and not written again', async t => {
  const api = aCluster()
  await startRouter(t, api, 'router-a')
  await until(
    () => addresses(api, 'router') === '127.91.0.1 127.91.0.2' && addresses(api, 'fail-open') === '10.0.0.1',
    'both slices',
  )
  await aMoment()
  assert.equal(sliceWrites(api).length, 2)
})

test('of several routers one writes', async t => {
  const api = aCluster()
  const routers = await Promise.all(['router-a', 'router-b'].map(name => startRouter(t, api, name)))
  await until(() => addresses(api, 'fail-open') === '10.0.0.1', 'the slices')
  await aMoment()
  assert.equal(routers.filter(router => router.isLeader()).length, 1)
  assert.equal(sliceWrites(api).length, 2)
})

test('routers that come and go, stable pods that change and new versions of the Route are published', async t => {
  const api = aCluster()
  await startRouter(t, api, 'router-a')
  await until(() => addresses(api, 'router') === '127.91.0.1 127.91.0.2', 'both routers')
  api.put(PODS, aRouterPod('router-b', '127.91.0.2', { ready: false }))
  await until(() => addresses(api, 'router') === '127.91.0.1', 'the one that is ready')
  api.put(PODS, aRouterPod('router-c', '127.91.0.3'))
  await until(() => addresses(api, 'router') === '127.91.0.1 127.91.0.3', 'the new one')
  api.put(ENDPOINT_SLICES, aSlice('web-v1', [anEndpoint('10.0.0.2')]))
  await until(() => addresses(api, 'fail-open') === '10.0.0.2', 'the other stable pod')
  api.put(ROUTES, aRoute({ version: 2, endpoints: 'draining' }))
  await until(() => published(api, 'router')?.metadata.annotations?.['sluice.dev/route-version'] === '2', 'the new version')
  assert.equal(published(api, 'router')?.endpoints?.[0]?.conditions?.ready, false)
})

test('slices are deleted when the Route asks for none and when it is gone', async t => {
  const api = aCluster()
  await startRouter(t, api, 'router-a')
  await until(() => addresses(api, 'router') !== '', 'the slices')
  api.put(ROUTES, aRoute({ version: 2, endpoints: 'none' }))
  await until(() => !published(api, 'router') && !published(api, 'fail-open'), 'none')
  api.put(ROUTES, aRoute({ version: 3 }))
  await until(() => addresses(api, 'router') !== '', 'the slices again')
  api.remove(ROUTES, 'shop', 'web')
  await until(() => !published(api, 'router') && !published(api, 'fail-open'), 'none again')
  assert.ok(api.objects(ENDPOINT_SLICES).length === 1, 'the private ones are not touched')
})

test('a bad Route leaves its slices as they are, also for a router that never saw a good one', async t => {
  const api = aCluster()
  const first = await startRouter(t, api, 'router-a')
  await until(() => addresses(api, 'router') !== '', 'the slices')
  api.put(ROUTES, aRoute({ version: 2, ports: [] }))
  await aMoment()
  await first.leave()
  const before = sliceWrites(api).length
  const second = await startRouter(t, api, 'router-b')
  await until(() => second.isLeader(), 'it leads')
  await aMoment()
  assert.equal(sliceWrites(api).length, before)
  assert.ok(published(api, 'router'))
})

test('what somebody else did to a published slice is undone', async t => {
  const api = aCluster()
  await startRouter(t, api, 'router-a')
  await until(() => addresses(api, 'router') !== '', 'the slices')
  api.put(ENDPOINT_SLICES, { ...published(api, 'router')!, endpoints: [] } as EndpointSlice)
  await until(() => addresses(api, 'router') === '127.91.0.1 127.91.0.2', 'it is back')
  api.remove(ENDPOINT_SLICES, 'shop', 'web-sluice-fail-open')
  await until(() => addresses(api, 'fail-open') === '10.0.0.1', 'it is back')
})

test('a router that leaves takes itself out and gives the lease up at once', async t => {
  const api = aCluster()
  const first = await startRouter(t, api, 'router-a', 60_000)
  await until(() => first.isLeader() && addresses(api, 'router') !== '', 'the slices')
  const second = await startRouter(t, api, 'router-b', 60_000)
  await first.leave()
  assert.equal(addresses(api, 'router'), '127.91.0.2')
  api.put(PODS, aRouterPod('router-a', '127.91.0.1', { deleted: true }))
  await until(() => second.isLeader(), 'the other leads')
  await aMoment()
  assert.equal(addresses(api, 'router'), '127.91.0.2')
})

test('a router that lost the lease while the API server was away leads again', async t => {
  const api = aCluster()
  const router = await startRouter(t, api, 'router-a', 300)
  await until(() => addresses(api, 'router') !== '', 'the slices')
  api.setUp(false)
  await until(() => !router.isLeader(), 'it leads no more')
  api.put(PODS, aRouterPod('router-b', '127.91.0.2', { ready: false }))
  api.setUp(true)
  await until(() => addresses(api, 'router') === '127.91.0.1', 'it caught up')
})

/** The health port of a router that says whether it is ready. */
const listen = (host: string, isReady = () => true): Promise<Server> =>
  new Promise(resolve => {
    const server = createServer((_, answer) => answer.writeHead(isReady() ? 200 : 503).end())
    server.listen(PEER_PORT, host, () => resolve(server))
  })
const die = (server: Server): void => {
  server.close()
  server.closeAllConnections()
}
const connectionsOf = (server: Server): (() => number) => {
  let count = 0
  server.on('connection', () => {
    count += 1
  })
  return () => count
}

test('a router whose process dies is taken out at once, though its pod is still said to be ready, and comes back when it is ready itself', async t => {
  const api = aCluster()
  const b = await listen('127.91.0.2')
  const watched = connectionsOf(b)
  const router = await startRouter(t, api, 'router-a')
  await until(() => router.isLeader() && addresses(api, 'router') === '127.91.0.1 127.91.0.2' && watched() > 0, 'both')
  die(b)
  await until(() => addresses(api, 'router') === '127.91.0.1', 'the dead one is out')
  let isReady = false
  const again = await listen('127.91.0.2', () => isReady)
  const asked = connectionsOf(again)
  t.after(() => die(again))
  await until(() => asked() >= 4, 'it was asked twice')
  assert.equal(addresses(api, 'router'), '127.91.0.1')
  isReady = true
  await until(() => addresses(api, 'router') === '127.91.0.1 127.91.0.2', 'and in again')
})

test('when the leader`s process dies the others take it out without waiting for its lease', async t => {
  const api = aCluster()
  const a = await listen('127.91.0.1')
  const watched = connectionsOf(a)
  const time = new Date().toISOString().replace('Z', '000Z')
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace: 'sluice-system', name: PUBLISHER_LEASE },
    spec: { holderIdentity: 'router-a', leaseDurationSeconds: 3600, renewTime: time },
  }
  api.put(LEASES, lease)
  const other = await startRouter(t, api, 'router-b')
  await until(() => watched() > 0, 'it is watched')
  await aMoment()
  assert.equal(sliceWrites(api).length, 0, 'the leader is alive: it is its business')
  die(a)
  await until(
    () => addresses(api, 'router') === '127.91.0.2' && addresses(api, 'fail-open') === '10.0.0.1',
    'the slices without it',
  )
  assert.equal(other.isLeader(), false)
})

test('a router that never could be reached is left to its readiness', async t => {
  const api = aCluster()
  await startRouter(t, api, 'router-a')
  await until(() => addresses(api, 'router') !== '', 'the slices')
  await new Promise(resolve => setTimeout(resolve, 400))
  assert.equal(addresses(api, 'router'), '127.91.0.1 127.91.0.2')
})
