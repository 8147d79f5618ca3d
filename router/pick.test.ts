import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Candidate, chooseEndpoint, chooseWeighted, mayBeLeftOut, newWeightState } from './pick.ts'

/** Three integers that sum to 100. */
const weights = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }))
  .map(([a, b]) => [Math.min(a, b), Math.abs(a - b), 100 - Math.max(a, b)])
const twoWeights = fc.integer({ min: 0, max: 100 }).map(weight => [100 - weight, weight])

const choose = (state: ReturnType<typeof newWeightState>, shares: readonly number[], times: number) =>
  Array.from({ length: times }, () => chooseWeighted(state, shares))
const countsOf = (choices: readonly number[], versions: number) =>
  Array.from({ length: versions }, (_, i) => choices.filter(choice => choice === i).length)

test('20 % is every fifth request', () => {
  const state = newWeightState()
  assert.deepEqual(choose(state, [80, 20], 10), [0, 0, 1, 0, 0, 0, 0, 1, 0, 0])
})

test('0.05 % is one of any 2,000 requests in a row, and exact over 10,000 beside other shares', () => {
  const state = newWeightState()
  choose(state, [8000, 2000], 3)
  for (let i = 0; i < 5; i++) assert.deepEqual(countsOf(choose(state, [9995, 5], 2000), 2), [1999, 1])
  fc.assert(
    fc.property(fc.nat(10_000), fc.nat(10_000), fc.nat(500), (a, b, offset) => {
      const shares = [Math.min(a, b), Math.abs(a - b), 10_000 - Math.max(a, b)]
      choose(state, shares, offset)
      assert.deepEqual(countsOf(choose(state, shares, 10_000), 3), shares)
    }),
    { numRuns: 30 },
  )
})

test('any 100 requests in a row give exactly the weights, whatever went before', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(weights, fc.nat(150)), { maxLength: 6 }), weights, fc.nat(200), (history, shares, offset) => {
      const state = newWeightState()
      for (const [before, times] of history) choose(state, before, times)
      choose(state, shares, offset)
      assert.deepEqual(countsOf(choose(state, shares, 100), 3), shares)
    }),
    { numRuns: 500 },
  )
})

test('two versions never stray from their share by a whole request, across any changes of the weights', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(twoWeights, fc.nat(40)), { minLength: 1, maxLength: 20 }), history => {
      const state = newWeightState()
      let due = 0
      let had = 0
      for (const [shares, times] of history) {
        for (let i = 0; i < times; i++) {
          due += shares[1]! / 100
          had += chooseWeighted(state, shares)
          assert.ok(Math.abs(due - had) < 1 + 1e-9, `due ${due}, had ${had}`)
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('three versions never stray from their share by three requests, across any changes of the weights', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(weights, fc.nat(40)), { minLength: 1, maxLength: 20 }), history => {
      const state = newWeightState()
      const due = [0, 0, 0]
      const had = [0, 0, 0]
      for (const [shares, times] of history) {
        for (let i = 0; i < times; i++) {
          const choice = chooseWeighted(state, shares)
          had[choice]! += 1
          for (const at of [0, 1, 2]) due[at]! += shares[at]! / 100
        }
        for (const at of [0, 1, 2]) assert.ok(Math.abs(due[at]! - had[at]!) < 3, `due ${due}, had ${had}`)
      }
    }),
    { numRuns: 300 },
  )
})

test('a version of weight 0 is never chosen', () => {
  fc.assert(
    fc.property(fc.array(twoWeights, { maxLength: 5 }), history => {
      const state = newWeightState()
      for (const before of history) choose(state, before, 7)
      assert.deepEqual(countsOf(choose(state, [100, 0], 300), 2), [300, 0])
      assert.deepEqual(countsOf(choose(state, [0, 100], 300), 2), [0, 300])
    }),
  )
})

test('no weight at all chooses nothing', () => {
  assert.equal(chooseWeighted(newWeightState(), [0, 0]), -1)
  assert.equal(chooseWeighted(newWeightState(), []), -1)
})

const pod = (inFlight: number, downUntil = 0, isLeftOut = downUntil > 0): Candidate => ({ inFlight, downUntil, isLeftOut })

test('the pod with the fewest requests in flight is chosen', () => {
  const pods = [pod(3), pod(1), pod(2)]
  assert.equal(chooseEndpoint(pods, { next: 0 }, { now: 0, desperate: false }), pods[1])
})

test('equal pods are chosen in turn', () => {
  const pods = [pod(0), pod(0), pod(0)]
  const cursor = { next: 0 }
  const chosen = Array.from({ length: 6 }, () => pods.indexOf(chooseEndpoint(pods, cursor, { now: 0, desperate: false })!))
  assert.deepEqual(chosen, [0, 1, 2, 0, 1, 2])
})

test('at most half of the pods are left out, and never the last', () => {
  const out = (count: number, left: number): Candidate[] =>
    Array.from({ length: count }, (_, i) => ({ inFlight: 0, downUntil: i < left ? 50 : 0, isLeftOut: i < left }))
  const most = (count: number, percent: number): number => {
    let left = 0
    while (mayBeLeftOut(out(count, left), percent, 0)) left += 1
    return left
  }
  assert.deepEqual(
    [1, 2, 3, 4, 5, 10].map(count => most(count, 50)),
    [0, 1, 1, 2, 2, 5],
  )
  assert.deepEqual(
    [1, 2, 3, 10].map(count => most(count, 100)),
    [0, 1, 2, 9],
  )
  assert.deepEqual(
    [1, 2, 10].map(count => most(count, 0)),
    [0, 0, 0],
  )
  assert.equal(mayBeLeftOut(out(2, 1), 50, 50), true, 'whose time is over is not left out any more')
})

test('a pod that is down and not left out is chosen when no other is up, before any that is left out', () => {
  const pods = [pod(0, 50), pod(3, 50, false), pod(9)]
  const choice = { now: 0, desperate: true }
  assert.equal(chooseEndpoint(pods, { next: 0 }, choice), pods[2])
  assert.equal(chooseEndpoint(pods, { next: 0 }, { ...choice, tried: new Set([pods[2]!]) }), pods[1])
  assert.equal(chooseEndpoint(pods, { next: 0 }, { ...choice, tried: new Set([pods[1]!, pods[2]!]) }), pods[0])
  assert.equal(chooseEndpoint(pods.slice(0, 2), { next: 0 }, { now: 0, desperate: false }), pods[1])
  assert.equal(chooseEndpoint(pods.slice(0, 1), { next: 0 }, { now: 0, desperate: false }), undefined)
})

test('a pod that refused a moment ago is left out, until its time is over', () => {
  const pods = [pod(0, 50), pod(9)]
  assert.equal(chooseEndpoint(pods, { next: 0 }, { now: 49, desperate: false }), pods[1])
  assert.equal(chooseEndpoint(pods, { next: 0 }, { now: 50, desperate: false }), pods[0])
})

test('when all refused a moment ago only a desperate choice takes one', () => {
  const pods = [pod(1, 50), pod(0, 50)]
  assert.equal(chooseEndpoint(pods, { next: 0 }, { now: 0, desperate: false }), undefined)
  assert.equal(chooseEndpoint(pods, { next: 0 }, { now: 0, desperate: true }), pods[1])
})

test('a pod that was tried is not chosen again', () => {
  const pods = [pod(0), pod(5)]
  const tried = new Set([pods[0]!])
  assert.equal(chooseEndpoint(pods, { next: 0 }, { now: 0, desperate: true, tried }), pods[1])
  assert.equal(chooseEndpoint(pods, { next: 0 }, { now: 0, desperate: true, tried: new Set(pods) }), undefined)
})
