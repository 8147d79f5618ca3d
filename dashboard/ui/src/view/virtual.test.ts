import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heightOf, scrollTo, sliceOf, topOf, type Zone } from './virtual.ts'

const ZONES: readonly Zone[] = [
  { count: 10, rowHeight: 68 },
  { count: 990, rowHeight: 46 },
]

test('rows know their place in a list of two heights', () => {
  assert.equal(topOf(ZONES, 10), 680)
  assert.equal(topOf(ZONES, 12), 680 + 2 * 46)
  assert.equal(topOf(ZONES, 1000), 680 + 990 * 46)
  assert.deepEqual([heightOf(ZONES, 9), heightOf(ZONES, 10)], [68, 46])
})

test('only rows in sight and a few around are drawn, wherever the window is', () => {
  for (let top = -300; top < 50_000; top += 137) {
    const { from, to } = sliceOf({ top, height: 900 }, ZONES)
    assert.ok(to - from <= 900 / 46 + 2 * 6 + 2, `${to - from} rows at ${top}`)
    const first = Array.from({ length: 1000 }, (_, row) => row).find(row => topOf(ZONES, row + 1) > Math.max(0, top)) ?? 999
    assert.ok(from <= first && to > Math.min(first, 999), `row ${first} is missing at ${top}`)
  }
})

test('an empty list has no rows, and a short one all of them', () => {
  assert.deepEqual(sliceOf({ top: 0, height: 900 }, []), { from: 0, to: 0 })
  assert.deepEqual(sliceOf({ top: -200, height: 900 }, [{ count: 3, rowHeight: 68 }]), { from: 0, to: 3 })
})

test('the window moves only as far as a row needs to be whole in sight', () => {
  const zones = [{ count: 100, rowHeight: 50 }]
  assert.equal(scrollTo({ top: 0, height: 500 }, zones, 3), undefined)
  assert.equal(scrollTo({ top: 0, height: 500 }, zones, 20), 21 * 50 - 500)
  assert.equal(scrollTo({ top: 1000, height: 500 }, zones, 4, 10), 190)
})
