import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterDeath, CLEAN, type DeathRecord } from './back-off.ts'

const waits = (lives: readonly number[]): readonly number[] => {
  let record: DeathRecord = CLEAN
  return lives.map(livedMs => {
    const { waitMs, record: next } = afterDeath(record, livedMs)
    record = next
    return waitMs
  })
}

test('a worker that dies is replaced at once, one that dies again and again ever later, up to 15 s', () => {
  assert.deepEqual(waits(Array(10).fill(100)), [0, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000])
})

test('a worker that lived for a minute starts with a clean record', () => {
  assert.deepEqual(waits([100, 100, 60_000, 100]), [0, 250, 0, 250])
})
