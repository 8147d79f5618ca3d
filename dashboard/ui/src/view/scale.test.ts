import assert from 'node:assert/strict'
import { test } from 'node:test'
import { amountRange, freeRange, niceAbove, shareRange } from './scale.ts'

test('success of all requests is drawn no flatter than one per cent, so that noise is no fall', () => {
  assert.deepEqual(shareRange([[1, 1, 1]]), [0.99, 1])
  assert.deepEqual(shareRange([[0.9999, null]]), [0.99, 1])
})

test('the limit is always in sight, also where every value keeps far from it', () => {
  const [low] = shareRange([[1, 1]], 0.9)
  assert.ok(low < 0.9)
  const [, high] = amountRange([[20, 30]], 500)
  assert.ok(high > 500)
})

test('a version that fails altogether is drawn from nothing to all', () => {
  assert.deepEqual(shareRange([[0, 1]], 0.99), [0, 1])
})

test('bounds are round and not far above the highest value', () => {
  for (const value of [0.3, 7, 42, 133, 166, 999, 12_345]) {
    assert.ok(niceAbove(value) >= value && niceAbove(value) <= 1.6 * value, String(value))
  }
  assert.equal(niceAbove(200), 200)
})

test('measurements of unknown meaning get room, and do not go below nothing without need', () => {
  assert.deepEqual(freeRange([[5, 5]]), [4, 6])
  assert.deepEqual(freeRange([[0, 10]]), [0, 11])
  assert.deepEqual(freeRange([]), [0, 1])
  assert.deepEqual(freeRange([[-10, 10]]), [-12, 12])
})
