import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Metric } from '../../api/analysis-run.ts'
import type { BucketReport, Tally } from '../../api/router-admin.ts'
import { judgeResult } from '../conditions.ts'
import { describeProvider } from '../testing/conformance.ts'
import { FIRST } from '../testing/runs.ts'
import { answers, taking } from '../testing/tallies.ts'
import { makeSluiceRouterProvider, type RouterSource, SLUICE_ROUTER } from './sluice-router.ts'

const NOW = 1_700_000_000_000
const CONFIG = { deployment: 'web', canaryHash: 'new', stableHash: 'old' }

type Fleet = {
  routers: { readonly name: string; readonly ready: boolean }[]
  routes: string[]
  silent: Set<string>
  /** What each version did in each of the last 20 seconds, on each router and Route. */
  versions: { readonly [hash: string]: Tally }
  readonly asked: string[]
}

const makeFleet = (versions: Fleet['versions'], now = () => NOW): { readonly fleet: Fleet; readonly source: RouterSource } => {
  const fleet: Fleet = {
    routers: [
      { name: 'r1', ready: true },
      { name: 'r2', ready: true },
    ],
    routes: ['default/web'],
    silent: new Set(),
    versions,
    asked: [],
  }
  const buckets = async (router: string, route: string, seconds: number): Promise<BucketReport> => {
    fleet.asked.push(`${router} ${route} ${seconds}`)
    if (fleet.silent.has(router)) throw new Error(`router ${router}: no answer within 1000 ms`)
    const second = Math.floor(now() / 1000)
    const all = Array.from({ length: 20 }, (_, i) => ({ second: second - 20 + i, versions: fleet.versions }))
    return { router, route, now: second, buckets: all }
  }
  return {
    fleet,
    source: {
      routers: () => fleet.routers,
      routes: (namespace, deployment) => (deployment === 'web' && namespace === 'default' ? fleet.routes : []),
      buckets,
      now,
    },
  }
}

const request = (config: unknown, more: { readonly metric?: Partial<Metric>; readonly now?: number } = {}) => ({
  namespace: 'default',
  metric: { name: 'm', provider: { plugin: { [SLUICE_ROUTER]: config } }, ...more.metric },
  config,
  since: NOW - 60_000,
  ...FIRST,
  passedBefore: false,
  now: more.now ?? NOW,
})

describeProvider(SLUICE_ROUTER, async () => {
  const { fleet, source } = makeFleet({ new: answers(10), old: answers(100) }, () => Date.now())
  return {
    provider: makeSluiceRouterProvider(source),
    config: { ...CONFIG, check: 'success-rate >= 99%' },
    breakBackend: () => {
      fleet.silent = new Set(['r1', 'r2'])
    },
  }
})

describe('the provider sluice/router', () => {
  test('judges by what all routers and all Services of the Deployment counted', async () => {
    const { fleet, source } = makeFleet({ new: answers(5), old: answers(50) })
    fleet.routes = ['default/web', 'default/web-internal']
    const measured = await makeSluiceRouterProvider(source).measure(request({ ...CONFIG, check: 'success-rate >= 99%' }))
    assert.deepEqual(measured, {
      kind: 'verdict',
      verdict: {
        phase: 'Successful',
        value: 'canary 100% of 400, stable 100% of 4000',
        message: 'canary 0% of 400 failed, stable 0% of 4000 failed; 1% may fail',
      },
    })
  })

  test('uses what there is and says who is missing', async () => {
    const { fleet, source } = makeFleet({ new: answers(8, 2), old: answers(100) })
    fleet.silent = new Set(['r2'])
    const measured = await makeSluiceRouterProvider(source).measure(request({ ...CONFIG, check: 'success-rate >= 99%' }))
    assert.equal(measured.kind === 'verdict' && measured.verdict.phase, 'Failed')
    assert.match(measured.kind === 'verdict' ? measured.verdict.message : '', /\(without r2, which did not answer\)$/)
    assert.deepEqual(measured.kind === 'verdict' && measured.metadata, { silentRouters: 'r2', answeredBy: '1 of 2' })
  })

  test('does not miss a router that is not ready', async () => {
    const { fleet, source } = makeFleet({ new: answers(10), old: answers(100) })
    fleet.silent = new Set(['r2'])
    fleet.routers[1] = { name: 'r2', ready: false }
    const measured = await makeSluiceRouterProvider(source).measure(request({ ...CONFIG, check: 'success-rate >= 99%' }))
    assert.equal(measured.kind === 'verdict' && measured.metadata, undefined)
  })

  test('remembers what a router said that is silent now', async () => {
    const { fleet, source } = makeFleet({ new: answers(10), old: answers(100) })
    const provider = makeSluiceRouterProvider(source)
    await provider.measure(request({ ...CONFIG, check: 'success-rate >= 99%' }))
    fleet.silent = new Set(['r2'])
    const measured = await provider.measure(request({ ...CONFIG, check: 'success-rate >= 99%' }, { now: NOW + 500 }))
    assert.equal(measured.kind === 'verdict' && measured.verdict.value, 'canary 100% of 400, stable 100% of 4000')
  })

  test('asks each router once for all metrics of a moment, and later only for what is new', async () => {
    const { fleet, source } = makeFleet({ new: answers(10), old: answers(100) })
    const provider = makeSluiceRouterProvider(source)
    await Promise.all(['success-rate >= 99%', 'p99 <= 500ms'].map(check => provider.measure(request({ ...CONFIG, check }))))
    assert.deepEqual(fleet.asked, ['r1 default/web 600', 'r2 default/web 600'])
    await provider.measure(request({ ...CONFIG, check: 'success-rate >= 99%' }, { now: NOW + 500 }))
    assert.deepEqual(fleet.asked.slice(2), ['r1 default/web 6', 'r2 default/web 6'])
  })

  test('without a ready router there is nothing to judge by', async () => {
    const { fleet, source } = makeFleet({})
    fleet.routers = [{ name: 'r1', ready: false }]
    assert.deepEqual(await makeSluiceRouterProvider(source).measure(request({ ...CONFIG, check: 'success-rate >= 99%' })), {
      kind: 'error',
      message: 'no router is ready, so there is nothing to judge by',
    })
  })

  test('before there is a Route it waits for requests', async () => {
    const { fleet, source } = makeFleet({})
    fleet.routes = []
    const measured = await makeSluiceRouterProvider(source).measure(request({ ...CONFIG, check: 'success-rate >= 99%' }))
    assert.equal(measured.kind === 'verdict' && measured.verdict.phase, 'Running')
  })

  test('is quiet when nothing came to the canary lately, but not at its start', async () => {
    const isQuiet = async (versions: Fleet['versions'], age: number) => {
      const measured = await makeSluiceRouterProvider(makeFleet(versions).source).measure({
        ...request({ ...CONFIG, check: 'success-rate >= 99%' }),
        since: NOW - age * 1000,
      })
      return measured.kind === 'verdict' && measured.isQuiet === true
    }
    assert.equal(await isQuiet({ old: answers(10) }, 20), false)
    assert.equal(await isQuiet({ old: answers(10) }, 40), true)
    assert.equal(await isQuiet({ new: answers(1), old: answers(10) }, 40), false)
  })

  test('when no router answers, says what each said', async () => {
    const { fleet, source } = makeFleet({})
    fleet.silent = new Set(['r1', 'r2'])
    assert.deepEqual(await makeSluiceRouterProvider(source).measure(request({ ...CONFIG, check: 'success-rate >= 99%' })), {
      kind: 'error',
      message: 'no router answers: router r1: no answer within 1000 ms; router r2: no answer within 1000 ms',
    })
  })

  test('without a check gives the numbers themselves', async () => {
    const { source } = makeFleet({ new: { ...taking({ 20: 9 }), status5xx: 1, clientAborts: 2 }, old: answers(0) })
    const measured = await makeSluiceRouterProvider(source).measure(request({ ...CONFIG, window: '10s' }))
    const value = JSON.parse(measured.kind === 'value' ? measured.value : '{}')
    const p = Math.round(value.canary.p50)
    assert.deepEqual(
      { ...value.canary, p50: p, p90: p, p95: p, p99: p },
      {
        requests: 200,
        failures: 20,
        successRate: 0.9,
        errorRate: 0.1,
        upstreamFailures: 0,
        clientAborts: 40,
        status4xx: 0,
        p50: 23,
        p90: 23,
        p95: 23,
        p99: 23,
      },
    )
    assert.deepEqual([value.stable.requests, value.stable.successRate, value.stable.p99], [0, null, null])
  })

  test('gives conditions the canary and the stable version to compare', async () => {
    const { source } = makeFleet({ new: { ...taking({ 20: 90 }), status5xx: 10 }, old: taking({ 20: 1000 }) })
    const measured = await makeSluiceRouterProvider(source).measure(request({ ...CONFIG, window: '10s' }))
    const phaseBy = (failureCondition: string) =>
      measured.kind === 'value' ? judgeResult({ failureCondition }, measured.result, NOW) : measured
    assert.deepEqual(phaseBy('result.canary.errorRate > 2 * result.stable.errorRate'), { phase: 'Failed' })
    assert.deepEqual(phaseBy('result.canary.errorRate > 0.5'), { phase: 'Successful' })
    assert.deepEqual(phaseBy('result.canary.p99 > result.stable.p99 * 1.2'), { phase: 'Successful' })
  })

  describe('with too few requests', () => {
    const few = { ...CONFIG, window: '10s', minimumRequests: 300 }
    const measure = (config: object, more: Parameters<typeof request>[1] = {}, stable = answers(100)) =>
      makeSluiceRouterProvider(makeFleet({ new: answers(10), old: stable }).source).measure(request(config, more))
    const why = 'no data: canary had 200 requests in 10 s, 300 are needed'

    test('is inconclusive, an error, or waited for, as onNoData says', async () => {
      assert.deepEqual(await measure(few), { kind: 'phase', phase: 'Inconclusive', message: why })
      assert.deepEqual(await measure({ ...few, onNoData: 'error' }), { kind: 'error', message: why })
      assert.deepEqual(await measure({ ...few, onNoData: 'skip' }, { metric: { interval: '1m' } }), {
        kind: 'pending',
        metadata: { waitedFor: why },
        afterMs: 60_000,
      })
    })

    test('measures as ever with enough; a text from an argument is a number too', async () => {
      assert.equal((await measure({ ...few, minimumRequests: 200 })).kind, 'value')
      assert.equal((await measure({ ...few, minimumRequests: '200' })).kind, 'value')
    })

    test('needs them of stable as well where a condition compares with it', async () => {
      const enough = { ...few, minimumRequests: 200 }
      const compared = { metric: { successCondition: 'result.canary.p99 <= result.stable.p99 * 1.2' } }
      assert.equal((await measure(enough, {}, answers(0))).kind, 'value')
      assert.deepEqual(await measure(enough, compared, answers(0)), {
        kind: 'phase',
        phase: 'Inconclusive',
        message: 'no data: stable had 0 requests in 10 s, 200 are needed',
      })
    })

    test('a check does not pass with fewer, though its limit asks for less, and pauses, fails or waits after five minutes', async () => {
      const check = { ...CONFIG, check: 'success-rate >= 95%', minimumRequests: 5000 }
      const after = async (config: object, now = NOW + 299_000) => {
        const { source } = makeFleet({ new: answers(10), old: answers(100) }, () => now)
        return makeSluiceRouterProvider(source).measure({ ...request(config, { now }) })
      }
      const phase = async (config: object, now?: number) => {
        const measured = await after(config, now)
        return measured.kind === 'verdict' ? measured.verdict.phase : measured.kind
      }
      assert.equal(await phase({ ...check, minimumRequests: 100 }), 'Successful')
      assert.deepEqual(
        [
          await phase(check, NOW),
          await phase(check),
          await phase({ ...check, onNoData: 'skip' }),
          await phase({ ...check, onNoData: 'error' }),
        ],
        ['Running', 'Inconclusive', 'Running', 'error'],
      )
      const waiting = await after({ ...check, onNoData: 'skip' })
      assert.equal(
        waiting.kind === 'verdict' && waiting.verdict.message,
        'too few requests to judge success-rate >= 95% by yet: canary 400 of 5000, 4600 more needed',
      )
    })
  })

  const wrong: readonly (readonly [config: unknown, message: RegExp])[] = [
    [
      { ...CONFIG, canaryHash: '' },
      /^provider\.plugin\["sluice\/router"\]\.canaryHash is "", it must be a text that is not empty, e\.g\. \{/,
    ],
    [{ deployment: 'web', canaryHash: 'new' }, /\.stableHash is missing/],
    [{ ...CONFIG, deployment: 7 }, /\.deployment is 7/],
    [{ ...CONFIG, check: 'success >= 99%' }, /\.check: "success" is not something to check/],
    [{ ...CONFIG, window: '1h' }, /\.window is "1h", it must be a duration from 1s to 10m, e\.g\. 1m/],
    [{ ...CONFIG, window: 5 }, /\.window is 5/],
    [{ ...CONFIG, minimumRequests: 0 }, /\.minimumRequests is 0, it must be a whole number from 1, e\.g\. 100/],
    [{ ...CONFIG, onNoData: 'pass' }, /\.onNoData is "pass", it must be one of skip, inconclusive, error, e\.g\. inconclusive/],
  ]
  for (const [config, message] of wrong) {
    test(`says what is wrong with ${JSON.stringify(config)}`, async () => {
      const measured = await makeSluiceRouterProvider(makeFleet({}).source).measure(request(config))
      assert.match(measured.kind === 'error' ? measured.message : '', message)
    })
  }
})
