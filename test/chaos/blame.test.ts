import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '../../demo/load-client.ts'
import { blame, type Kill } from './blame.ts'

const lost = (at: number, status = 0, milliseconds = 5): Answer => ({ at, milliseconds, status, error: 'lost' })
const kill = (at: number, victim: Kill['victim']): Kill => ({ at, victim, name: 'x' })

test('a request that nobody answered with no kill about was dropped by Sluice', () => {
  assert.equal(blame([lost(5000)], [kill(1000, 'router')]).droppedBySluice.length, 1)
})

test('a connection cut within a second of a router’s end was lost with it', () => {
  const { droppedBySluice, lostInKilledRouters } = blame([lost(1200)], [kill(1000, 'router')])
  assert.equal(droppedBySluice.length, 0)
  assert.equal(lostInKilledRouters.length, 1)
})

test('a 503 by a living router is never excused by the end of another one', () => {
  assert.equal(blame([lost(1200, 503)], [kill(1000, 'router')]).droppedBySluice.length, 1)
})

test('a 502 within a second of a pod’s end was lost with the pod', () => {
  assert.equal(blame([lost(1200, 502)], [kill(1000, 'pod')]).lostInKilledPods.length, 1)
})

test('the end of the controller or the webhook excuses nothing', () => {
  assert.equal(
    blame([lost(1200)], [kill(1000, 'controller'), kill(1000, 'webhook'), kill(1000, 'watches')]).droppedBySluice.length,
    1,
  )
})
