import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { conditionProblems, judgeResult } from './conditions.ts'
import { FLOATS } from './expr/go/types.ts'
import { toExprValue } from './expr/run/json.ts'
import { sliceWith } from './expr/run/values.ts'
import { metric, play, result } from './testing/runs.ts'

const floats = (...items: number[]) => sliceWith(FLOATS, items)
const judged = (successCondition: string, failureCondition: string, value: number) =>
  judgeResult({ successCondition, failureCondition }, floats(value), 0)

describe('a measurement', () => {
  test('without conditions is successful', () => {
    assert.deepEqual(judgeResult({}, floats(), 0), { phase: 'Successful' })
  })

  test('with one condition is as that says', () => {
    assert.deepEqual(judged('result[0] >= 0.95', '', 0.97), { phase: 'Successful' })
    assert.deepEqual(judged('result[0] >= 0.95', '', 0.9), { phase: 'Failed' })
    assert.deepEqual(judged('', 'result[0] < 0.95', 0.9), { phase: 'Failed' })
    assert.deepEqual(judged('', 'result[0] < 0.95', 0.97), { phase: 'Successful' })
  })

  test('with two conditions fails by the one, succeeds by the other, and is inconclusive between them', () => {
    const by = (value: number) => judged('result[0] >= 0.95', 'result[0] < 0.5', value)
    assert.deepEqual(by(0.97), { phase: 'Successful' })
    assert.deepEqual(by(0.7), { phase: 'Inconclusive' })
    assert.deepEqual(by(0.3), { phase: 'Failed' })
    assert.deepEqual(judged('true', 'true', 1), { phase: 'Failed' })
  })

  test('whose condition is no test is an error', () => {
    assert.deepEqual(judged('result[0]', '', 1), {
      problem: 'could not evaluate successCondition "result[0]": expected bool, but got float64',
    })
    assert.deepEqual(judged('', 'result[0] < "1"', 1), {
      problem:
        'could not evaluate failureCondition "result[0] < "1"": invalid operation: < (mismatched types float64 and string)',
    })
  })

  test('without data is an error that says so, unless the condition allows for it', () => {
    assert.deepEqual(judgeResult({ successCondition: 'result[0] > 1' }, floats(), 0), {
      problem:
        'could not evaluate successCondition "result[0] > 1": metric result is nil or empty: no data returned from the metric provider',
    })
    assert.deepEqual(judgeResult({ successCondition: 'len(result) == 0 || result[0] > 1' }, floats(), 0), { phase: 'Successful' })
    assert.deepEqual(judgeResult({ successCondition: 'default(result, 0) < 0.05' }, null, 0), { phase: 'Successful' })
    assert.deepEqual(judgeResult({ failureCondition: 'isNil(result)' }, null, 0), { phase: 'Failed' })
  })

  test('that is not a number can be asked about', () => {
    assert.deepEqual(judged('isNaN(result[0]) || result[0] > 1', '', Number.NaN), { phase: 'Successful' })
    assert.deepEqual(judged('result[0] > 1', '', Number.NaN), { phase: 'Failed' })
    assert.deepEqual(judged('isInf(result[0])', '', Number.POSITIVE_INFINITY), { phase: 'Successful' })
  })

  test('can be compared with the time of the measurement', () => {
    const value = toExprValue({ at: '2026-03-01T12:00:00Z' })
    const condition = { successCondition: 'now() - date(result.at) < duration("5m")' }
    assert.deepEqual(judgeResult(condition, value, Date.parse('2026-03-01T12:04:00Z')), { phase: 'Successful' })
    assert.deepEqual(judgeResult(condition, value, Date.parse('2026-03-01T12:06:00Z')), { phase: 'Failed' })
  })
})

describe('the conditions of a template', () => {
  test('are right whatever the result will be', () => {
    assert.deepEqual(
      conditionProblems([metric({ successCondition: 'result[0] > 1', failureCondition: 'result.a.b == "x"' })]),
      [],
    )
  })

  test('are wrong with the metric, the field and the place', () => {
    const wrong = [metric({ name: 'rate', successCondition: 'result[0] >', failureCondition: 'reslt > 1' })]
    assert.deepEqual(conditionProblems(wrong), [
      { metric: 'rate', field: 'successCondition', message: 'unexpected token EOF (1:11)\n | result[0] >\n | ..........^' },
      { metric: 'rate', field: 'failureCondition', message: 'unknown name reslt (1:1)\n | reslt > 1\n | ^' },
    ])
  })

  test('with arguments are looked at when those are put in', () => {
    assert.deepEqual(conditionProblems([metric({ successCondition: 'result[0] >= {{args.limit}}' })]), [])
  })
})

describe('a metric with conditions', () => {
  const value = (items: number[]) => ({ m: { kind: 'value', value: JSON.stringify(items), result: floats(...items) } }) as const

  test('fails a run by a measurement that is not good enough', () => {
    const done = play({ metrics: [metric({ successCondition: 'result[0] >= 0.95' })] }, [[0, value([0.9])]])
    assert.equal(done.status.phase, 'Failed')
    assert.equal(done.status.message, 'Metric "m" assessed Failed due to failed (1) > failureLimit (0)')
    assert.equal(result(done)?.measurements?.[0]?.value, '[0.9]')
  })

  test('is tried again when a condition cannot be evaluated, and is an error after five times', () => {
    const spec = { metrics: [metric({ successCondition: 'result[0] >= 0.95' })] }
    const times = [0, 10, 20, 30, 40]
    const done = play(
      spec,
      times.map(seconds => [seconds, value([])] as const),
    )
    assert.equal(done.status.phase, 'Error')
    assert.match(done.status.message ?? '', /no data returned from the metric provider/)
    assert.equal(
      result(
        play(spec, [
          [0, value([])],
          [10, value([1])],
        ]),
      )?.phase,
      'Successful',
    )
  })

  test('counts inconclusive measurements', () => {
    const metrics = [
      metric({
        successCondition: 'result[0] > 2',
        failureCondition: 'result[0] < 1',
        interval: '1s',
        count: 3,
        inconclusiveLimit: 1,
      }),
    ]
    const done = play({ metrics }, [
      [0, value([1.5])],
      [1, value([1.5])],
    ])
    assert.equal(done.status.phase, 'Inconclusive')
  })
})
