import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../api/kubernetes.ts'
import { makeExpectations } from './expectations.ts'

const object = (uid: string, resourceVersion: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: uid, uid, resourceVersion },
})

test('a key is behind until the cache shows the very version that was written', () => {
  const expectations = makeExpectations(() => 0)
  expectations.wrote('default/web', object('a', '7'))
  assert.equal(expectations.isBehind('default/web'), true)
  assert.equal(expectations.isBehind('default/other'), false)
  expectations.saw(object('a', '6'))
  assert.equal(expectations.isBehind('default/web'), true)
  expectations.saw(object('a', '7'))
  assert.equal(expectations.isBehind('default/web'), false)
})

test('a watch that is quicker than the answer to the write leaves nothing to wait for', () => {
  const expectations = makeExpectations(() => 0)
  expectations.saw(object('a', '7'))
  expectations.wrote('default/web', object('a', '7'))
  assert.equal(expectations.isBehind('default/web'), false)
})

test('a version that never shows is waited for two seconds, not for ever', () => {
  let now = 0
  const expectations = makeExpectations(() => now)
  expectations.wrote('default/web', object('a', '7'))
  now = 1999
  assert.equal(expectations.isBehind('default/web'), true)
  now = 2000
  assert.equal(expectations.isBehind('default/web'), false)
})
