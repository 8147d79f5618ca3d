import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCases, readTricks } from './corpus.ts'
import { testInFrontOf } from './witness-tests.ts'

test('there are at least 300 tricks, and more requests that are made of them', () => {
  assert.ok(readTricks().length >= 300, String(readTricks().length))
  assert.ok(makeCases().length >= 600, String(makeCases().length))
})

testInFrontOf('Node')
