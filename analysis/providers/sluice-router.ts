/** The provider `sluice/router`: what the routers themselves counted of a Deployment's two versions. */
import { type Check, parseCheck } from '../../api/checks.ts'
import { parseDuration } from '../../api/duration.ts'
import type { BucketReport, Tally } from '../../api/router-admin.ts'
import { BucketStore, KEPT_SECONDS } from '../bucket-store.ts'
import { toExprValue } from '../expr/run/json.ts'
import type { History } from '../history.ts'
import type { Measured } from '../measured.ts'
import { badShare, failureCounts, quantileMs, sumTallies } from '../tally.ts'
import { judge } from '../verdict.ts'
import type { MeasureRequest, Provider } from './provider.ts'

export const SLUICE_ROUTER = 'sluice/router'

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

type Config = {
  readonly deployment: string
  readonly canaryHash: string
  readonly stableHash: string
  readonly check?: Check
  readonly windowSeconds: number
}

const where = `provider.plugin["${SLUICE_ROUTER}"]`
const EXAMPLE = '{"deployment": "web", "canaryHash": "6cf78c66c5", "stableHash": "7b9c8d5f4d", "check": "success-rate >= 99%"}'

const decodeConfig = (config: unknown): Config | { readonly problem: string } => {
  if (typeof config !== 'object' || config === null) return { problem: `${where} must be an object, e.g. ${EXAMPLE}` }
  const fields = config as { readonly [name: string]: unknown }
  for (const name of ['deployment', 'canaryHash', 'stableHash']) {
    const value = fields[name]
    // Without a stable version there is nothing to compare with, but still something to judge.
    if (typeof value !== 'string' || (value === '' && name !== 'stableHash')) {
      return {
        problem: `${where}.${name} is ${JSON.stringify(value) ?? 'missing'}, it must be a text that is not empty, e.g. ${EXAMPLE}`,
      }
    }
  }
  const { deployment, canaryHash, stableHash, check, window = '1m' } = fields as { readonly [name: string]: string }
  const windowMs = typeof window === 'string' ? parseDuration(window) : undefined
  if (windowMs === undefined || windowMs < 1000 || windowMs > KEPT_SECONDS * 1000) {
    return { problem: `${where}.window is ${JSON.stringify(window)}, it must be a duration from 1s to 10m, e.g. 1m` }
  }
  const plain = { deployment: deployment!, canaryHash: canaryHash!, stableHash: stableHash!, windowSeconds: windowMs / 1000 }
  if (check === undefined || check === '') return plain
  const parsed = parseCheck(String(check))
  return 'problem' in parsed ? { problem: `${where}.check: ${parsed.problem}` } : { ...plain, check: parsed.check }
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
  if (config.check) {
    const startedAt = Math.floor(request.since / 1000)
    const history = { startedAt, seconds: store.history(startedAt, versions), passedBefore: request.passedBefore }
    const verdict = judge(config.check, history, request.now)
    const note = silent.length > 0 ? `${verdict.message} (without ${silent.join(', ')}, which did not answer)` : verdict.message
    return {
      kind: 'verdict',
      verdict: { ...verdict, message: note },
      ...metadata,
      ...(isQuiet(history, request.now) ? { isQuiet: true } : {}),
    }
  }
  const seconds = store.history(Math.floor(request.now / 1000 - config.windowSeconds), versions)
  const value = {
    canary: numbersOf(sumTallies(seconds.map(s => s.canary))),
    stable: numbersOf(sumTallies(seconds.map(s => s.stable))),
  }
  return { kind: 'value', value: JSON.stringify(value), result: toExprValue(value), ...metadata }
}
