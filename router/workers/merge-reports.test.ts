import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteReport } from '../../api/router-admin.ts'
import { buildTable } from '../table.ts'
import { anEndpoint, aRoute, aSlice, canaryAt } from '../testing/objects.ts'
import { mergeReports, type WorkerView } from './merge-reports.ts'

const slices = [aSlice('web-v1', [anEndpoint('10.0.0.1'), anEndpoint('10.0.0.2')])]
const plan = buildTable([aRoute({ version: 9, backends: canaryAt(20) })], slices).table.routes.get('shop/web')!
const report = (more: Partial<RouteReport> = {}): RouteReport => ({
  version: 9,
  listening: true,
  upstreams: { v1: 2, v2: 0 },
  inFlight: { v1: 3, v2: 1 },
  connections: 5,
  ...more,
})
const worker = (more: Partial<RouteReport> = {}, state: Partial<WorkerView> = {}): WorkerView => ({
  serves: true,
  routes: new Map([['shop/web', report(more)]]),
  from: new Map(),
  ...state,
})
const starting = (from: number): WorkerView => ({ serves: false, routes: new Map(), from: new Map([['shop/web', from]]) })

test('what is open is the sum', () => {
  assert.deepEqual(mergeReports(plan, [worker(), worker({ inFlight: { v1: 1, v2: 0, old: 4 }, connections: 2 })]), {
    ...report(),
    inFlight: { v1: 4, v2: 1, old: 4 },
    connections: 7,
  })
})

test('the version is the lowest that any worker runs, and so are the pods that it knows', () => {
  const merged = mergeReports(plan, [worker(), worker({ version: 8, upstreams: { v1: 1, v2: 0 } })])
  assert.deepEqual([merged.version, merged.upstreams], [8, { v1: 1, v2: 0 }])
})

test('a worker that has not heard of the Route holds it up', () => {
  const merged = mergeReports(plan, [worker(), worker({}, { routes: new Map() })])
  assert.deepEqual([merged.version, merged.listening], [0, false])
})

test('a worker that starts takes no version back that it starts with, and holds up later ones', () => {
  assert.deepEqual(mergeReports(plan, [worker(), starting(9)]), report())
  assert.equal(mergeReports(plan, [worker(), starting(8)]).version, 8)
  // Its ports come one by one: until then its own report says 0.
  const half = worker(
    { version: 0, listening: false, inFlight: {}, connections: 0 },
    { serves: false, from: new Map([['shop/web', 9]]) },
  )
  assert.deepEqual(mergeReports(plan, [worker(), half]), report())
})

test('a port that one serving worker does not listen on is not listened on', () => {
  assert.equal(mergeReports(plan, [worker(), worker({ listening: false })]).listening, false)
})

test('without workers nothing is listened on, and no older version runs', () => {
  assert.deepEqual(mergeReports(plan, []), {
    version: 9,
    listening: false,
    upstreams: { v1: 2, v2: 0 },
    inFlight: { v1: 0, v2: 0 },
    connections: 0,
  })
})
