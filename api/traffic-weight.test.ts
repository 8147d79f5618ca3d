import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromHundredths, isShare, percentOfWeight, toHundredths, weightOfPercent } from './traffic-weight.ts'

test('every hundredth of a percent is a share, and comes back from its hundredths', () => {
  for (let hundredths = 0; hundredths <= 10_000; hundredths += 1) {
    const percent = Number((hundredths / 100).toFixed(2))
    assert.ok(isShare(percent), String(percent))
    assert.equal(fromHundredths(toHundredths(percent)), percent)
  }
})

test('nothing else is', () => {
  for (const value of [-1, 100.01, 0.005, 33.333, Number.NaN, '5', undefined]) assert.equal(isShare(value), false, String(value))
})

test('a weight of a Rollout is a percentage by what the Rollout counts in, and back', () => {
  const fine = { trafficRouting: { maxTrafficWeight: 10_000 } }
  assert.equal(percentOfWeight(fine, 5), 0.05)
  assert.equal(weightOfPercent(fine, 0.05), 5)
  assert.equal(percentOfWeight({ trafficRouting: { maxTrafficWeight: 1_000 } }, 333), 33.3)
  for (const canary of [undefined, {}, { trafficRouting: {} }]) {
    assert.equal(percentOfWeight(canary, 20), 20)
    assert.equal(weightOfPercent(canary, 20), 20)
  }
})
