/** As sluice.ts, with worker processes: node sluice-workers.ts POD_PORT PORT WORKERS. */
import { systemClock } from '../../kube/clock.ts'
import { silentLogger } from '../../kube/log.ts'
import { DEFAULT_LIMITS } from '../../router/limits.ts'
import { buildTable } from '../../router/table.ts'
import { anEndpoint, aRoute, aSlice, canaryAt } from '../../router/testing/objects.ts'
import { startFleet } from '../../router/workers/fleet.ts'

const [podPort = 0, port = 0, workers = 2] = process.argv.slice(2).map(Number)
const fleet = startFleet({
  workers,
  script: new URL('../../router/main.ts', import.meta.url).pathname,
  args: ['--worker-of-router'],
  settings: { router: 'router-1', host: '127.0.0.1', lingerMs: 0, limits: DEFAULT_LIMITS, fastLane: true },
  logLevel: 'error',
  clock: systemClock,
  log: silentLogger,
})
const route = aRoute({
  version: 1,
  ports: [{ name: 'http', port: 80, listenPort: port, protocol: 'http' }],
  backends: canaryAt(20),
  headerRoutes: [{ name: 'beta', match: [{ headers: [{ name: 'X-Beta', value: { exact: 'yes' } }] }], hash: 'v2' }],
})
const slices = ['web-v1', 'web-v2'].map(service => aSlice(service, [anEndpoint('127.0.0.1')], { port: podPort }))
fleet.apply(buildTable([route], slices).table, slices)
process.once('SIGTERM', () => void fleet.stop().then(() => process.exit(0)))
