/** The provider `sluice/router`: what the routers themselves counted of a Deployment's two versions. */
import type { Check } from '../../api/checks.ts'
import type { BucketReport, Tally } from '../../api/router-admin.ts'
import { BucketStore } from '../bucket-store.ts'
import { toExprValue } from '../expr/run/json.ts'
import type { History } from '../history.ts'
import type { Measured } from '../measured.ts'
import { limitsOf } from '../metric-limits.ts'
import { badShare, failureCounts, quantileMs, sumTallies } from '../tally.ts'
import { judge } from '../verdict.ts'
import type { MeasureRequest, Provider } from './provider.ts'
import { type Config, decodeConfig, type NoData, SLUICE_ROUTER } from './sluice-router-config.ts'

export { SLUICE_ROUTER } from './sluice-router-config.ts'

export type RouterSource = {
  /** Routers that may have something to tell; those not ready are asked but not missed. */
  readonly routers: (namespace: string, deployment: string) => readonly { readonly name: string; readonly ready: boolean }[]
  /** `NAMESPACE/NAME` of the Routes of a Deployment. */
  readonly routes: (namespace: string, deployment: string) => readonly string[]
  /** Rejects when the router does not answer. */
  readonly buckets: (router: string, route: string, seconds: number) => Promise<BucketReport>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The numbers of one version over a window, as conditions read them; times in milliseconds, null where there were no requests. */
const numbersOf = (tally: Tally) => {
  const counts = failureCounts(tally)
  const rate = counts.requests > 0 ? badShare(counts) : null
  const quantile = (q: number): number | null => quantileMs(tally, q) ?? null
  return {
    requests: counts.requests,
    failures: counts.bad,
    successRate: rate === null ? null : 1 - rate,
    errorRate: rate,
    upstreamFailures: tally.upstreamFailures,
    clientAborts: tally.clientAborts,
    status4xx: tally.status4xx,
    p50: quantile(0.5),
    p90: quantile(0.9),
    p95: quantile(0.95),
    p99: quantile(0.99),
  }
}

type Refreshed = { readonly silent: readonly string[]; readonly answered: number; readonly problem?: string }
type Kept = { readonly store: BucketStore; usedAt: number; refresh?: { readonly at: number; readonly done: Promise<Refreshed> } }

/** A Deployment that was not asked for this long is forgotten. */
const IDLE_MS = 15 * 60_000

export const makeSluiceRouterProvider = (source: RouterSource): Provider => {
  const kept = new Map<string, Kept>()
  const keep = (key: string, now: number): Kept => {
    for (const [name, { usedAt }] of kept) if (now - usedAt > IDLE_MS) kept.delete(name)
    const entry = kept.get(key) ?? { store: new BucketStore(), usedAt: now }
    entry.usedAt = now
    kept.set(key, entry)
    return entry
  }
  return {
    name: SLUICE_ROUTER,
    measure: async request => {
      const config = decodeConfig(request.config)
      if ('problem' in config) return { kind: 'error', message: config.problem }
      const entry = keep(`${request.namespace}/${config.deployment}`, request.now)
      // The metrics of one run are measured at the same time and by the same numbers.
      if (entry.refresh?.at !== request.now) {
        entry.refresh = { at: request.now, done: refresh(source, entry.store, request.namespace, config.deployment) }
      }
      const refreshed = await entry.refresh.done
      if (refreshed.problem) return { kind: 'error', message: refreshed.problem }
      return measureStore(entry.store, config, request, refreshed)
    },
  }
}

/** Brings the store up to date; a router that does not answer is named, and an error only when all are silent. */
const refresh = async (source: RouterSource, store: BucketStore, namespace: string, deployment: string): Promise<Refreshed> => {
  const routers = source.routers(namespace, deployment)
  if (!routers.some(({ ready }) => ready))
    return { silent: [], answered: 0, problem: 'no router is ready, so there is nothing to judge by' }
  const routes = source.routes(namespace, deployment)
  const failures = new Map<string, string>()
  const ask = async (router: string, route: string): Promise<void> => {
    const from = `${router} ${route}`
    try {
      const report = await source.buckets(router, route, store.secondsToAsk(from, source.now() / 1000))
      store.add(from, report, source.now() / 1000)
    } catch (error) {
      failures.set(router, error instanceof Error ? error.message : String(error))
    }
  }
  await Promise.all(routers.flatMap(({ name }) => routes.map(route => ask(name, route))))
  const ready = routers.filter(router => router.ready)
  const silent = ready.filter(({ name }) => failures.has(name)).map(({ name }) => name)
  const answered = ready.length - silent.length
  if (answered > 0 || routes.length === 0) return { silent, answered }
  return { silent, answered, problem: `no router answers: ${[...failures.values()].join('; ')}` }
}

/** A new canary is watched closely until it had half a minute for its first requests. */
const QUIET_AFTER_S = 30
/** No request for so long. */
const QUIET_FOR_S = 10

const isQuiet = ({ startedAt, seconds }: History, now: number): boolean => {
  const last = seconds.findLast(({ canary }) => canary.requests > 0)?.second ?? startedAt + QUIET_AFTER_S - QUIET_FOR_S
  return now / 1000 - last > QUIET_FOR_S
}

const measureStore = (store: BucketStore, config: Config, request: MeasureRequest, { silent, answered }: Refreshed): Measured => {
  const versions = { canary: config.canaryHash, stable: config.stableHash }
  const metadata =
    silent.length > 0
      ? { metadata: { silentRouters: silent.join(', '), answeredBy: `${answered} of ${answered + silent.length}` } }
      : {}
  if (config.check) return judgeStore(store, { ...config, check: config.check }, request, { metadata, silent })
  const seconds = store.history(Math.floor(request.now / 1000 - config.windowSeconds), versions)
  const value = {
    canary: numbersOf(sumTallies(seconds.map(s => s.canary))),
    stable: numbersOf(sumTallies(seconds.map(s => s.stable))),
  }
  const missing = config.noData && withoutData(config, config.noData, request, value)
  return missing ?? { kind: 'value', value: JSON.stringify(value), result: toExprValue(value), ...metadata }
}

type Versions = { readonly [version in 'canary' | 'stable']: { readonly requests: number } }

/** A pause between two looks at whether there is data now, where the metric has no interval. */
const WAIT_FOR_DATA_MS = 10_000

/** What the measurement is for want of requests; undefined when there are enough. */
const withoutData = (
  { windowSeconds }: Config,
  { minimum, on }: NoData,
  { metric }: MeasureRequest,
  value: Versions,
): Measured | undefined => {
  const { successCondition = '', failureCondition = '' } = metric
  const needed = `${successCondition} ${failureCondition}`.includes('stable')
    ? (['canary', 'stable'] as const)
    : (['canary'] as const)
  const short = needed.find(version => value[version].requests < minimum)
  if (!short) return undefined
  const message = `no data: ${short} had ${value[short].requests} requests in ${windowSeconds} s, ${minimum} are needed`
  if (on === 'error') return { kind: 'error', message }
  if (on === 'inconclusive') return { kind: 'phase', phase: 'Inconclusive', message }
  return { kind: 'pending', metadata: { waitedFor: message }, afterMs: limitsOf(metric).interval ?? WAIT_FOR_DATA_MS }
}

type Told = { readonly metadata: { readonly metadata?: { readonly [key: string]: string } }; readonly silent: readonly string[] }

const judgeStore = (
  store: BucketStore,
  { check, canaryHash, stableHash, noData }: Config & { readonly check: Check },
  request: MeasureRequest,
  { metadata, silent }: Told,
): Measured => {
  const startedAt = Math.floor(request.since / 1000)
  const seconds = store.history(startedAt, { canary: canaryHash, stable: stableHash })
  const history = { startedAt, seconds, passedBefore: request.passedBefore }
  const { hasNoData, ...verdict } = judge(check, history, request.now, {
    ...(noData && { minimumRequests: noData.minimum, isPatient: noData.on === 'skip' }),
  })
  const message = silent.length > 0 ? `${verdict.message} (without ${silent.join(', ')}, which did not answer)` : verdict.message
  if (hasNoData && noData?.on === 'error') return { kind: 'error', message: `no data: ${message}` }
  return {
    kind: 'verdict',
    verdict: { ...verdict, message },
    ...metadata,
    ...(isQuiet(history, request.now) ? { isQuiet: true } : {}),
  }
}
