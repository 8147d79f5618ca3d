import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isIntOrPercent, resolveIntOrPercent } from './int-or-percent.ts'

const rows: readonly (readonly [number | string, number, 'up' | 'down', number])[] = [
  [0, 10, 'up', 0],
  [3, 10, 'down', 3],
  ['25%', 10, 'up', 3],
  ['25%', 10, 'down', 2],
  ['25%', 4, 'up', 1],
  ['25%', 1, 'up', 1],
  ['25%', 1, 'down', 0],
  ['25%', 0, 'up', 0],
  ['0%', 10, 'up', 0],
  ['100%', 7, 'down', 7],
  ['150%', 4, 'up', 6],
  ['3', 100, 'up', 3],
]

for (const [value, total, rounding, wanted] of rows) {
  test(`${JSON.stringify(value)} of ${total}, rounded ${rounding}, is ${wanted}`, () => {
    assert.equal(resolveIntOrPercent(value, total, rounding), wanted)
  })
}

test('a percentage is the nearest whole number on the asked side, exactly', () => {
  fc.assert(
    fc.property(fc.nat({ max: 200 }), fc.nat({ max: 100_000 }), (percent, total) => {
      const exact = BigInt(percent) * BigInt(total)
      assert.equal(BigInt(resolveIntOrPercent(`${percent}%`, total, 'down')), exact / 100n)
      assert.equal(BigInt(resolveIntOrPercent(`${percent}%`, total, 'up')), (exact + 99n) / 100n)
    }),
  )
})

test('what is neither is told apart and refused', () => {
  for (const value of ['', '%', '-1', '-5%', '5 %', '2.5%', '25%%', 'abc', -1, 1.5, Number.NaN]) {
    assert.equal(isIntOrPercent(value), false, String(value))
    assert.throws(() => resolveIntOrPercent(value, 10, 'up'), RangeError)
  }
  for (const value of [null, undefined, {}, true]) assert.equal(isIntOrPercent(value), false)
})
