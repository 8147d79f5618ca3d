import assert from 'node:assert/strict'
import { test } from 'node:test'
import { age, clock, count, duration, percent, rate, shortImage, span } from './format.ts'

test('a share is never rounded up to all or down to nothing', () => {
  assert.deepEqual([1, 0, 0.999_999, 0.000_001, 0.996, 0.2, 0.0022].map(percent), [
    '100%',
    '0%',
    '99.99%',
    '<0.01%',
    '99.6%',
    '20%',
    '0.22%',
  ])
})

test('requests in a second are short at any size', () => {
  assert.deepEqual([0, 0.44, 9.96, 34.4, 999.6, 1234, 56_000].map(rate), [
    '0/s',
    '0.4/s',
    '10/s',
    '34/s',
    '1k/s',
    '1.2k/s',
    '56k/s',
  ])
  assert.deepEqual([7, 1500, 2_300_000].map(count), ['7', '1.5k', '2.3M'])
})

test('latencies change their unit at a second', () => {
  assert.deepEqual([0.84, 84.4, 999, 1234, 12_600].map(duration), ['0.8 ms', '84 ms', '999 ms', '1.2 s', '13 s'])
})

test('spans read as kubectl writes them', () => {
  const second = 1000
  assert.deepEqual(
    [42, 119, 190, 660, 7500, 36 * 3600, 4 * 86_400].map(seconds => span(seconds * second)),
    ['42s', '119s', '3m10s', '11m', '125m', '36h', '4d'],
  )
  assert.equal(age('2026-03-04T11:59:00Z', Date.parse('2026-03-04T12:00:00Z')), '60s')
  assert.equal(age(undefined, 0), '-')
  assert.equal(clock('2026-03-04T11:57:00Z'), '11:57:00Z')
})

test('an image is named by what tells versions apart', () => {
  assert.equal(shortImage('registry.example:5000/team/web:v2'), 'web:v2')
  assert.equal(shortImage(`registry.example/web@sha256:${'3f0a9c2b'.repeat(8)}`), 'web@3f0a9c2b')
})
