import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteReport, RouterReport } from '../api/router-admin.ts'
import { changedRoutes } from './router-watch.ts'

const route = (more: Partial<RouteReport> = {}): RouteReport => ({
  version: 1,
  listening: true,
  upstreams: { aaa: 2 },
  inFlight: { aaa: 0 },
  connections: 1,
  ...more,
})
const fleet = (routes: { readonly [router: string]: RouteReport }) =>
  new Map<string, RouterReport>(
    Object.entries(routes).map(([router, report]) => [router, { router, draining: false, routes: { 'default/web': report } }]),
  )

test('the same reports are no news', () => {
  assert.deepEqual(changedRoutes(fleet({ r1: route() }), fleet({ r1: route() })), [])
})

test('an acknowledged version, a lost upstream, a closed port and a router that went silent are news', () => {
  const before = fleet({ r1: route(), r2: route() })
  assert.deepEqual(changedRoutes(before, fleet({ r1: route({ version: 2 }), r2: route() })), ['default/web'])
  assert.deepEqual(changedRoutes(before, fleet({ r1: route(), r2: route({ upstreams: { aaa: 1 } }) })), ['default/web'])
  assert.deepEqual(changedRoutes(before, fleet({ r1: route({ listening: false }), r2: route() })), ['default/web'])
  assert.deepEqual(changedRoutes(before, fleet({ r1: route() })), ['default/web'])
})

test('requests under way are news only when they begin or end altogether', () => {
  assert.deepEqual(
    changedRoutes(
      fleet({ r1: route({ inFlight: { aaa: 3 }, connections: 9 }) }),
      fleet({ r1: route({ inFlight: { aaa: 4 }, connections: 8 }) }),
    ),
    [],
  )
  assert.deepEqual(changedRoutes(fleet({ r1: route({ inFlight: { aaa: 3 } }) }), fleet({ r1: route() })), ['default/web'])
  assert.deepEqual(changedRoutes(fleet({ r1: route() }), fleet({ r1: route({ connections: 0 }) })), ['default/web'])
})
