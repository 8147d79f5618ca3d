import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingWorkers } from './readiness.ts'

const NOW = 1_000_000
const serves = { serves: true, diedAt: undefined }
const starts = { serves: false, diedAt: undefined }
const died = (agoMs: number) => ({ serves: false, diedAt: NOW - agoMs })

test('a router is ready when all its workers serve', () => {
  assert.equal(missingWorkers([serves, serves], NOW), undefined)
  assert.equal(missingWorkers([serves, starts], NOW), '1 of 2 workers serve')
})

test('a worker that died may be missing for five seconds while another one serves', () => {
  assert.equal(missingWorkers([serves, died(4_999)], NOW), undefined)
  assert.equal(missingWorkers([serves, died(5_000)], NOW), '1 of 2 workers serve')
  assert.equal(missingWorkers([died(1), died(1)], NOW), '0 of 2 workers serve')
  assert.equal(missingWorkers([serves, died(1), starts], NOW), '1 of 3 workers serve')
})

test('a worker that is back counts as any other', () => {
  assert.equal(missingWorkers([serves, { serves: true, diedAt: NOW - 60_000 }], NOW), undefined)
})
