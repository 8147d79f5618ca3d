import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, parseDuration } from './duration.ts'

type Vector = { readonly text: string; readonly ns: string | null }

/** What time.ParseDuration of Go 1.26 answered; null where it reported an error. */
const vectors: Vector[] = readFileSync(new URL('duration-vectors.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))

const inMilliseconds = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n) + Number(nanoseconds % 1_000_000n) / 1e6

for (const { text, ns } of vectors) {
  test(`${JSON.stringify(text)} is read as Go reads it: ${ns === null ? 'an error' : `${ns}ns`}`, () => {
    const wanted = ns === null ? undefined : inMilliseconds(BigInt(ns))
    assert.equal(parseDuration(text), wanted)
  })
}

const UNITS: readonly (readonly [string, bigint])[] = [
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]

const wholePart = fc.tuple(fc.nat({ max: 10_000 }), fc.constantFrom(...UNITS))

test("every text of Go's grammar with whole numbers is the sum of its parts", () => {
  fc.assert(
    fc.property(fc.constantFrom('', '+', '-'), fc.array(wholePart, { minLength: 1, maxLength: 5 }), (sign, parts) => {
      const text = sign + parts.map(([count, [unit]]) => `${count}${unit}`).join('')
      const nanoseconds = parts.reduce((sum, [count, [, size]]) => sum + BigInt(count) * size, 0n)
      const wanted = inMilliseconds(nanoseconds)
      assert.equal(parseDuration(text), sign === '-' && wanted !== 0 ? -wanted : wanted)
    }),
  )
})

test('a fraction is a part of its unit, to the nanosecond', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1000 }), fc.nat({ max: 999_999_999 }), (whole, nanos) => {
      const text = `${whole}.${String(nanos).padStart(9, '0')}s`
      assert.equal(parseDuration(text), inMilliseconds(BigInt(whole) * 1_000_000_000n + BigInt(nanos)))
    }),
  )
})

test('text outside of the grammar is refused', () => {
  const grammar = /^[+-]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/
  fc.assert(
    fc.property(fc.stringMatching(/^[-+0-9.nuµmshd e]{0,8}$/), text => {
      if (!grammar.test(text)) assert.equal(parseDuration(text), undefined)
      else assert.notEqual(parseDuration(text), undefined)
    }),
    { numRuns: 2000 },
  )
})

test('names of object members are not units', () => {
  for (const text of ['1constructor', '1toString', '1__proto__']) assert.equal(parseDuration(text), undefined)
})

/** Milliseconds, and what Go's Duration.String wrote. */
const formatted: readonly (readonly [number, string])[] = [
  [0, '0s'],
  [0.000001, '1ns'],
  [0.000999, '999ns'],
  [0.001, '1µs'],
  [0.0015, '1.5µs'],
  [0.999999, '999.999µs'],
  [1, '1ms'],
  [1.5, '1.5ms'],
  [999.999999, '999.999999ms'],
  [1000, '1s'],
  [1500, '1.5s'],
  [59999, '59.999s'],
  [60000, '1m0s'],
  [61500, '1m1.5s'],
  [3599000, '59m59s'],
  [3600000, '1h0m0s'],
  [5400000, '1h30m0s'],
  [86400000, '24h0m0s'],
  [90061001, '25h1m1.001s'],
  [-1500, '-1.5s'],
  [-5400000, '-1h30m0s'],
]

for (const [milliseconds, text] of formatted) {
  test(`${milliseconds} ms are written as Go writes them: ${text}`, () => {
    assert.equal(formatDuration(milliseconds), text)
  })
}

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), milliseconds => {
      assert.equal(parseDuration(formatDuration(milliseconds)), milliseconds)
    }),
  )
})
