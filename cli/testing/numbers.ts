/** Routers that answer through the API server, with what they counted of an update whose canary fails as often as is wished. */
import { seeded, simulateTally } from '../../analysis/simulation.ts'
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { KubeObject } from '../../api/kubernetes.ts'
import type { BucketReport } from '../../api/router-admin.ts'
import { type MemoryApi, makeMemoryApi } from './memory-api.ts'
import { anAnalysisRun, aPod, CANARY, midUpdate, NOW, STABLE } from './objects.ts'

export const aRouter = (index = 0): KubeObject => ({
  ...aPod(),
  metadata: {
    name: `sluice-router-${index}`,
    namespace: 'sluice-system',
    labels: { 'app.kubernetes.io/name': 'sluice', 'app.kubernetes.io/component': 'router' },
  },
})

const check = (text: string) => ({
  name: text,
  interval: '1s',
  provider: { plugin: { 'sluice/router': { deployment: 'web', canaryHash: CANARY, stableHash: STABLE, check: text } } },
})

/** Two checks, and a metric of a template. */
export const aRunWithMetrics = (): AnalysisRun => {
  const run = anAnalysisRun()
  return {
    ...run,
    spec: {
      metrics: [
        check('success-rate >= 99%'),
        check('p99 <= stable * 1.2'),
        {
          name: 'queue',
          interval: '30s',
          successCondition: 'result[0] < 10',
          failureLimit: 2,
          provider: { prometheus: { query: 'queue_length' } },
        },
      ],
    },
    status: {
      phase: 'Running',
      startedAt: new Date(NOW - 120_000).toISOString(),
      metricResults: [
        ...(run.status?.metricResults?.slice(0, 1) ?? []),
        {
          name: 'queue',
          phase: 'Running',
          count: 4,
          successful: 3,
          failed: 1,
          measurements: [{ phase: 'Successful', value: '[7]', finishedAt: new Date(NOW - 12_000).toISOString() }],
        },
      ],
    },
  }
}

export type Traffic = {
  /** Canary requests a second, at one router. */
  readonly rate: number
  /** Share of the canary's answers that are 5xx. */
  readonly failing: number
  readonly seconds?: number
}

const bucketsOf = (router: string, route: string, { rate, failing, seconds = 110 }: Traffic): BucketReport => {
  const random = seeded(router.length + Number(router.at(-1)))
  const nowSecond = NOW / 1000
  return {
    router,
    now: nowSecond,
    route,
    buckets: Array.from({ length: seconds }, (_, i) => ({
      second: nowSecond - seconds + i,
      versions: {
        [CANARY]: simulateTally(random, { rate, failing, medianMs: 40 }),
        [STABLE]: simulateTally(random, { rate: rate * 3, failing: 0.001, medianMs: 38 }),
      },
    })),
  }
}

/** The shop in mid-update, its routers, and what they counted. */
export const shopWithNumbers = (traffic: Traffic, ...more: readonly KubeObject[]): MemoryApi => {
  const api = makeMemoryApi()
  api.put(...midUpdate(), aRunWithMetrics(), aRouter(0), aRouter(1), ...more)
  const otherwise = api.answer
  api.answer = (method, path, body) => {
    const [, router, query] =
      /^\/api\/v1\/namespaces\/sluice-system\/pods\/https:([^:]+):8444\/proxy\/buckets\?(.*)$/.exec(path) ?? []
    if (router === undefined) return otherwise(method, path, body)
    return bucketsOf(router, new URLSearchParams(query).get('route') ?? '', traffic)
  }
  return api
}
