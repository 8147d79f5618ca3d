import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AnalysisRun, AnalysisRunSpec, AnalysisRunStatus, Metric } from '../api/analysis-run.ts'
import type { Measured } from './measured.ts'
import { type Assessment, assess, metricsToMeasure, readMetrics } from './run.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const web = { web: { url: 'http://example' } }
const check = {
  plugin: { 'sluice/router': { deployment: 'web', canaryHash: 'new', stableHash: 'old', check: 'success-rate >= 99%' } },
}

const metric = (more: Partial<Metric> = {}): Metric => ({ name: 'm', provider: web, ...more })
const runOf = (spec: AnalysisRunSpec, status?: AnalysisRunStatus): AnalysisRun => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: { name: 'web-1', namespace: 'default' },
  spec,
  ...(status && { status }),
})

const value: Measured = { kind: 'value', value: '1' }
const error: Measured = { kind: 'error', message: 'no data' }
const verdict = (phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Running', message = `it is ${phase}`): Measured => ({
  kind: 'verdict',
  verdict: { phase, value: 'canary 80% of 20, stable 100% of 380', message },
})

/** Assesses again and again; each entry is seconds after the start and what every metric due then measures. */
const play = (
  spec: AnalysisRunSpec,
  course: readonly (readonly [seconds: number, measured: { readonly [metric: string]: Measured }])[],
): Assessment => {
  let last: Assessment = assess(runOf(spec), new Map(), NOW)
  for (const [seconds, measured] of course) {
    const now = NOW + seconds * 1000
    const run = runOf(spec, last.status)
    const due = new Set(metricsToMeasure(run, now).map(({ name }) => name))
    last = assess(run, new Map(Object.entries(measured).filter(([name]) => due.has(name))), now)
  }
  return last
}

const result = ({ status }: Assessment, name = 'm') => status.metricResults?.find(one => one.name === name)

describe('a metric', () => {
  test('without an interval is measured once', () => {
    const done = play({ metrics: [metric()] }, [[0, { m: value }]])
    assert.equal(done.status.phase, 'Successful')
    assert.equal(done.wakeAt, undefined)
    assert.deepEqual(done.status, {
      phase: 'Successful',
      startedAt: '2026-03-01T12:00:00Z',
      completedAt: '2026-03-01T12:00:00Z',
      metricResults: [
        {
          name: 'm',
          phase: 'Successful',
          count: 1,
          successful: 1,
          consecutiveError: 0,
          consecutiveSuccess: 1,
          measurements: [
            { phase: 'Successful', value: '1', startedAt: '2026-03-01T12:00:00Z', finishedAt: '2026-03-01T12:00:00Z' },
          ],
        },
      ],
      runSummary: { count: 1, successful: 1, failed: 0, inconclusive: 0, error: 0 },
      dryRunSummary: { count: 0, successful: 0, failed: 0, inconclusive: 0, error: 0 },
    })
  })

  test('with an interval is measured each interval until its count', () => {
    const spec = { metrics: [metric({ interval: '30s', count: 2 })] }
    const once = play(spec, [
      [0, { m: value }],
      [29, { m: value }],
    ])
    assert.equal(once.status.phase, 'Running')
    assert.equal(result(once)?.count, 1)
    assert.equal(once.wakeAt, NOW + 30_000)
    assert.equal(
      play(spec, [
        [0, { m: value }],
        [30, { m: value }],
      ]).status.phase,
      'Successful',
    )
  })

  test('with an interval and no count runs until the run is terminated', () => {
    const spec = { metrics: [metric({ interval: '1s' })] }
    const course = Array.from({ length: 50 }, (_, i) => [i, { m: value }] as const)
    const running = play(spec, course)
    assert.equal(running.status.phase, 'Running')
    const ended = assess(runOf({ ...spec, terminate: true }, running.status), new Map(), NOW + 60_000)
    assert.equal(ended.status.phase, 'Successful')
    assert.equal(ended.status.message, 'Run Terminated')
    assert.equal(result(ended)?.phase, 'Successful')
  })

  test('keeps its last ten measurements, or as many as it is told', () => {
    const course = Array.from({ length: 15 }, (_, i) => [i, { m: value }] as const)
    const metrics = [metric({ interval: '1s' })]
    assert.equal(result(play({ metrics }, course))?.measurements?.length, 10)
    assert.equal(result(play({ metrics }, course))?.count, 15)
    assert.equal(
      result(play({ metrics, measurementRetention: [{ metricName: '^m$', limit: 3 }] }, course))?.measurements?.length,
      3,
    )
  })

  test('waits for its initial delay', () => {
    const spec = { metrics: [metric({ initialDelay: '1m' })] }
    const waiting = play(spec, [[59, { m: value }]])
    assert.equal(waiting.status.phase, 'Running')
    assert.equal(waiting.wakeAt, NOW + 60_000)
    assert.equal(play(spec, [[60, { m: value }]]).status.phase, 'Successful')
  })

  test('that cannot be measured is tried again after ten seconds, five times', () => {
    const spec = { metrics: [metric()] }
    const once = play(spec, [
      [0, { m: error }],
      [9, { m: error }],
    ])
    assert.equal(result(once)?.consecutiveError, 1)
    assert.equal(once.wakeAt, NOW + 10_000)
    const five = play(
      spec,
      [0, 10, 20, 30, 40].map(seconds => [seconds, { m: error }] as const),
    )
    assert.equal(five.status.phase, 'Error')
    assert.equal(
      five.status.message,
      'Metric "m" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "Error Message: no data"',
    )
    const healed = play(spec, [
      [0, { m: error }],
      [10, { m: error }],
      [20, { m: value }],
    ])
    assert.equal(healed.status.phase, 'Successful')
    assert.equal(result(healed)?.error, 2)
  })

  test('whose consecutive successes are reached is successful before its count', () => {
    const spec = { metrics: [metric({ interval: '1s', count: 10, consecutiveSuccessLimit: 2, failureLimit: 3 })] }
    assert.equal(
      play(spec, [
        [0, { m: value }],
        [1, { m: value }],
      ]).status.phase,
      'Successful',
    )
  })

  test('that reaches its count without its consecutive successes is inconclusive, and failed when failures have no limit', () => {
    const course = [
      [0, { m: verdict('Inconclusive') }],
      [10, { m: value }],
      [20, { m: verdict('Inconclusive') }],
    ] as const
    const metrics = [metric({ interval: '1s', count: 3, consecutiveSuccessLimit: 2, inconclusiveLimit: 3 })]
    assert.equal(result(play({ metrics }, course))?.phase, 'Inconclusive')
    assert.equal(result(play({ metrics: [{ ...metrics[0]!, failureLimit: -1 }] }, course))?.phase, 'Failed')
  })
})

describe('a run', () => {
  test('fails with its first failed metric, and ends the others', () => {
    const spec = { metrics: [metric({ name: 'a', interval: '1s' }), { name: 'b', provider: check, interval: '10s' }] }
    const failed = play(spec, [[0, { a: value, b: verdict('Failed', 'too many failures') }]])
    assert.equal(failed.status.phase, 'Failed')
    assert.equal(
      failed.status.message,
      'Metric "b" assessed Failed due to failed (1) > failureLimit (0): "Error Message: too many failures"',
    )
    assert.deepEqual(
      failed.status.metricResults?.map(({ name, phase }) => [name, phase]),
      [
        ['a', 'Successful'],
        ['b', 'Failed'],
      ],
    )
    assert.deepEqual(failed.status.runSummary, { count: 2, successful: 1, failed: 1, inconclusive: 0, error: 0 })
    assert.equal(failed.wakeAt, undefined)
  })

  test('takes the worst of its metrics', () => {
    const spec = {
      metrics: [
        { name: 'a', provider: check },
        { name: 'b', provider: check },
      ],
    }
    assert.equal(play(spec, [[0, { a: verdict('Inconclusive'), b: verdict('Failed') }]]).status.phase, 'Failed')
    assert.equal(play(spec, [[0, { a: verdict('Inconclusive'), b: verdict('Successful') }]]).status.phase, 'Inconclusive')
    assert.equal(
      play(spec, [[0, { a: verdict('Inconclusive', 'few'), b: verdict('Successful') }]]).status.message,
      'Metric "a" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0): "Error Message: few"',
    )
  })

  test('is not touched by a metric in dry-run mode, but says what it did', () => {
    const spec = { metrics: [metric({ name: 'a' }), { name: 'b', provider: check }], dryRun: [{ metricName: 'b' }] }
    const done = play(spec, [[0, { a: value, b: verdict('Failed') }]])
    assert.equal(done.status.phase, 'Successful')
    assert.deepEqual([result(done, 'b')?.phase, result(done, 'b')?.dryRun], ['Failed', true])
    assert.equal(result(done, 'b')?.message, 'Metric assessed Failed due to failed (1) > failureLimit (0)')
    assert.deepEqual(done.status.dryRunSummary, { count: 1, successful: 0, failed: 1, inconclusive: 0, error: 0 })
    assert.deepEqual(done.status.runSummary, { count: 1, successful: 1, failed: 0, inconclusive: 0, error: 0 })
  })

  test('that is over stays as it is', () => {
    const status: AnalysisRunStatus = { phase: 'Failed', message: 'x' }
    assert.deepEqual(assess(runOf({ metrics: [] }, status), new Map([['m', value]]), NOW), { status })
    assert.deepEqual(metricsToMeasure(runOf({ metrics: [metric()] }, status), NOW), [])
  })

  test('that is terminated before anything was measured is successful', () => {
    const { status } = assess(runOf({ metrics: [metric()], terminate: true }), new Map(), NOW)
    assert.deepEqual([status.phase, status.message], ['Successful', 'Run Terminated'])
    assert.deepEqual(metricsToMeasure(runOf({ metrics: [metric()], terminate: true }), NOW), [])
  })

  test('with a wrong spec is an error at once', () => {
    const { status, wakeAt } = assess(runOf({ metrics: [] }), new Map(), NOW)
    assert.deepEqual([status.phase, status.message, wakeAt], ['Error', 'Analysis spec invalid: no metrics specified', undefined])
  })

  test('with an argument that is not given is an error at once', () => {
    const spec = { metrics: [metric({ provider: { web: { url: 'http://{{args.host}}' } } })] }
    assert.equal(
      assess(runOf(spec), new Map(), NOW).status.message,
      'Unable to resolve metric arguments: failed to resolve {{args.host}}',
    )
  })
})

describe('a short check', () => {
  const spec = { metrics: [{ name: 'm', provider: check, interval: '10s' }] }

  test('that cannot be told yet has no measurement, but says what it waits for', () => {
    const waiting = play(spec, [[0, { m: verdict('Running', '119 more needed') }]])
    assert.deepEqual(result(waiting), { name: 'm', phase: 'Running', message: '119 more needed' })
    assert.equal(waiting.status.phase, 'Running')
  })

  test('is looked at twice a second', () => {
    assert.equal(play(spec, [[0, { m: verdict('Running') }]]).wakeAt, NOW + 500)
    assert.equal(play(spec, [[0, { m: verdict('Successful') }]]).wakeAt, NOW + 500)
  })

  test('that keeps its verdict is recorded every ten seconds, and a new verdict at once', () => {
    const good = Array.from({ length: 40 }, (_, i) => [i / 2, { m: verdict('Successful') }] as const)
    assert.equal(result(play(spec, good))?.count, 2)
    const failed = play(spec, [...good, [20.5, { m: verdict('Failed') }]])
    assert.equal(failed.status.phase, 'Failed')
    assert.deepEqual(
      result(failed)?.measurements?.map(({ phase }) => phase),
      ['Successful', 'Successful', 'Failed'],
    )
    assert.deepEqual(result(failed)?.measurements?.at(-1), {
      phase: 'Failed',
      value: 'canary 80% of 20, stable 100% of 380',
      message: 'it is Failed',
      startedAt: '2026-03-01T12:00:20Z',
      finishedAt: '2026-03-01T12:00:20Z',
    })
  })

  test('without an interval is over with its first success', () => {
    const once = { metrics: [{ name: 'm', provider: check }] }
    assert.equal(
      play(once, [
        [0, { m: verdict('Running') }],
        [1, { m: verdict('Successful') }],
      ]).status.phase,
      'Successful',
    )
  })

  test('whose routers are silent is an error only when they stay so for forty seconds', () => {
    const silent = (from: number, to: number) =>
      Array.from({ length: 2 * (to - from) }, (_, i) => [from + i / 2, { m: error }] as const)
    assert.equal(play(spec, silent(0, 40)).status.phase, 'Running')
    assert.equal(play(spec, [...silent(0, 41)]).status.phase, 'Error')
    const answered = play(spec, [...silent(0, 30), [30, { m: verdict('Running') }], ...silent(31, 41)])
    assert.equal(answered.status.phase, 'Running')
  })

  test('that is ended before it could be told keeps saying what was missing', () => {
    const waiting = play(spec, [[0, { m: verdict('Running', '119 more needed') }]])
    const ended = assess(runOf({ ...spec, terminate: true }, waiting.status), new Map(), NOW + 1000)
    assert.deepEqual(
      [ended.status.phase, result(ended)?.message, result(ended)?.successful],
      ['Successful', '119 more needed', undefined],
    )
  })
})

describe('metrics are checked', () => {
  const rows: readonly (readonly [what: string, metrics: readonly Metric[], more: Partial<AnalysisRunSpec>, problem: string])[] =
    [
      ['none', [], {}, 'no metrics specified'],
      ['twice the same name', [metric(), metric()], {}, "metrics[1]: duplicate name 'm'"],
      [
        'negative consecutive successes',
        [metric({ consecutiveSuccessLimit: -1 })],
        {},
        'metrics[0]: consecutiveSuccessLimit must be >= 0',
      ],
      ['failureLimit -2', [metric({ failureLimit: -2 })], {}, 'metrics[0]: failureLimit must be >= -1'],
      [
        'no limit at all',
        [metric({ failureLimit: -1 })],
        {},
        'metrics[0]: failureLimit and consecutiveSuccessLimit cannot both be disabled',
      ],
      ['inconclusiveLimit -1', [metric({ inconclusiveLimit: -1 })], {}, 'metrics[0]: inconclusiveLimit must be >= 0'],
      ['consecutiveErrorLimit -1', [metric({ consecutiveErrorLimit: -1 })], {}, 'metrics[0]: consecutiveErrorLimit must be >= 0'],
      ['count below failureLimit', [metric({ count: 1, failureLimit: 2 })], {}, 'metrics[0]: count must be >= failureLimit'],
      [
        'count below inconclusiveLimit',
        [metric({ count: 1, inconclusiveLimit: 2 })],
        {},
        'metrics[0]: count must be >= inconclusiveLimit',
      ],
      [
        'count below consecutive successes',
        [metric({ count: 1, consecutiveSuccessLimit: 2 })],
        {},
        'metrics[0]: count must be >= consecutiveSuccessLimit',
      ],
      [
        'count below both',
        [metric({ count: 3, interval: '1s', failureLimit: 2, consecutiveSuccessLimit: 2 })],
        {},
        'metrics[0]: count must be >= failureLimit + consecutiveSuccessLimit',
      ],
      ['count without interval', [metric({ count: 2 })], {}, 'metrics[0]: interval must be specified when count > 1'],
      [
        'a wrong interval',
        [metric({ interval: '5 minutes' })],
        {},
        'metrics[0]: invalid interval string: time: invalid duration "5 minutes"',
      ],
      [
        'a wrong delay',
        [metric({ initialDelay: 'soon' })],
        {},
        'metrics[0]: invalid initialDelay string: time: invalid duration "soon"',
      ],
      ['no provider', [metric({ provider: {} })], {}, 'metrics[0]: no provider specified'],
      ['two providers', [metric({ provider: { ...web, job: {} } })], {}, 'metrics[0]: multiple providers specified'],
      ['two plugins', [metric({ provider: { plugin: { a: {}, b: {} } } })], {}, 'metrics[0]: multiple providers specified'],
      [
        'a dryRun rule for nothing',
        [metric()],
        { dryRun: [{ metricName: 'x' }] },
        "dryRun[0]: Rule didn't match any metric name(s)",
      ],
      [
        'a retention rule for nothing',
        [metric()],
        {
          measurementRetention: [
            { metricName: 'm', limit: 1 },
            { metricName: '(', limit: 1 },
          ],
        },
        "measurementRetention[1]: Rule didn't match any metric name(s)",
      ],
    ]
  for (const [what, metrics, more, problem] of rows) {
    test(what, () => assert.deepEqual(readMetrics({ metrics, ...more }), { problem: `Analysis spec invalid: ${problem}` }))
  }

  test('numbers may be arguments', () => {
    const spec = { metrics: [metric({ count: '{{args.n}}', interval: '1s' })], args: [{ name: 'n', value: '3' }] }
    assert.deepEqual(readMetrics(spec), { metrics: [metric({ count: '3', interval: '1s' })] })
  })

  test('an argument keeps quotes and backslashes', () => {
    const spec = { metrics: [metric({ provider: { web: { url: '{{ args.u }}' } } })], args: [{ name: 'u', value: 'a"b\\c' }] }
    assert.deepEqual(readMetrics(spec), { metrics: [metric({ provider: { web: { url: 'a"b\\c' } } })] })
  })

  test('an argument from a Secret is not there yet, and says so', () => {
    const spec = {
      metrics: [metric({ provider: { web: { url: '{{args.u}}' } } })],
      args: [{ name: 'u', valueFrom: { secretKeyRef: { name: 'web', key: 'url' } } }],
    }
    assert.deepEqual(readMetrics(spec), {
      problem: 'Unable to resolve metric arguments: argument "u": valueFrom is not available in this version; give it a value',
    })
  })
})
