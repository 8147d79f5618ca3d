import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AnalysisRunSpec, Metric } from '../api/analysis-run.ts'
import { readMetrics } from './run.ts'
import { metric, web } from './testing/runs.ts'

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
        "measurementRetention[1]: Rule didn't match any metric name(s): error parsing regexp: missing closing ): `(`",
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

  test('an argument from a Secret is put in where it is known, and stands for itself where only the rest matters', () => {
    const spec = {
      metrics: [metric({ provider: { web: { url: '{{args.u}}' } } })],
      args: [{ name: 'u', valueFrom: { secretKeyRef: { name: 'web', key: 'url' } } }],
    }
    assert.deepEqual(readMetrics(spec, new Map([['u', 'http://a']])), {
      metrics: [metric({ provider: { web: { url: 'http://a' } } })],
    })
    assert.ok('metrics' in readMetrics(spec))
  })

  test('an argument without a value, and one that nobody declares', () => {
    const metrics = [metric({ provider: { web: { url: '{{args.u}}' } } })]
    const problem = (why: string) => ({ problem: `Unable to resolve metric arguments: ${why}` })
    assert.deepEqual(readMetrics({ metrics, args: [{ name: 'u' }] }), problem('argument "u" was not supplied'))
    assert.deepEqual(readMetrics({ metrics, args: [{ name: 'x', value: '1' }] }), problem('failed to resolve {{args.u}}'))
  })
})
