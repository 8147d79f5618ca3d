import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choosePinned } from './affinity.ts'

const aPod = (key: string, downUntil = 0) => ({ key, inFlight: 0, downUntil })
const PODS = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80', '10.0.0.4:80'].map(key => aPod(key))
const CLIENTS = Array.from({ length: 400 }, (_, i) => `10.9.${i % 7}.${i % 251}`)
const calm = { now: 1, desperate: false }

test('a client always gets the same pod, in whatever order the pods are listed', () => {
  for (const client of CLIENTS)
    assert.equal(choosePinned(PODS, client, calm)?.key, choosePinned(PODS.toReversed(), client, calm)?.key)
})

test('clients spread over the pods', () => {
  const counts = Map.groupBy(CLIENTS, client => choosePinned(PODS, client, calm)?.key)
  assert.equal(counts.size, 4)
  for (const clients of counts.values()) assert.ok(clients.length > 40, String(clients.length))
})

test('a pod that goes moves only its own clients', () => {
  const left = PODS.slice(1)
  for (const client of CLIENTS) {
    const before = choosePinned(PODS, client, calm)
    if (before !== PODS[0]) assert.equal(choosePinned(left, client, calm), before)
  }
})

test('a pod that was tried, or refused a moment ago, is not the one, unless nothing else is left', () => {
  const [one = aPod('a'), two = aPod('b')] = PODS
  const client = CLIENTS.find(each => choosePinned([one, two], each, calm) === one) ?? ''
  assert.equal(choosePinned([one, two], client, { ...calm, tried: new Set([one]) }), two)
  const down = { ...aPod(one.key, 5), isLeftOut: true }
  assert.equal(choosePinned([down, two], client, calm), two)
  assert.equal(choosePinned([down], client, calm), undefined)
  const kept = aPod(one.key, 5)
  assert.equal(choosePinned([kept, two], client, calm), two)
  assert.equal(choosePinned([kept, { ...two, downUntil: 5, isLeftOut: true }], client, calm), kept)
  assert.equal(choosePinned([down], client, { ...calm, desperate: true }), down)
  assert.equal(choosePinned([down], client, { ...calm, desperate: true, tried: new Set([down]) }), undefined)
})
