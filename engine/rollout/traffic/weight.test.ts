/** The weight of the canary, state by state. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextWeight, type WeightInput } from './weight.ts'

const STEPS = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }]

const input = (more: Partial<WeightInput>): WeightInput => ({
  steps: STEPS,
  index: 0,
  aborted: false,
  promoteFull: false,
  maxWeight: 100,
  replicas: 5,
  dynamic: false,
  hasExplicitDelay: false,
  isAtSize: true,
  canary: { spec: 1, available: 1 },
  stable: { spec: 5, available: 5 },
  told: 0,
  mayRaise: true,
  ...more,
})

const WHOLE = { spec: 5, available: 5 }

test('a step has its weight once its sizes are there, and until then that of the step before, but never a higher one than is told', () => {
  assert.equal(nextWeight(input({})), 20)
  assert.equal(nextWeight(input({ isAtSize: false })), 0)
  assert.equal(nextWeight(input({ index: 2, told: 20, isAtSize: false })), 20)
  assert.equal(nextWeight(input({ index: 2, told: 0, isAtSize: false })), 0)
  assert.equal(nextWeight(input({ index: 2, told: 20 })), 60)
  assert.equal(nextWeight(input({ index: 1, told: 20, isAtSize: false })), 20)
})

test('a lower weight waits for no size, because the canary shrinks only after it', () => {
  const steps = [{ setWeight: 80 }, { setWeight: 20 }]
  assert.equal(nextWeight(input({ steps, index: 1, told: 80, isAtSize: false })), 20)
})

test('a canary without an available pod gets nothing', () => {
  assert.equal(nextWeight(input({ index: 3, told: 60, canary: { spec: 3, available: 0 } })), 0)
})

test('past the last step it is everything, once all of its pods are there', () => {
  assert.equal(nextWeight(input({ index: 4, told: 60, isAtSize: false })), 60)
  assert.equal(nextWeight(input({ index: 4, told: 60, canary: WHOLE })), 100)
})

test('no weight is raised before all traffic goes by weights and every router knows a pod of the canary', () => {
  assert.equal(nextWeight(input({ mayRaise: false })), 0)
  assert.equal(nextWeight(input({ mayRaise: false, index: 2, told: 20 })), 20)
})

test('no weight is raised that leaves the stable version more than it has pods for', () => {
  assert.equal(nextWeight(input({ stable: { spec: 5, available: 3 } })), 0)
  assert.equal(nextWeight(input({ stable: { spec: 5, available: 4 } })), 20)
  assert.equal(nextWeight(input({ index: 4, told: 60, canary: WHOLE, stable: { spec: 5, available: 0 } })), 100)
})

test('an abort takes everything back at once, unless the stable version has no pod at all', () => {
  assert.equal(nextWeight(input({ aborted: true, told: 60 })), 0)
  assert.equal(nextWeight(input({ aborted: true, told: 60, stable: { spec: 5, available: 0 } })), 60)
})

test('an abort with dynamicStableScale takes it back as fast as the stable version grows', () => {
  const aborted = { aborted: true, dynamic: true, told: 60, canary: { spec: 3, available: 3 } }
  assert.equal(nextWeight(input({ ...aborted, stable: { spec: 5, available: 2 } })), 60)
  assert.equal(nextWeight(input({ ...aborted, stable: { spec: 5, available: 4 } })), 20)
  assert.equal(nextWeight(input({ ...aborted, told: 20, canary: { spec: 1, available: 1 } })), 0)
  // A delay of its own keeps the canary as large as it is: waiting for it to shrink would never end.
  assert.equal(nextWeight(input({ ...aborted, hasExplicitDelay: true })), 0)
})

test('a full promotion moves everything when all pods are there, and with dynamicStableScale as they come', () => {
  const promoted = { promoteFull: true, index: 4, told: 20 }
  assert.equal(nextWeight(input({ ...promoted, canary: { spec: 5, available: 3 } })), 20)
  assert.equal(nextWeight(input({ ...promoted, canary: WHOLE })), 100)
  assert.equal(nextWeight(input({ ...promoted, dynamic: true, canary: { spec: 5, available: 3 } })), 60)
})
