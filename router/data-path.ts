/**
 * What carries the requests of one router, as the rest of the router sees it: this process itself, or worker processes (see
 * workers/fleet.ts).
 */
import type { Registry } from 'prom-client'
import type { EndpointSlice } from '../api/kubernetes.ts'
import type { RouteReport } from '../api/router-admin.ts'
import type { Clock } from '../kube/clock.ts'
import type { Logger } from '../kube/log.ts'
import { SharedJars } from './cookie-jar.ts'
import type { LaneContext } from './lanes/connection.ts'
import type { Limits } from './limits.ts'
import { makeHttpProxyEngine } from './proxy/engine.ts'
import type { RunningRoute } from './running-route.ts'
import { Serving } from './serving.ts'
import type { Table } from './table.ts'
import type { Place } from './zone.ts'

export type DataPath = {
  /** With what was counted for them. */
  readonly routes: ReadonlyMap<string, RunningRoute>
  /** Connections that are open on all ports; 0 only when that is sure. */
  readonly connections: number
  /** Undefined when it can take all the traffic there is, else one sentence of what is missing. */
  readonly missing: () => string | undefined
  /** Puts a table in force; `slices` are those that it was made of. */
  readonly apply: (table: Table, slices: readonly EndpointSlice[]) => void
  /** Puts the keys of sticky cookies in force: base64, the one that signs first. */
  readonly useKeys: (keys: readonly string[]) => void
  /** By `NAMESPACE/NAME`. */
  readonly report: () => { readonly [route: string]: RouteReport }
  /** The version of the Route that all requests go by at least. */
  readonly versionOf: (route: RunningRoute) => number
  /** Resolves when counts are those of now. */
  readonly refresh: () => Promise<void>
  /** Adds what Prometheus is told beyond the Routes. */
  readonly observe: (registry: Registry) => void
  /** Accepts no more connections and asks those that are open to go. */
  readonly drain: () => void
  /** Ends at once. */
  readonly stop: () => Promise<void>
}

/** What the lanes are told, as plain data. */
export type PathSettings = {
  /** The router's name. */
  readonly router: string
  /** Address to listen on. */
  readonly host: string
  readonly lingerMs: number
  readonly limits: Limits
  readonly fastLane: boolean
  readonly place?: Place
}

export type Surroundings = {
  readonly clock: Clock
  readonly log: Logger
  readonly cookies: SharedJars
  readonly draining: () => boolean
}

export const laneContext = ({ router, limits, fastLane, place }: PathSettings, around: Surroundings): LaneContext => ({
  router,
  engine: makeHttpProxyEngine(),
  fastLane,
  limits,
  place,
  random: Math.random,
  ...around,
})

export const pathInThisProcess = (settings: PathSettings, { clock, log }: Pick<Surroundings, 'clock' | 'log'>): DataPath => {
  let draining = false
  const cookies = new SharedJars()
  const context = laneContext(settings, { clock, log, cookies, draining: () => draining })
  const serving = new Serving({ context, host: settings.host, lingerMs: settings.lingerMs })
  return {
    routes: serving.routes,
    get connections() {
      return serving.connections
    },
    missing: () => (serving.listening ? undefined : 'not every port of every Route is listened on'),
    apply: table => serving.apply(table),
    useKeys: keys => cookies.use(keys),
    report: () => serving.report(),
    versionOf: ({ plan }) => plan.version,
    refresh: async () => {},
    observe: () => {},
    drain: () => {
      draining = true
      serving.close()
    },
    stop: async () => {
      serving.close()
      serving.destroyConnections()
    },
  }
}
