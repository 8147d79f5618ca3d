import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalQuantityText } from './quantity-text.ts'

/** As Quantity.String of k8s.io/apimachinery v0.34.4 answered. */
const CASES: readonly (readonly [text: string, canonical: string | undefined])[] = [
  ['1', '1'],
  ['1000m', '1'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['0.5', '500m'],
  ['100e3', '100e3'],
  ['1e3', '1e3'],
  ['1E', '1E'],
  ['0', '0'],
  ['0Mi', '0'],
  ['0.1Gi', '107374182400m'],
  ['1Ki', '1Ki'],
  ['1000Ki', '1000Ki'],
  ['512', '512'],
  ['0.5Ki', '512'],
  ['1023Ki', '1023Ki'],
  ['-1', '-1'],
  ['-0.5', '-500m'],
  ['1.0000000001', '1000000001n'],
  ['5000000000000000000', '5E'],
  ['1e-3', '1e-3'],
  ['1e2', '100'],
  ['12345678', '12345678'],
  ['2048', '2048'],
  ['1000000000', '1G'],
  ['invalid', undefined],
  ['1.5', '1500m'],
  ['0.001Ki', '1024m'],
  ['1n', '1n'],
  ['1000u', '1m'],
  ['1e20', '100e18'],
  ['100000P', '100E'],
  ['.5', '500m'],
]

test('quantities are written as apimachinery writes them', () => {
  for (const [text, canonical] of CASES) assert.equal(canonicalQuantityText(text), canonical, text)
})

test('a bare number is a quantity too', () => {
  assert.equal(canonicalQuantityText(0.5), '500m')
  assert.equal(canonicalQuantityText(2), '2')
})

test('an exponent that would not end is refused instead of computed', () => {
  assert.equal(canonicalQuantityText('1e999999999'), undefined)
})
