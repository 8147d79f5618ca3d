import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from './load-client.ts'
import { isExactSplit, secondsToRollBack, total } from './tally.ts'

const answer = (at: number, version: string | undefined, status = 200): Answer => ({
  at,
  milliseconds: 1,
  status,
  ...(version === undefined ? { error: 'refused' } : { version }),
})

/** One answer a millisecond, every n-th of the canary. */
const stream = (count: number, every: number): Answer[] =>
  Array.from({ length: count }, (_, i) => answer(i, i % every === 0 ? 'v2' : 'v1'))

test('an answer that is not the app’s is a dropped request, an error of the app is not', () => {
  const totals = total([answer(1, 'v1'), answer(2, 'v1', 500), answer(3, undefined, 503), answer(4, undefined, 0)])
  assert.equal(totals.requests, 4)
  assert.equal(totals.dropped.length, 2)
  assert.deepEqual(totals.byVersion, { v1: { answers: 2, bad: 1 } })
})

test('the split is exact when every twentieth answer is the canary’s at 5 %', () => {
  assert.equal(isExactSplit(stream(2000, 20), [{ from: 0, to: 2000, weight: 5, canary: 'v2' }], 2), true)
})

test('the split is not exact when the canary answers 5 in 100 at a weight of 6', () => {
  assert.equal(isExactSplit(stream(2000, 20), [{ from: 0, to: 2000, weight: 6, canary: 'v2' }], 2), false)
})

test('nothing measured is not exact', () => {
  assert.equal(isExactSplit([], [{ from: 0, to: 2000, weight: 5, canary: 'v2' }], 2), false)
  assert.equal(isExactSplit(stream(10, 2), [], 2), false)
})

test('the roll-back lasts from the first bad answer to the last answer of that version', () => {
  const answers = [answer(1000, 'v3'), answer(2000, 'v3', 500), answer(2500, 'v2'), answer(4300, 'v3'), answer(9000, 'v2')]
  assert.equal(secondsToRollBack(answers, 'v3'), 2.3)
  assert.equal(secondsToRollBack(answers, 'v2'), undefined)
})
