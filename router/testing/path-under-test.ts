/** The data path of routers under test: in the test's process, or, with SLUICE_TEST_WORKERS=N, in N worker processes. */
import type { EndpointSlice } from '../../api/kubernetes.ts'
import { systemClock } from '../../kube/clock.ts'
import { silentLogger } from '../../kube/log.ts'
import { makeKey } from '../../kube/shared-keys.ts'
import { SharedJars } from '../cookie-jar.ts'
import { laneContext, type PathSettings } from '../data-path.ts'
import { Serving } from '../serving.ts'
import type { Table } from '../table.ts'
import { startFleet } from '../workers/fleet.ts'
import { settle } from './settled.ts'

export type TestPath = Pick<
  Serving,
  'routes' | 'connections' | 'listening' | 'report' | 'drain' | 'close' | 'destroyConnections'
> & {
  readonly apply: (table: Table, slices: readonly EndpointSlice[]) => void
  readonly startDraining: () => void
}

export const TEST_WORKERS = Number(process.env['SLUICE_TEST_WORKERS'] ?? 0)

export const startTestPath = (settings: PathSettings): TestPath =>
  TEST_WORKERS > 0 ? inWorkers(settings) : inThisProcess(settings)

const inThisProcess = (settings: PathSettings): TestPath => {
  let draining = false
  const around = { clock: systemClock, log: silentLogger, cookies: new SharedJars([makeKey()]), draining: () => draining }
  const serving = new Serving({
    context: laneContext(settings, around),
    host: settings.host,
    lingerMs: settings.lingerMs,
  })
  return Object.assign(serving, {
    startDraining: () => {
      draining = true
      serving.drain()
    },
  })
}

const inWorkers = (settings: PathSettings): TestPath => {
  const path = startFleet({
    workers: TEST_WORKERS,
    script: new URL('../main.ts', import.meta.url).pathname,
    args: ['--worker-of-router'],
    settings,
    logLevel: 'error',
    clock: systemClock,
    log: silentLogger,
  })
  path.useKeys([makeKey()])
  const unsettle = settle(() => path.refresh())
  return {
    routes: path.routes,
    get connections() {
      return path.connections
    },
    get listening() {
      return path.missing() === undefined
    },
    report: () => path.report(),
    apply: (table, slices) => path.apply(table, slices),
    startDraining: () => path.drain(),
    drain: () => {},
    close: () => path.drain(),
    destroyConnections: () => {
      unsettle()
      void path.stop()
    },
  }
}
