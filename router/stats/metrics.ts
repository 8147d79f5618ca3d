/**
 * What Prometheus is told, on a registry of its own. Nothing is counted twice: the numbers are those of the versions' counts
 * and are read when they are asked for. Labels hold names and hashes, never a path or anything else that a client makes up.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { LATENCY_BOUNDS_MS } from '../../api/router-admin.ts'
import { GRPC_CODES } from '../grpc-status.ts'
import { MIRROR_RESULTS } from '../mirror/mirror-stats.ts'
import type { RunningRoute } from '../running-route.ts'
import type { VersionPlan } from '../table.ts'
import type { VersionStats } from './version-stats.ts'

export type MetricsSource = {
  readonly routes: () => Iterable<RunningRoute>
  /** Version of the Route that requests go by; that of its plan when absent. */
  readonly versionOf?: (route: RunningRoute) => number
}

const VERSION_LABELS = ['namespace', 'service', 'rollout', 'version_role', 'version'] as const
type VersionLabels = Record<(typeof VERSION_LABELS)[number], string>

/** Every fourth bound of the fine histogram: one per octave, 0.5 ms to 65 s, in seconds. */
const STEP = 4
const BOUNDS = LATENCY_BOUNDS_MS.filter((_, i) => i % STEP === 0).map(ms => ms / 1000)

/** What each version of each Route has. A version that left its Route has no role any more. */
const eachVersion = function* (
  source: MetricsSource,
): Generator<{ readonly labels: VersionLabels; readonly stats: VersionStats }> {
  for (const route of source.routes()) {
    for (const [hash, stats] of route.stats) {
      const role = route.plan.versions.find(version => version.hash === hash)?.role ?? 'gone'
      const { namespace, name, plan } = route
      yield { labels: { namespace, service: name, rollout: plan.deployment, version_role: role, version: hash }, stats }
    }
  }
}

export const makeMetrics = (source: MetricsSource): Registry => {
  const registry = new Registry()
  const registers = [registry]
  addRequests(source, registers)
  addGrpcCalls(source, registers)
  addVersionCounters(source, registers)
  addMirror(source, registers)
  registry.registerMetric(new RequestDuration(source))
  addRoutes(source, registers)
  return registry
}

const addRoutes = (source: MetricsSource, registers: Registry[]): void => {
  const routeLabels = ['namespace', 'service', 'rollout'] as const
  const labelsOf = ({ namespace, name, plan }: RunningRoute) => ({ namespace, service: name, rollout: plan.deployment })
  new Gauge({
    name: 'sluice_router_route_version',
    help: 'spec.version of the Route that is in force.',
    labelNames: routeLabels,
    registers,
    collect() {
      this.reset()
      for (const route of source.routes()) this.set(labelsOf(route), source.versionOf?.(route) ?? route.plan.version)
    },
  })
  new Gauge({
    name: 'sluice_router_connections',
    help: 'Connections of clients that are open.',
    labelNames: routeLabels,
    registers,
    collect() {
      this.reset()
      for (const route of source.routes()) this.set(labelsOf(route), route.connections)
    },
  })
  const perVersion = (name: string, help: string, read: (version: VersionPlan) => number) =>
    new Gauge({
      name,
      help,
      labelNames: VERSION_LABELS,
      registers,
      collect() {
        this.reset()
        for (const route of source.routes())
          for (const version of route.plan.versions)
            this.set({ ...labelsOf(route), version_role: version.role, version: version.hash }, read(version))
      },
    })
  perVersion('sluice_router_endpoints', 'Ready pods of the version that this router knows.', ({ ready }) => ready)
  perVersion(
    'sluice_router_weight_ratio',
    'Share of new requests that the version gets, 0 to 1, as this router runs it.',
    ({ weight }) => weight / 100,
  )
}

const addRequests = (source: MetricsSource, registers: Registry[]): void => {
  new Counter({
    name: 'sluice_router_requests_total',
    help: 'Requests that ended, by version and by what became of them (2xx to 5xx, failure: no answer of a pod, abort: the client went away).',
    labelNames: [...VERSION_LABELS, 'code_class'],
    registers,
    collect() {
      this.reset()
      for (const { labels, stats } of eachVersion(source)) {
        const totals = stats.ring.totals()
        this.inc({ ...labels, code_class: '2xx' }, totals.status2xx)
        this.inc({ ...labels, code_class: '3xx' }, totals.status3xx)
        this.inc({ ...labels, code_class: '4xx' }, totals.status4xx)
        this.inc({ ...labels, code_class: '5xx' }, totals.status5xx)
        this.inc({ ...labels, code_class: 'failure' }, totals.upstreamFailures)
        this.inc({ ...labels, code_class: 'abort' }, totals.clientAborts)
      }
    },
  })
}

const addGrpcCalls = (source: MetricsSource, registers: Registry[]): void => {
  new Counter({
    name: 'sluice_router_grpc_calls_total',
    help: 'gRPC calls that a pod answered, by the status in its trailers; they are among the requests too.',
    labelNames: [...VERSION_LABELS, 'grpc_code'],
    registers,
    collect() {
      this.reset()
      for (const { labels, stats } of eachVersion(source))
        stats.grpc.forEach((calls, code) => {
          if (calls > 0) this.inc({ ...labels, grpc_code: GRPC_CODES[code] ?? 'UNKNOWN' }, calls)
        })
    },
  })
}

const addVersionCounters = (source: MetricsSource, registers: Registry[]): void => {
  const counters: readonly (readonly [string, string, (stats: VersionStats) => number])[] = [
    [
      'upstream_failures_total',
      'Requests that a pod of the version refused, reset or did not answer.',
      stats => stats.ring.totals().upstreamFailures,
    ],
    ['retries_total', 'Attempts beyond the first on another pod or connection of the same version.', stats => stats.retries],
    ['fallbacks_total', 'Requests meant for the version that were given to stable instead.', stats => stats.fallbacks],
    [
      'request_bytes_total',
      'Bytes of the bodies of requests (of chunked ones also their frame), and of what clients sent on connections that are passed through.',
      stats => stats.bytesIn,
    ],
    [
      'response_bytes_total',
      'Bytes of the bodies of answers (of chunked ones also their frame), and of what pods sent on connections that are passed through.',
      stats => stats.bytesOut,
    ],
  ]
  for (const [name, help, read] of counters) {
    new Counter({
      name: `sluice_router_${name}`,
      help,
      labelNames: VERSION_LABELS,
      registers,
      collect() {
        this.reset()
        for (const { labels, stats } of eachVersion(source)) this.inc(labels, read(stats))
      },
    })
  }
  new Gauge({
    name: 'sluice_router_in_flight',
    help: 'Requests and passed-through connections that have not ended.',
    labelNames: VERSION_LABELS,
    registers,
    collect() {
      this.reset()
      for (const { labels, stats } of eachVersion(source)) this.set(labels, stats.inFlight)
    },
  })
}

const addMirror = (source: MetricsSource, registers: Registry[]): void => {
  new Counter({
    name: 'sluice_router_mirrored_requests_total',
    help: 'Copies of requests that were meant for the version, by what became of them (2xx to 5xx, failure: no answer of a pod, dropped: too large, too slow or too many). In no other metric.',
    labelNames: [...VERSION_LABELS, 'result'],
    registers,
    collect() {
      this.reset()
      for (const { labels, stats } of eachVersion(source))
        for (const result of MIRROR_RESULTS) this.inc({ ...labels, result }, stats.mirror.total(result))
    },
  })
}

const DURATION = {
  name: 'sluice_router_request_duration_seconds',
  help: 'Time from the head of a request to the end of its answer; aborted and failed requests are left out.',
  labelNames: VERSION_LABELS,
}
type DurationValues = ReturnType<Histogram<(typeof VERSION_LABELS)[number]>['get']>

/** A histogram whose buckets are sums of the ones that are counted anyway; observe() is never called. */
class RequestDuration extends Histogram<(typeof VERSION_LABELS)[number]> {
  readonly #source: MetricsSource
  /** Never observes either: name, help and type as the registry wants them. */
  readonly #outline = new Histogram({ ...DURATION, registers: [] })

  constructor(source: MetricsSource) {
    super({ ...DURATION, buckets: BOUNDS, registers: [] })
    this.#source = source
  }

  override async get(): DurationValues {
    return this.getForPromString()
  }

  /** What the registry calls when a metric has it (prom-client 15; not in its types). */
  async getForPromString(): DurationValues {
    const values = [...eachVersion(this.#source)].flatMap(({ labels, stats }) => durationValues(labels, stats))
    return { ...(await this.#outline.get()), values }
  }
}

const durationValues = (labels: VersionLabels, stats: VersionStats) => {
  const { latency, latencySumMs } = stats.ring.totals()
  const count = latency.reduce((sum, one) => sum + one, 0)
  const atMost = (index: number) => latency.slice(0, index * STEP + 1).reduce((sum, one) => sum + one, 0)
  return [
    ...BOUNDS.map((le, i) => ({ labels: { ...labels, le }, value: atMost(i), metricName: `${DURATION.name}_bucket` })),
    { labels: { ...labels, le: '+Inf' }, value: count, metricName: `${DURATION.name}_bucket` },
    { labels, value: latencySumMs / 1000, metricName: `${DURATION.name}_sum` },
    { labels, value: count, metricName: `${DURATION.name}_count` },
  ]
}
