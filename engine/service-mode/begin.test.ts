/** The first version of a Route. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '../../api/kubernetes.ts'
import type { RouterSeen } from '../seen.ts'
import { planServiceMode } from './index.ts'
import type { ModeContext } from './step.ts'

const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7' },
  spec: { clusterIP: '10.0.0.1', selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
}

const reporting = (routes: { readonly [route: string]: number }): RouterSeen => ({
  name: 'router-1',
  ready: true,
  report: {
    router: 'router-1',
    draining: false,
    routes: Object.fromEntries(
      Object.entries(routes).map(([route, version]) => [
        route,
        { version, listening: true, upstreams: {}, inFlight: {}, connections: 0 },
      ]),
    ),
  },
})

const firstVersion = (routers: readonly RouterSeen[]): number | undefined => {
  const mode: ModeContext = {
    now: Date.UTC(2026, 10, 24),
    deployment: 'web',
    settings: { propagationMs: 0, maxDrainMs: 0, probes: 1 },
    routers,
    stableHash: 'aaa',
    podLabels: { app: 'web' },
    podPrefixes: ['web-'],
    wish: { backends: [{ role: 'stable', hash: 'aaa', service: 'web-aaa', weight: 100 }] },
    onlyFinal: false,
    backends: [],
    hashes: ['aaa'],
    listenPorts: { taken: new Set(), contested: new Set() },
  }
  const { intents } = planServiceMode({ service, slices: [] }, 'proxy', mode)
  return intents.flatMap(intent => (intent.kind === 'createRoute' ? [intent.route.spec.version] : []))[0]
}

test('a Route begins at 1, and above what a router still tells of an earlier one of its name', () => {
  assert.equal(firstVersion([reporting({})]), 1)
  assert.equal(firstVersion([reporting({ 'shop/other': 9 })]), 1)
  assert.equal(firstVersion([reporting({}), reporting({ 'shop/web': 4 })]), 5)
})
