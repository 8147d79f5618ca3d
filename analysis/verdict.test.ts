import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { History, Second } from './history.ts'
import { isClearlyWorse } from './looks.ts'
import { requestsNeeded } from './sample-size.ts'
import { answers, checkOf, seconds, taking } from './testing/tallies.ts'
import { judge, SHARED_LIMIT_S, UNDECIDED_LIMIT_S, type Verdict } from './verdict.ts'

const START = 1_700_000_000

const at = (history: readonly Second[], text: string, more: { readonly after?: number } & Partial<History> = {}): Verdict => {
  const { after = (history.at(-1)?.second ?? START) - START + 1, ...rest } = more
  return judge(checkOf(text), { startedAt: START, seconds: history, ...rest }, (START + after) * 1000)
}

const run = (count: number, canary: Second['canary'], stable: Second['stable'], from = 0) =>
  seconds(count, canary, stable, START + from)

const rows: readonly {
  readonly name: string
  readonly verdict: Verdict
  readonly phase: Verdict['phase']
  readonly says: RegExp
}[] = [
  {
    name: 'one bad answer in five at ten a second is failed in its second second',
    verdict: at(run(2, answers(8, 2), answers(190)), 'success-rate >= 99%'),
    phase: 'Failed',
    says: /^canary 20% of 20 failed, stable 0% of 380 failed since 22:13:20Z; 1% may fail/,
  },
  {
    name: 'two bad answers are too few to fail anything',
    verdict: at(run(1, answers(1, 2), answers(190)), 'success-rate >= 99.9%'),
    phase: 'Running',
    says: /too few requests to judge success-rate >= 99.9% by yet: canary 3 of 1497, 1494 more needed/,
  },
  {
    name: 'upstream failures are failures of the version',
    verdict: at(run(2, { ...answers(8), requests: 10, upstreamFailures: 2 }, answers(190)), 'success-rate >= 99%'),
    phase: 'Failed',
    says: /canary 20% of 20 failed/,
  },
  {
    name: 'answers 4xx and clients that go away are none',
    verdict: at(run(30, { ...answers(4), requests: 14, status4xx: 4, clientAborts: 6 }, answers(190)), 'success-rate >= 99%'),
    phase: 'Successful',
    says: /canary 0% of 240 failed/,
  },
  {
    name: 'a good canary with too few requests is waited for, with how many are missing and until when',
    verdict: at(run(3, answers(10), answers(190)), 'success-rate >= 99%'),
    phase: 'Running',
    says: /^too few requests to judge success-rate >= 99% by yet: canary 30 of 149, 119 more needed; pauses at 22:18:20Z if they do not come$/,
  },
  {
    name: 'no request at all is waited for',
    verdict: at([], 'success-rate >= 99%', { after: 20 }),
    phase: 'Running',
    says: /by yet: none yet; pauses at/,
  },
  {
    name: 'too few requests for five minutes never pass',
    verdict: at(run(100, answers(1), answers(19)), 'success-rate >= 99%', { after: UNDECIDED_LIMIT_S }),
    phase: 'Inconclusive',
    says: /^too few requests to judge success-rate >= 99% by until 22:18:20Z: canary 100 of 149, 49 more needed$/,
  },
  {
    name: 'too few requests lately are no reason to pause what passed before',
    verdict: at(run(100, answers(1), answers(19), 500), 'success-rate >= 99%', { after: 601, passedBefore: true }),
    phase: 'Running',
    says: /^it passed before; too few requests lately/,
  },
  {
    name: 'a good canary with enough requests passes',
    verdict: at(run(15, answers(10), answers(190)), 'success-rate >= 99%'),
    phase: 'Successful',
    says: /^canary 0% of 150 failed, stable 0% of 2850 failed; 1% may fail$/,
  },
  {
    name: 'a share above the limit that may be chance neither passes nor fails',
    verdict: at([...run(1, answers(8, 2), answers(190)), ...run(15, answers(10), answers(190), 1)], 'success-rate >= 99%'),
    phase: 'Running',
    says: /^canary 1.25% of 160 failed.* could still be chance; waiting until 22:18:20Z/,
  },
  {
    name: 'and pauses when it stays so',
    verdict: at([...run(1, answers(8, 2), answers(190)), ...run(15, answers(10), answers(190), 1)], 'success-rate >= 99%', {
      after: 300,
    }),
    phase: 'Inconclusive',
    says: /could still be chance, and stayed so until 22:18:20Z$/,
  },
  {
    name: 'a short shared outage is waited out',
    verdict: at(run(5, answers(8, 2), answers(152, 38)), 'success-rate >= 99%'),
    phase: 'Running',
    says: /since 22:13:2\dZ; 1% may fail. Both break success-rate >= 99% alike, so the cause is not the new version alone/,
  },
  {
    name: 'a lasting shared outage pauses instead of rolling back',
    verdict: at(run(SHARED_LIMIT_S + 5, answers(8, 2), answers(152, 38)), 'success-rate >= 99%'),
    phase: 'Inconclusive',
    says: /going back would not help$/,
  },
  {
    name: 'a canary that is far worse than a stable version that breaks the limit too is rolled back',
    verdict: at(run(10, answers(5, 5), answers(184, 6)), 'success-rate >= 99%'),
    phase: 'Failed',
    says: /canary 50% of \d+ failed, stable 3.15% of/,
  },
  {
    name: 'a canary that turns bad after nine good minutes is failed within seconds',
    verdict: at([...run(540, answers(10), answers(190)), ...run(5, answers(8, 2), answers(190), 540)], 'success-rate >= 99%'),
    phase: 'Failed',
    says: /^canary 20% of \d+ failed, stable 0% of \d+ failed since 22:22:20Z; 1% may fail/,
  },
  {
    name: 'after everything went to the canary there is nothing to excuse it',
    verdict: at(run(2, answers(150, 50), answers(0)), 'success-rate >= 99%'),
    phase: 'Failed',
    says: /stable 0% of 0 failed/,
  },
  {
    name: 'one bad answer breaks a check that allows none',
    verdict: at(run(1, answers(9, 1), answers(190)), 'success-rate >= 100%'),
    phase: 'Failed',
    says: /0% may fail/,
  },
  {
    name: 'a canary as bad as stable keeps to a limit relative to it',
    verdict: at(run(40, answers(8, 2), answers(152, 38)), 'success-rate >= stable'),
    phase: 'Successful',
    says: /canary 20% of 400 failed, stable 20% of 7600 failed; 20% may fail/,
  },
  {
    name: 'a canary worse than stable breaks a limit relative to it',
    verdict: at(run(5, answers(8, 2), answers(190)), 'success-rate >= stable * 0.99'),
    phase: 'Failed',
    says: /keeps to success-rate >= stable \* 0.99/,
  },
  {
    name: 'a check against stable waits for stable too',
    verdict: at(run(30, answers(100), answers(1)), 'success-rate >= stable'),
    phase: 'Running',
    says: /: stable 30 of 299, 269 more needed;/,
  },
  {
    name: 'one request in five that takes too long is failed',
    verdict: at(run(3, taking({ 20: 8, 900: 2 }), taking({ 20: 190 })), 'p99 <= 500ms'),
    phase: 'Failed',
    says: /canary 20% of \d+ too slow, stable 0% of \d+ too slow since 22:13:20Z; 1% may be too slow/,
  },
  {
    name: 'a fast canary passes',
    verdict: at(run(15, taking({ 20: 10 }), taking({ 20: 190 })), 'p99 <= 500ms'),
    phase: 'Successful',
    says: /canary 0% of 150 too slow/,
  },
  {
    name: 'half as fast as stable is failed where 1.2 times is allowed',
    verdict: at(run(12, taking({ 40: 10 }), taking({ 20: 190 })), 'p99 <= stable * 1.2'),
    phase: 'Failed',
    says: /keeps to p99 <= stable \* 1.2/,
  },
  {
    name: 'as fast as stable passes',
    verdict: at(run(20, taking({ 20: 10 }), taking({ 20: 190 })), 'p99 <= stable * 1.2'),
    phase: 'Successful',
    says: /canary 0% of 190 too slow/,
  },
  {
    name: 'a slow minute of both is no fault of the canary',
    verdict: at(
      [...run(60, taking({ 20: 10 }), taking({ 20: 190 })), ...run(10, taking({ 400: 10 }), taking({ 400: 190 }), 60)],
      'p99 <= stable * 1.2',
    ),
    phase: 'Successful',
    says: /canary 1.44% of 690 too slow, stable 1.44% of 13110 too slow; 1.44% may be too slow/,
  },
  {
    name: 'a check against stable without a stable request is waited for',
    verdict: at(run(30, taking({ 20: 10 }), answers(0)), 'p99 <= stable * 1.2'),
    phase: 'Running',
    says: /none yet that can be compared with stable/,
  },
]

describe('the verdict', () => {
  for (const { name, verdict, phase, says } of rows) {
    test(name, () => {
      assert.equal(verdict.phase, phase, verdict.message)
      assert.match(verdict.message, says)
    })
  }

  test('shows what both versions did', () => {
    assert.equal(
      at(run(14, answers(9, 1), answers(199, 1)), 'success-rate >= 80%').value,
      'canary 90% of 140, stable 99.5% of 2800',
    )
    assert.equal(
      at(run(1, answers(99_999, 1), answers(0)), 'success-rate >= 80%').value,
      'canary 99.99% of 100000, stable unknown of 0',
    )
    assert.equal(
      at(run(1, taking({ 20: 10 }), taking({ 90: 1 })), 'p99 <= 1s').value,
      'canary p99 23ms of 10, stable p99 91ms of 1',
    )
  })

  test('does not look at what was before the run', () => {
    const history = [...run(60, answers(0, 10), answers(190), -60), ...run(15, answers(10), answers(190))]
    assert.equal(at(history, 'success-rate >= 99%').phase, 'Successful')
  })

  test('uses the current second for an absolute limit, and not for one relative to stable', () => {
    const history = run(2, answers(8, 2), answers(190))
    assert.equal(at(history, 'success-rate >= 99%', { after: 1 }).phase, 'Failed')
    assert.equal(at(history, 'success-rate >= stable', { after: 1 }).value, 'canary 80% of 10, stable 100% of 190')
  })
})

test('so many requests are needed that twice the allowed share would have shown with 95 %', () => {
  assert.equal(requestsNeeded(0.01), 149)
  assert.equal(requestsNeeded(0.001), 1497)
  assert.equal(requestsNeeded(0), 1497)
  assert.equal(requestsNeeded(0.5), 30)
  for (const allowed of [0.02, 0.01, 0.005]) {
    assert.ok(1 - (1 - 2 * allowed) ** requestsNeeded(allowed) >= 0.95)
    assert.ok(1 - (1 - 2 * allowed) ** (requestsNeeded(allowed) - 1) < 0.95)
  }
})

test('clearly worse means more than chance, on the numbers of both', () => {
  assert.equal(isClearlyWorse({ requests: 20, bad: 5 }, { requests: 380, bad: 6 }), true)
  assert.equal(isClearlyWorse({ requests: 20, bad: 4 }, { requests: 380, bad: 76 }), false)
  assert.equal(isClearlyWorse({ requests: 20, bad: 1 }, { requests: 380, bad: 76 }), false)
  assert.equal(isClearlyWorse({ requests: 5, bad: 5 }, { requests: 0, bad: 0 }), true)
})
