import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AnalysisRunStatus } from '../api/analysis-run.ts'
import { assess, metricsToMeasure } from './run.ts'
import { check, error, metric, NOW, play, result, runOf, value, verdict } from './testing/runs.ts'

test('a condition that is no expression ends the run before anything is measured', () => {
  const run = runOf({ metrics: [metric({ successCondition: 'result[0 > 1' })] })
  assert.deepEqual(metricsToMeasure(run, NOW), [])
  const { status } = assess(run, new Map(), NOW)
  assert.equal(status.phase, 'Error')
  assert.match(status.message ?? '', /^Analysis spec invalid: metric m: successCondition: unexpected token/)
})

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

  test('of which no measurement was good is not successful, whatever its limits allow (#4479)', () => {
    const all = (phase: 'Failed' | 'Inconclusive') => [0, 10].map(seconds => [seconds, { m: verdict(phase) }] as const)
    const limits = { interval: '10s', count: 2, failureLimit: 2, inconclusiveLimit: 2 }
    const failed = play({ metrics: [metric(limits)] }, all('Failed'))
    assert.deepEqual(
      [failed.status.phase, failed.status.message],
      ['Failed', 'Metric "m" assessed Failed due to none of 2 measurements was successful: "Error Message: it is Failed"'],
    )
    assert.equal(play({ metrics: [metric(limits)] }, all('Inconclusive')).status.phase, 'Inconclusive')
    const once = [
      [0, { m: verdict('Failed') }],
      [10, { m: value }],
    ] as const
    assert.equal(play({ metrics: [metric(limits)] }, once).status.phase, 'Successful')
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
