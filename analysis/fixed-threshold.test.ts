import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FixedThreshold, failsAfter } from './fixed-threshold.ts'
import { answers, seconds } from './testing/tallies.ts'

const rule: FixedThreshold = { interval: 60, failureLimit: 3, fails: canary => canary > 0.01 }

test('a bad version fails at the fourth measurement, however bad it is', () => {
  assert.equal(failsAfter(rule, seconds(600, answers(98, 2), answers(100))), 240)
  assert.equal(failsAfter(rule, seconds(600, answers(0, 100), answers(100))), 240)
})

test('a good version never fails, nor does one that got no request', () => {
  assert.equal(failsAfter(rule, seconds(600, answers(99, 1), answers(100))), undefined)
  assert.equal(failsAfter({ ...rule, fails: () => true }, seconds(600, answers(0), answers(100))), undefined)
})

test('each measurement is of its own minute', () => {
  const course = [...seconds(180, answers(0, 10), answers(10)), ...seconds(420, answers(10), answers(10), 180)]
  assert.equal(failsAfter(rule, course), undefined)
  assert.equal(failsAfter({ ...rule, failureLimit: 2 }, course), 180)
})

test('it may compare with stable', () => {
  const twice = { ...rule, fails: (canary: number, stable: number) => canary > 2 * stable }
  assert.equal(failsAfter(twice, seconds(600, answers(97, 3), answers(98, 2))), undefined)
  assert.equal(failsAfter(twice, seconds(600, answers(95, 5), answers(98, 2))), 240)
})
