/** One router: the table from Kubernetes, the ports, the admin and health servers, the publisher, and the way out. */
import { ROUTER_SECRET, ROUTER_SERVER_NAME } from '../api/names.ts'
import { renderProblem } from '../api/problem.ts'
import type { BucketReport, RouterReport } from '../api/router-admin.ts'
import { observeClient } from '../kube/api-metrics.ts'
import { type CertificateKeeper, ensureCertificates } from '../kube/certificates.ts'
import type { KubeClient } from '../kube/client.ts'
import { type Clock, sleep } from '../kube/clock.ts'
import { type HealthServer, startHealthServer } from '../kube/health-server.ts'
import type { InformerTiming } from '../kube/informer.ts'
import type { LeaderTiming } from '../kube/leader.ts'
import type { Logger } from '../kube/log.ts'
import { observeInformers } from '../kube/metrics.ts'
import { observeCertificate, observeProcess } from '../kube/process-metrics.ts'
import { type AdminServer, startAdminServer } from './admin.ts'
import { type DataPath, pathInThisProcess } from './data-path.ts'
import type { Limits } from './limits.ts'
import { type Publisher, startPublisher } from './publisher.ts'
import { type RouteSource, startRouteSource } from './route-source.ts'
import { makeMetrics } from './stats/metrics.ts'
import { mergeBuckets } from './stats/second-ring.ts'
import { addStateMetrics } from './stats/state-metrics.ts'
import { type KeySource, startKeySource } from './sticky-keys.ts'
import { type FleetOptions, startFleet } from './workers/fleet.ts'
import type { Place } from './zone.ts'

export type RouterOptions = {
  readonly client: KubeClient
  readonly log: Logger
  readonly clock: Clock
  /** This router's pod: its name is the router's name, its address is listened on. */
  readonly pod: {
    readonly namespace: string
    readonly name: string
    readonly ip: string
    /** Where clients are listened for; `ip` when absent. */
    readonly listen?: string
  }
  readonly adminPort: number
  readonly healthPort: number
  /** Where the last good Routes are kept. */
  readonly stateDir?: string
  /** How long a router that was told to go serves on as before, until nobody sends it new connections. */
  readonly quietMs: number
  /** How long after that requests and connections may take to end. */
  readonly drainMs: number
  /** How long the ports of a Route that is gone stay open. */
  readonly lingerMs: number
  readonly limits: Limits
  /** False: all of HTTP/1 goes through the general lane. */
  readonly fastLane: boolean
  /** Where it is; absent: that makes no difference. */
  readonly place?: Place
  /** Absent: this process serves itself. */
  readonly workers?: Pick<FleetOptions, 'workers' | 'script' | 'args' | 'logLevel'>
  readonly version: string
  readonly timing?: { readonly informer?: Partial<InformerTiming>; readonly lease?: Partial<LeaderTiming> }
}

export type Router = {
  readonly serving: DataPath
  readonly healthPort: number
  /** Undefined until the certificate is there. */
  readonly adminPort: () => number | undefined
  /** Undefined when traffic may be sent here, else one sentence of what is missing. */
  readonly notReady: () => string | undefined
  readonly isPublisher: () => boolean
  /** Leaves without losing a request, and stops. */
  readonly drain: () => Promise<void>
  /** Stops at once. */
  readonly stop: () => Promise<void>
}

/** Routes from disk are good enough to be ready with when the API server has not answered for this long. */
const TRUST_DISK_AFTER_MS = 5_000
const CERTIFICATES_AGAIN_MS = 2_000
/** Taking itself out of the slices must not hold the way out up when the API server is away. */
const LEAVE_MS = 2_000

/** Resolves when the health server listens and routes from disk, if any, are in force. */
export const startRouter = async (options: RouterOptions): Promise<Router> => {
  const router = new RunningRouter(options)
  await router.start()
  return router
}

class RunningRouter implements Router {
  readonly serving: DataPath
  readonly #options: RouterOptions
  /** The one of the options, counted. */
  #client: KubeClient
  readonly #startedAt: number
  readonly #ended = new AbortController()
  #source: RouteSource | undefined
  #publisher: Publisher | undefined
  #health: HealthServer | undefined
  #admin: AdminServer | undefined
  #certificates: CertificateKeeper | undefined
  #keys: KeySource | undefined
  #leaving = false
  #departure: Promise<void> | undefined

  constructor(options: RouterOptions) {
    this.#options = options
    this.#client = options.client
    this.#startedAt = options.clock.now()
    const { log, clock, pod, lingerMs, limits, fastLane, workers, place } = options
    const settings = { router: pod.name, host: pod.listen ?? pod.ip, lingerMs, limits, fastLane, ...(place && { place }) }
    this.serving = workers ? startFleet({ ...workers, settings, clock, log }) : pathInThisProcess(settings, { clock, log })
  }

  get healthPort(): number {
    return this.#health?.port ?? this.#options.healthPort
  }

  async start(): Promise<void> {
    const { log, clock, pod, healthPort, stateDir, timing, version } = this.#options
    const registry = makeMetrics({
      routes: () => this.serving.routes.values(),
      versionOf: route => this.serving.versionOf(route),
    })
    this.#client = observeClient(registry, this.#options.client)
    const client = this.#client
    observeProcess(registry, { component: 'router', version })
    observeCertificate(registry, () => this.#certificates?.current().cert)
    addStateMetrics(registry, {
      draining: () => this.#leaving,
      publishes: () => this.isPublisher(),
      source: () => this.#source?.state() ?? 'empty',
      refused: () => (this.#source?.refused() ?? []).map(({ route }) => route),
    })
    this.serving.observe(registry)
    const { contentType } = registry
    const current = { contentType, metrics: () => this.serving.refresh().then(() => registry.metrics()) }
    this.#health = await startHealthServer({ host: pod.ip, port: healthPort, ready: () => this.notReady(), registry: current })
    this.#keys = startKeySource({ client, namespace: pod.namespace, log, clock, onKeys: keys => this.serving.useKeys(keys) })
    const source = await startRouteSource({
      client,
      log,
      clock,
      onTable: (table, slices) => {
        this.serving.apply(table, slices)
        this.#publisher?.refresh()
      },
      ...(stateDir !== undefined ? { stateDir } : {}),
      ...(timing?.informer ? { timing: timing.informer } : {}),
    })
    this.#source = source
    observeInformers(registry, [source.routes, source.slices])
    this.#publisher = startPublisher({
      client,
      log,
      clock,
      pod,
      source,
      peerPort: this.#health.port,
      ...(timing ? { timing } : {}),
    })
    void this.#serveAdmin()
  }

  adminPort(): number | undefined {
    return this.#admin?.port
  }

  notReady(): string | undefined {
    if (this.#leaving) return 'this router is going'
    const state = this.#source?.state() ?? 'empty'
    if (state === 'empty') return 'no routes are known yet'
    if (state === 'cached' && this.#options.clock.now() - this.#startedAt < TRUST_DISK_AFTER_MS)
      return 'the API server has not answered yet; the routes are those from disk'
    if (this.#keys?.hasAsked() === false && this.#options.clock.now() - this.#startedAt < TRUST_DISK_AFTER_MS)
      return 'the keys of sticky cookies are still asked for'
    return this.serving.missing()
  }

  isPublisher(): boolean {
    return this.#publisher?.isLeader() ?? false
  }

  drain(): Promise<void> {
    this.#departure ??= this.#leave()
    return this.#departure
  }

  async stop(): Promise<void> {
    this.#leaving = true
    this.#ended.abort()
    this.#certificates?.stop()
    this.#keys?.stop()
    await Promise.all([this.serving.stop(), this.#publisher?.stop(), this.#admin?.close(), this.#health?.close()])
    await this.#source?.stop()
  }

  async #leave(): Promise<void> {
    const { clock, log, quietMs, drainMs } = this.#options
    const { signal } = this.#ended
    this.#leaving = true
    log.info('leaving: no longer ready, still serving', { quietMs })
    await Promise.all([sleep(clock, quietMs, signal), Promise.race([this.#publisher?.leave(), sleep(clock, LEAVE_MS, signal)])])
    log.info('draining: connections are asked to close', { connections: this.serving.connections, drainMs })
    this.serving.drain()
    const deadline = clock.now() + drainMs
    while (this.serving.connections > 0 && clock.now() < deadline && !signal.aborted) await sleep(clock, 50, signal)
    if (this.serving.connections > 0)
      log.warn('connections are cut: they did not end in time', { connections: this.serving.connections })
    await this.stop()
  }

  /** Without the API server there is no certificate; traffic does not wait for it. */
  async #serveAdmin(): Promise<void> {
    const { log, clock, pod, adminPort } = this.#options
    const client = this.#client
    const { signal } = this.#ended
    while (!signal.aborted && !this.#admin) {
      try {
        const secret = { namespace: pod.namespace, name: ROUTER_SECRET }
        this.#certificates ??= await ensureCertificates({ client, log, clock, secret, dnsNames: [ROUTER_SERVER_NAME] })
        this.#admin = await startAdminServer({
          host: pod.ip,
          port: adminPort,
          certificates: this.#certificates,
          routes: () => this.serving.refresh().then(() => this.#report()),
          buckets: (route, seconds) => this.serving.refresh().then(() => this.#buckets(route, seconds)),
        })
        if (signal.aborted) await this.#admin.close()
      } catch (error) {
        log.warn('the admin port cannot be served yet; trying again', { error })
        await sleep(clock, CERTIFICATES_AGAIN_MS, signal)
      }
    }
    if (signal.aborted) this.#certificates?.stop()
  }

  #report(): RouterReport {
    const refused = (this.#source?.refused() ?? []).map(({ route, version, problems }) => {
      return [route, { version: Number(version), message: problems.map(renderProblem).join('; ') }] as const
    })
    return {
      router: this.#options.pod.name,
      draining: this.#leaving,
      routes: this.serving.report(),
      ...(refused.length > 0 ? { refused: Object.fromEntries(refused) } : {}),
    }
  }

  #buckets(key: string, seconds: number): BucketReport | undefined {
    const route = this.serving.routes.get(key)
    if (!route) return undefined
    const now = this.#options.clock.now()
    const readings = new Map([...route.stats].map(([hash, { ring }]) => [hash, ring.read(now, seconds)]))
    return { router: this.#options.pod.name, now: Math.floor(now / 1000), route: key, buckets: mergeBuckets(readings) }
  }
}
