import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeRequestId } from './request-id.ts'

test('the same random numbers give the same id, at both ends of their range', () => {
  assert.equal(
    makeRequestId(() => 0),
    '00000000-0000-4000-8000-000000000000',
  )
  assert.equal(
    makeRequestId(() => 1 - 2 ** -53),
    'ffffffff-ffff-4fff-bfff-ffffffffffff',
  )
})

test('every id is a UUID of version 4', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 9, maxLength: 9 }),
      values => {
        let next = 0
        assert.match(
          makeRequestId(() => values[next++] ?? 0),
          /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        )
      },
    ),
  )
})
