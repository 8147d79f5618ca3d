import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leastMeanSeconds } from './least-time.ts'

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual / expected - 1) < 0.01, `${actual} is not near ${expected}`)

const ABSOLUTE = { base: 0.01, slope: 0 }
const AS_STABLE = { base: 0, slope: 1 }
const stable = { rate: 190, share: 0.001 }

test('the least time against an absolute limit is that of Wald for one share against the other', () => {
  const perRequest = 0.05 * Math.log(5) + 0.95 * Math.log(0.95 / 0.99)
  near(leastMeanSeconds(ABSOLUTE, { rate: 10, share: 0.05 }, stable, 0.01), Math.log(100) / (10 * perRequest))
})

test('ten times the requests take a tenth of the time, and a tenth of the false alarms more of it', () => {
  for (const limit of [ABSOLUTE, AS_STABLE]) {
    const once = leastMeanSeconds(limit, { rate: 10, share: 0.03 }, stable, 0.01)
    near(leastMeanSeconds(limit, { rate: 100, share: 0.03 }, { ...stable, rate: 1900 }, 0.01), once / 10)
    near(leastMeanSeconds(limit, { rate: 10, share: 0.03 }, stable, 0.001), once * 1.5)
  }
})

test('against stable it is longer than if stable’s share were known, since that has to be told too', () => {
  const known = leastMeanSeconds({ base: 0.001, slope: 0 }, { rate: 10, share: 0.006 }, stable, 0.01)
  const seen = leastMeanSeconds(AS_STABLE, { rate: 10, share: 0.006 }, stable, 0.01)
  assert.ok(seen > known)
  near(leastMeanSeconds(AS_STABLE, { rate: 10, share: 0.006 }, { ...stable, rate: 1e7 }, 0.01), known)
  near(seen, 89)
})

test('a canary that keeps to the limit is never found', () => {
  assert.equal(leastMeanSeconds(ABSOLUTE, { rate: 10, share: 0.01 }, stable, 0.01), Number.POSITIVE_INFINITY)
  assert.equal(leastMeanSeconds(AS_STABLE, { rate: 10, share: 0.001 }, stable, 0.01), Number.POSITIVE_INFINITY)
})
