import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  addEvidence,
  type Limit,
  LOG_ODDS_WEIGHTS,
  logEvidence,
  logEvidenceOfSecond,
  logStartWeight,
  logSum,
  NO_EVIDENCE,
  ODDS,
} from './evidence.ts'

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k)
const chance = (n: number, k: number, p: number): number => choose(n, k) * p ** k * (1 - p) ** (n - k)

/** The exact expectation of one second's e-value, over all outcomes of so many requests, for each of ODDS. */
const expectation = (
  limit: Limit,
  requests: { canary: number; stable: number },
  shares: { canary: number; stable: number },
  earlier: number,
) => {
  const sums = ODDS.map(() => 0)
  for (let c = 0; c <= requests.canary; c += 1) {
    for (let s = 0; s <= requests.stable; s += 1) {
      const counts = { second: 0, canary: { requests: requests.canary, bad: c }, stable: { requests: requests.stable, bad: s } }
      const weight = chance(requests.canary, c, shares.canary) * chance(requests.stable, s, shares.stable)
      logEvidenceOfSecond(limit, counts, earlier).forEach((log, i) => {
        sums[i]! += weight * Math.exp(log)
      })
    }
  }
  return sums
}

const share = fc.double({ min: 0, max: 0.6, noNaN: true })
const requests = fc.record({ canary: fc.nat({ max: 6 }), stable: fc.nat({ max: 8 }) })

test('one second is expected to speak for nothing while the canary keeps to an absolute limit, whatever the truth', () => {
  fc.assert(
    fc.property(requests, share, share, share, share, (n, base, below, stable, earlier) => {
      const canary = base * below
      for (const mean of expectation({ base: Math.max(base, 1e-4), slope: 0 }, n, { canary, stable }, earlier))
        assert.ok(mean <= 1 + 1e-6)
    }),
  )
})

test('the same holds for every limit that compares with stable, for any share of stable and any guess of it', () => {
  const slope = fc.constantFrom(1, 0.99, 0.9, 0.5)
  fc.assert(
    fc.property(requests, slope, share, share, fc.double({ min: 0, max: 1, noNaN: true }), (n, slope, stable, earlier, below) => {
      const base = slope === 1 ? 0 : 1 - slope
      const canary = (base + slope * stable) * below
      for (const mean of expectation({ base, slope }, n, { canary, stable }, earlier)) assert.ok(mean <= 1 + 1e-4, `${mean}`)
      const edge = base + slope * stable
      for (const mean of expectation({ base, slope }, n, { canary: edge, stable }, earlier))
        assert.ok(mean <= 1 + 1e-4, `${mean} at the edge`)
    }),
  )
})

test('evidence grows when the canary is worse than the limit', () => {
  const limit = { base: 0.01, slope: 0 }
  const bad = { second: 0, canary: { requests: 10, bad: 3 }, stable: { requests: 190, bad: 0 } }
  const once = addEvidence(NO_EVIDENCE, limit, bad)
  const twice = addEvidence(once, limit, { ...bad, second: 1 })
  assert.ok(logEvidence(once) > Math.log(20))
  assert.ok(logEvidence(twice) > logEvidence(once) + 3)
})

test('the starting points weigh 1 at most all together', () => {
  let sum = 0
  for (let second = 0; second < 1e6; second += 1) sum += Math.exp(logStartWeight(second))
  // What is left out is the integral of 1 / (n ln^2 n), which is 1 / ln n; the first second has three quarters of all.
  const rest = 0.25 / 1.0693 / Math.log(1e6 + 1)
  assert.ok(sum + rest <= 1.000001, `${sum + rest}`)
  assert.ok(sum + rest > 0.999)
})

test('so do the odds, and no second but the first is held to be likelier than the one before', () => {
  assert.equal(LOG_ODDS_WEIGHTS.length, ODDS.length)
  assert.ok(Math.abs(LOG_ODDS_WEIGHTS.reduce((sum, log) => sum + Math.exp(log), 0) - 1) < 1e-12)
  for (let second = 0; second < 600; second += 1) assert.ok(logStartWeight(second + 1) < logStartWeight(second))
})

test('sums of logarithms', () => {
  assert.ok(Math.abs(logSum(Math.log(2), Math.log(3)) - Math.log(5)) < 1e-12)
  assert.equal(logSum(Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY)
  assert.equal(logSum(Number.NEGATIVE_INFINITY, 2), 2)
})
