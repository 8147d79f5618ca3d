import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseQuantity, quantityNanos } from './quantity.ts'

const rows: readonly (readonly [string | number, number | undefined])[] = [
  ['1', 1],
  ['1000m', 1],
  ['0.5', 0.5],
  ['.5', 0.5],
  ['5.', 5],
  ['1Ki', 1024],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['1k', 1000],
  ['1E', 1e18],
  ['1E3', 1000],
  ['1e-3', 0.001],
  ['-1', -1],
  ['+1', 1],
  ['100n', 1e-7],
  [2, 2],
  ['', undefined],
  ['x', undefined],
  ['m', undefined],
  ['1K', undefined],
  ['1KiB', undefined],
  ['1 ', undefined],
  ['1e', undefined],
  ['1e999999999', undefined],
]

for (const [text, wanted] of rows) {
  test(`${JSON.stringify(text)} is ${wanted ?? 'not a quantity'}`, () => {
    assert.equal(parseQuantity(text), wanted)
  })
}

test('less than a billionth is rounded away from zero', () => {
  assert.equal(quantityNanos('0.0000000001'), 1n)
  assert.equal(quantityNanos('-0.0000000001'), -1n)
})

test('a quantity is the same in thousandths, and in exponents', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000_000_000 }), fc.nat({ max: 6 }), (count, exponent) => {
      assert.equal(quantityNanos(count), quantityNanos(`${count}000m`))
      assert.equal(quantityNanos(`${count}e${exponent}`), quantityNanos(`${count}${'0'.repeat(exponent)}`))
    }),
  )
})
