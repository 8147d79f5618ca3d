/** One sidecar: the ports that it took over, the admin port for the controller, health, and the way out. */
import { sidecarName } from '../../api/names.ts'
import type { BucketReport, RouteReport, RouterReport } from '../../api/router-admin.ts'
import type { SidecarRoute, SidecarTable } from '../../api/sidecar.ts'
import { makeRequest } from '../../kube/certificate-pair.ts'
import { type Clock, sleep } from '../../kube/clock.ts'
import { startHealthServer } from '../../kube/health-server.ts'
import type { Logger } from '../../kube/log.ts'
import { observeProcess } from '../../kube/process-metrics.ts'
import { type CookieJar, makeCookieJar } from '../cookie-jar.ts'
import type { LaneContext } from '../lanes/connection.ts'
import type { Limits } from '../limits.ts'
import { makeHttpProxyEngine } from '../proxy/engine.ts'
import type { RunningRoute } from '../running-route.ts'
import { Serving } from '../serving.ts'
import { makeMetrics } from '../stats/metrics.ts'
import { addBuckets } from './add-buckets.ts'
import { type Identity, startSidecarAdmin } from './admin.ts'
import { buildSidecarTable, portKey, routeOf, type SidecarPod } from './table.ts'

export type SidecarOptions = {
  readonly pod: SidecarPod & { readonly name: string; readonly uid: string }
  /** PEM of the authority that the controller's certificate is of. */
  readonly ca: string
  readonly adminPort: number
  readonly healthPort: number
  /** How long it waits for a table before it is ready without one. */
  readonly waitMs: number
  /** After it was told to end, it serves on as before for so long, and lets requests end for so long after that. */
  readonly quietMs: number
  readonly drainMs: number
  readonly limits: Limits
  readonly clock: Clock
  readonly log: Logger
  readonly version: string
}

export type Sidecar = {
  readonly adminPort: number
  readonly healthPort: number
  readonly notReady: () => string | undefined
  readonly drain: () => Promise<void>
  readonly stop: () => Promise<void>
}

type KeptJar = { readonly keys: string; readonly jar: CookieJar }

/** By Route; those whose keys have not changed stay. */
const makeJars = (table: SidecarTable | undefined, before: ReadonlyMap<string, KeptJar>): ReadonlyMap<string, KeptJar> =>
  new Map(
    (table?.routes ?? []).flatMap(({ key, cookieKeys = [] }) => {
      const keys = cookieKeys.join()
      const known = before.get(key)
      const jar = known?.keys === keys ? known.jar : makeCookieJar(key, cookieKeys)
      return jar ? [[key, { keys, jar }] as const] : []
    }),
  )

/** Resolves when it listens on its admin and health ports. */
export const startSidecar = async (options: SidecarOptions): Promise<Sidecar> => {
  const { pod, clock, log, limits, waitMs } = options
  const startedAt = clock.now()
  let draining = false
  let table: SidecarTable | undefined
  let jars: ReadonlyMap<string, KeptJar> = new Map()
  const context: LaneContext = {
    router: pod.name,
    engine: makeHttpProxyEngine(),
    fastLane: true,
    limits,
    clock,
    random: Math.random,
    log,
    cookies: { of: route => jars.get(route)?.jar },
    draining: () => draining,
  }
  const serving = new Serving({ context, host: pod.ip, lingerMs: 0 })
  const use = (next: SidecarTable | undefined) => {
    table = next
    jars = makeJars(next, jars)
    serving.apply(buildSidecarTable(pod, next))
  }
  use(undefined)

  const notReady = (): string | undefined => {
    if (draining) return 'this sidecar is going'
    if (!serving.listening) return 'not every port is listened on'
    return table === undefined && clock.now() - startedAt < waitMs
      ? 'waits for the controller to say what to split by'
      : undefined
  }

  /** What a Route goes by here: the ports that it is the first on. */
  const portsOf = (route: SidecarRoute): readonly RunningRoute[] =>
    pod.ports
      .filter(({ name }) => routeOf(table, name)?.key === route.key)
      .flatMap(({ name }) => serving.routes.get(portKey(name)) ?? [])

  const reportOf = (route: SidecarRoute): RouteReport => {
    const ports = portsOf(route)
    const versions = ports.flatMap(port => port.versions)
    return {
      version: route.spec.version,
      listening: serving.listening,
      // A Route that shares its port with another, or whose port this pod has not, has nothing of its own to wait for.
      upstreams: Object.fromEntries(
        ports.length > 0
          ? versions.map(({ plan }) => [plan.hash, plan.ready])
          : route.spec.backends.map(({ hash }) => [hash, Object.values(table?.endpoints[hash] ?? {}).flat().length]),
      ),
      inFlight: Object.fromEntries(
        route.spec.backends.map(({ hash }) => [
          hash,
          ports.reduce((sum, port) => sum + (port.stats.get(hash)?.inFlight ?? 0), 0),
        ]),
      ),
      connections: ports.reduce((sum, port) => sum + port.connections, 0),
    }
  }

  const report = (): RouterReport => ({
    router: pod.name,
    draining,
    routes: Object.fromEntries((table?.routes ?? []).map(route => [route.key, reportOf(route)])),
  })

  const buckets = (key: string, seconds: number): BucketReport | undefined => {
    const route = table?.routes.find(one => one.key === key)
    if (!route) return undefined
    const now = clock.now()
    const ports = portsOf(route).map(port => new Map([...port.stats].map(([hash, { ring }]) => [hash, ring.read(now, seconds)])))
    return { router: pod.name, now: Math.floor(now / 1000), route: key, buckets: addBuckets(ports) }
  }

  const { key, request, selfSigned } = await makeRequest(sidecarName(pod.uid), clock.now())
  const identity: Identity = { key, request, cert: selfSigned, certified: false, ca: options.ca }
  const registry = makeMetrics({
    routes: () => pod.ports.flatMap(({ name }) => serving.routes.get(portKey(name)) ?? []).values(),
  })
  observeProcess(registry, { component: 'sidecar', version: options.version })
  const health = await startHealthServer({ host: pod.ip, port: options.healthPort, ready: notReady, registry })
  const admin = await startSidecarAdmin({ host: pod.ip, port: options.adminPort, identity, apply: use, report, buckets })

  const stop = async () => {
    draining = true
    serving.close()
    serving.destroyConnections()
    await Promise.all([admin.close(), health.close()])
  }
  const drain = async () => {
    // The app is gone by now: what still comes goes to other pods, until nobody sends any more.
    log.info('told to end: serves on for a while', { quietMs: options.quietMs })
    await sleep(clock, options.quietMs)
    draining = true
    serving.close()
    serving.drain()
    const deadline = clock.now() + options.drainMs
    while (serving.connections > 0 && clock.now() < deadline) await sleep(clock, 50)
    await stop()
  }
  return { adminPort: admin.port, healthPort: health.port, notReady, drain, stop }
}
