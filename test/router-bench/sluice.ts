/** The router's data path as a process: node sluice.ts POD_PORT PORT. Weights, a header route, counts and all checks are on. */
import { systemClock } from '../../kube/clock.ts'
import { silentLogger } from '../../kube/log.ts'
import { DEFAULT_LIMITS } from '../../router/limits.ts'
import { makeHttpProxyEngine } from '../../router/proxy/engine.ts'
import { Serving } from '../../router/serving.ts'
import { buildTable } from '../../router/table.ts'
import { anEndpoint, aRoute, aSlice, canaryAt } from '../../router/testing/objects.ts'

const [podPort, port] = process.argv.slice(2).map(Number)
const context = {
  router: 'router-1',
  engine: makeHttpProxyEngine(),
  fastLane: process.env['SLUICE_FAST_LANE'] !== 'off',
  limits: DEFAULT_LIMITS,
  clock: systemClock,
  random: Math.random,
  log: silentLogger,
  draining: () => false,
}
const serving = new Serving({ context, host: '127.0.0.1', lingerMs: 0 })
const route = aRoute({
  version: 1,
  ports: [{ name: 'http', port: 80, listenPort: port ?? 0, protocol: 'http' }],
  backends: canaryAt(20),
  headerRoutes: [{ name: 'beta', match: [{ headers: [{ name: 'X-Beta', value: { exact: 'yes' } }] }], hash: 'v2' }],
})
const slices = ['web-v1', 'web-v2'].map(service => aSlice(service, [anEndpoint('127.0.0.1')], { port: podPort ?? 0 }))
const { table, refused } = buildTable([route], slices)
if (refused.length > 0) throw new Error(JSON.stringify(refused))
serving.apply(table)
// An orderly end, so that a profile is written.
process.once('SIGTERM', () => process.exit(0))
