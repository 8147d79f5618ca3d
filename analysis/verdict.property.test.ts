import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Check } from '../api/checks.ts'
import { badRequests } from './bad-requests.ts'
import type { Second } from './history.ts'
import { lookAtEachSecond } from './looks.ts'
import { seeded, simulateRollout } from './simulation.ts'
import { answers, checkOf } from './testing/tallies.ts'
import { judge, type Verdict } from './verdict.ts'

const START = 1_700_000_000

const at = (history: readonly Second[], text: string): Verdict =>
  judge(checkOf(text), { startedAt: START, seconds: history }, (START + history.length + 1) * 1000)

const second = fc.record({
  good: fc.nat({ max: 20 }),
  bad: fc.nat({ max: 3 }),
  stableGood: fc.nat({ max: 200 }),
  stableBad: fc.nat({ max: 4 }),
})
const checks = fc.constantFrom(
  'success-rate >= 99%',
  'success-rate >= 95%',
  'success-rate >= stable',
  'success-rate >= stable * 0.99',
)

const history = (each: readonly { good: number; bad: number; stableGood: number; stableBad: number }[]): readonly Second[] =>
  each.map(({ good, bad, stableGood, stableBad }, i) => ({
    second: START + i,
    canary: answers(good, bad),
    stable: answers(stableGood, stableBad),
  }))

test('more failures of the canary never turn Failed into anything else', () => {
  fc.assert(
    fc.property(
      fc.array(second, { minLength: 3, maxLength: 40 }),
      fc.infiniteStream(fc.boolean()),
      checks,
      (each, turns, text) => {
        const worse = each.map(one =>
          one.good > 0 && turns.next().value ? { ...one, good: one.good - 1, bad: one.bad + 1 } : one,
        )
        if (at(history(each), text).phase === 'Failed') assert.equal(at(history(worse), text).phase, 'Failed')
        if (at(history(worse), text).phase === 'Successful') assert.equal(at(history(each), text).phase, 'Successful')
      },
    ),
    { numRuns: 300 },
  )
})

test('once failed at the end of a second it stays failed, however often it is looked at', () => {
  fc.assert(
    fc.property(fc.array(second, { minLength: 3, maxLength: 60 }), checks, (each, text) => {
      const all = history(each)
      const first = all.findIndex((_, i) => at(all.slice(0, i + 1), text).phase === 'Failed')
      const whole = at(all, text).phase
      assert.equal(whole === 'Failed', first !== -1)
    }),
    { numRuns: 100 },
  )
})

/** How many of `rollouts` simulated rollouts are failed. */
const failuresOf = (check: Check, rollouts: number, model: Parameters<typeof simulateRollout>[1]): number => {
  const random = seeded(20)
  const one = () =>
    lookAtEachSecond(check, badRequests(check, { startedAt: 0, seconds: simulateRollout(random, model) })).at(-1)?.broken
  return Array.from({ length: rollouts }, one).filter(broken => broken === 'own').length
}

describe('simulated rollouts of ten minutes, looked at each second', () => {
  const good = { rate: 10, failing: 0.009 }

  test('good canaries are hardly ever failed', () => {
    // The bound is 1 of 100 at the very edge of the limit; 6 of 200 would come up in one of 200 seeds even there.
    assert.ok(
      failuresOf(checkOf('success-rate >= 99%'), 200, { seconds: 600, canary: good, stable: { ...good, rate: 190 } }) <= 5,
    )
    assert.ok(
      failuresOf(checkOf('success-rate >= stable'), 100, { seconds: 300, canary: good, stable: { ...good, rate: 90 } }) <= 4,
    )
  })

  test('equally slow canaries are hardly ever failed', () => {
    const model = { rate: 10, failing: 0, medianMs: 40 }
    assert.ok(
      failuresOf(checkOf('p99 <= stable * 1.2'), 40, { seconds: 200, canary: model, stable: { ...model, rate: 90 } }) <= 3,
    )
  })

  test('bad canaries are failed soon', () => {
    const stable = { rate: 190, failing: 0.001 }
    assert.ok(failuresOf(checkOf('success-rate >= 99%'), 100, { seconds: 8, canary: { rate: 10, failing: 0.2 }, stable }) >= 95)
    assert.ok(failuresOf(checkOf('success-rate >= 99%'), 100, { seconds: 60, canary: { rate: 10, failing: 0.05 }, stable }) >= 90)
    const slow = { rate: 10, failing: 0, medianMs: 80 }
    const model = { seconds: 60, canary: slow, stable: { rate: 90, failing: 0, medianMs: 40 } }
    assert.ok(failuresOf(checkOf('p99 <= stable * 1.2'), 20, model) >= 19)
  })
})
