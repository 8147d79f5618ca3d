import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../api/kubernetes.ts'
import { STICKY_SECRET } from '../api/names.ts'
import { startStickyKeys } from '../controller/sticky-keys.ts'
import { silentLogger } from '../kube/log.ts'
import { SECRETS } from '../kube/resources.ts'
import { makeFakeClock } from '../kube/testing/fake-clock.ts'
import { startKeySource } from './sticky-keys.ts'
import { makeFakeApi } from './testing/fake-api.ts'

const namespace = 'sluice-system'
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const setUp = () => {
  const api = makeFakeApi()
  const clock = makeFakeClock()
  const seen: (readonly string[])[] = []
  const { client } = api
  const source = startKeySource({ client, namespace, clock, log: silentLogger, onKeys: keys => seen.push(keys) })
  const keep = () => startStickyKeys({ client, namespace, clock, log: silentLogger })
  return { api, clock, source, seen, keep, last: () => seen.at(-1) ?? [] }
}

test('routers wait for the key that the controller makes once, and all have the same', async () => {
  const { api, clock, source, seen, keep, last } = setUp()
  await clock.advance(10_000)
  assert.ok(source.hasAsked())
  assert.deepEqual(seen, [])
  const keeper = keep()
  await clock.advance(10_000)
  assert.equal(keeper.current().length, 1)
  assert.deepEqual(last(), keeper.current())
  const other = keep()
  await clock.advance(MINUTE)
  assert.deepEqual(other.current(), keeper.current())
  assert.equal(api.writes.filter(({ plural }) => plural === 'secrets').length, 1)
  for (const one of [keeper, other, source]) one.stop()
})

test('while a key is replaced, whatever is signed can be read by every router', async () => {
  const { clock, source, keep, last } = setUp()
  const keeper = keep()
  await clock.advance(MINUTE)
  const [first = ''] = last()
  let signer = first
  const accepted: number[] = []
  for (let minutes = 0; minutes < 33 * 24 * 60; minutes += 10) {
    const before = last()
    await clock.advance(10 * MINUTE)
    const [now = ''] = last()
    if (now !== signer) assert.ok(before.includes(now), 'it was known before it signed')
    signer = now
    accepted.push(last().length)
  }
  assert.notEqual(signer, first)
  assert.equal(last().includes(first), false, 'two days later the old one is forgotten')
  assert.deepEqual([...new Set(accepted)], [1, 2])
  keeper.stop()
  source.stop()
})

test('an outage changes nothing; a Secret that was deleted is made anew', async () => {
  const { api, clock, source, keep, last } = setUp()
  const keeper = keep()
  await clock.advance(MINUTE)
  const before = last()
  api.setUp(false)
  await clock.advance(DAY)
  assert.deepEqual(last(), before)
  api.setUp(true)
  api.remove(SECRETS, namespace, STICKY_SECRET)
  await clock.advance(5 * MINUTE)
  assert.equal(api.objects<KubeObject>(SECRETS).length, 1)
  assert.notDeepEqual(last(), before)
  keeper.stop()
  source.stop()
})
