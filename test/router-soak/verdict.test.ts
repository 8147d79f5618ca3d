import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growthOf } from './verdict.ts'

const MIB = 1024 * 1024

test('memory that moves about one value has not grown', () => {
  assert.equal(growthOf([100, 104, 96, 100, 90, 110, 100, 103, 97].map(one => one * MIB)).growth, 0)
})

test('memory that grows steadily is seen, whatever a single sample says', () => {
  const grown = growthOf([100, 100, 100, 110, 110, 110, 120, 120, 50].map(one => one * MIB))
  assert.deepEqual(grown, { firstMiB: 100, lastMiB: 120, growth: 0.2 })
})
