import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { MANAGED_BY_SLICE, SLUICE_SLICE_CONTROLLER } from '../api/names.ts'
import { systemClock } from '../kube/clock.ts'
import { silentLogger } from '../kube/log.ts'
import { ENDPOINT_SLICES, ROUTES } from '../kube/resources.ts'
import { decodeSnapshot, encodeSnapshot } from './disk.ts'
import { startRouteSource } from './route-source.ts'
import type { Table } from './table.ts'
import { type FakeApi, makeFakeApi } from './testing/fake-api.ts'
import { anEndpoint, aRoute, aSlice } from './testing/objects.ts'
import { until } from './testing/pods.ts'

const start = async (t: TestContext, api: FakeApi, stateDir?: string) => {
  const tables: Table[] = []
  const source = await startRouteSource({
    client: api.client,
    log: silentLogger,
    clock: systemClock,
    onTable: table => void tables.push(table),
    timing: { backoffBaseMs: 5, backoffCapMs: 20, shortWatchMs: 1 },
    ...(stateDir ? { stateDir } : {}),
  })
  t.after(() => source.stop())
  return {
    source,
    tables,
    version: () => source.table().routes.get('shop/web')?.version,
    pods: () => source.table().routes.get('shop/web')?.versions[0]?.addresses['http']?.length,
  }
}
const directory = async (t: TestContext) => {
  const path = await mkdtemp(join(tmpdir(), 'sluice-router-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}
const aCluster = () => {
  const api = makeFakeApi()
  api.put(ROUTES, aRoute({ version: 1 }))
  api.put(ENDPOINT_SLICES, aSlice('web-v1', [anEndpoint('10.0.0.1')]))
  return api
}

test('Routes and endpoints are followed', async t => {
  const api = aCluster()
  const { source, version, pods } = await start(t, api)
  await until(() => version() === 1 && pods() === 1, 'the first table')
  assert.equal(source.state(), 'live')
  api.put(ROUTES, aRoute({ version: 2 }))
  api.put(ENDPOINT_SLICES, aSlice('web-v1', [anEndpoint('10.0.0.1'), anEndpoint('10.0.0.2')]))
  await until(() => version() === 2 && pods() === 2, 'the change')
  api.remove(ROUTES, 'shop', 'web')
  await until(() => version() === undefined, 'the end')
})

test('slices that the routers publish, and those without the label, are no upstreams', async t => {
  const api = aCluster()
  const { pods } = await start(t, api)
  const own = aSlice('web-v1', [anEndpoint('10.0.0.8')], { suffix: 'own' })
  api.put(ENDPOINT_SLICES, {
    ...own,
    metadata: { ...own.metadata, labels: { ...own.metadata.labels, [MANAGED_BY_SLICE]: SLUICE_SLICE_CONTROLLER } },
  })
  const foreign = aSlice('web-v1', [anEndpoint('10.0.0.9')], { suffix: 'foreign' })
  const { 'sluice.dev/service': _, ...labels } = foreign.metadata.labels ?? {}
  api.put(ENDPOINT_SLICES, { ...foreign, metadata: { ...foreign.metadata, labels } })
  api.put(ENDPOINT_SLICES, aSlice('web-v1', [anEndpoint('10.0.0.7')], { suffix: 'more' }))
  await until(() => pods() === 2, 'only the two private ones')
})

test('a bad Route leaves the last good one in force, and the next good one is taken', async t => {
  const api = aCluster()
  const { version, pods } = await start(t, api)
  await until(() => version() === 1, 'the first table')
  api.put(ROUTES, aRoute({ version: 2, backends: [] }))
  api.put(ENDPOINT_SLICES, aSlice('web-v1', []))
  await until(() => pods() === 0, 'the next table')
  assert.equal(version(), 1)
  api.put(ROUTES, aRoute({ version: 3 }))
  await until(() => version() === 3, 'the good one')
})

test('the table stays while the API server is gone, and follows when it is back', async t => {
  const api = aCluster()
  const { version, tables } = await start(t, api)
  await until(() => version() === 1, 'the first table')
  api.setUp(false)
  const before = tables.length
  await new Promise(resolve => setTimeout(resolve, 60))
  assert.equal(tables.length, before)
  assert.equal(version(), 1)
  api.put(ROUTES, aRoute({ version: 2 }))
  api.setUp(true)
  await until(() => version() === 2, 'the change made meanwhile')
})

test('a router that starts without the API server takes the routes from disk, and then the live ones', async t => {
  const path = await directory(t)
  const api = aCluster()
  const first = await start(t, api, path)
  await until(() => first.version() === 1, 'the first table')
  await first.source.stop()
  api.setUp(false)
  const second = await start(t, api, path)
  assert.deepEqual([second.source.state(), second.version(), second.pods()], ['cached', 1, 1])
  api.put(ROUTES, aRoute({ version: 5 }))
  api.setUp(true)
  await until(() => second.version() === 5, 'the live table')
  assert.equal(second.source.state(), 'live')
})

test('a Route that is gone when the API server answers is dropped, though it is on disk', async t => {
  const path = await directory(t)
  await writeFile(join(path, 'routes.json'), encodeSnapshot({ routes: [aRoute()], slices: [] }))
  const api = makeFakeApi()
  const { source, version } = await start(t, api, path)
  assert.equal(version(), 1)
  await until(() => source.state() === 'live' && version() === undefined, 'it is gone')
})

test('a corrupted file is not used, and is replaced', async t => {
  const path = await directory(t)
  await writeFile(join(path, 'routes.json'), encodeSnapshot({ routes: [aRoute({ version: 9 })], slices: [] }).slice(0, -20))
  const api = aCluster()
  const { source, version } = await start(t, api, path)
  assert.equal(source.state(), 'empty')
  await until(() => version() === 1, 'the live table')
  await source.stop()
  const found = decodeSnapshot(await readFile(join(path, 'routes.json'), 'utf8'))
  assert.ok('snapshot' in found && found.snapshot.routes[0]?.spec.version === 1)
})

test('what is written to disk is the last good Route, not a refused one', async t => {
  const path = await directory(t)
  const api = aCluster()
  const { source, version } = await start(t, api, path)
  await until(() => version() === 1, 'the first table')
  api.put(ROUTES, aRoute({ version: 2, ports: [] }))
  await new Promise(resolve => setTimeout(resolve, 50))
  await source.stop()
  const found = decodeSnapshot(await readFile(join(path, 'routes.json'), 'utf8'))
  assert.ok('snapshot' in found && found.snapshot.routes[0]?.spec.version === 1)
})
