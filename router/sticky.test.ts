import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cameByHttps, ownerOf, POINTS, pointOf, pointWithin, type Share } from './sticky.ts'

const split = (canary: number, retiring = 0): Share[] => [
  { role: 'stable', weight: 100 - canary - retiring },
  { role: 'canary', weight: canary },
  { role: 'retiring', weight: retiring },
]
const all = Array.from({ length: POINTS }, (_, point) => point)
const from = { peer: '10.0.0.1', salt: 'v2' }

test('each version owns as many points as its weight says', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.nat(100), (a, b) => {
      const versions = split(Math.min(a, b), Math.abs(a - b))
      for (const index of [0, 1, 2]) {
        assert.equal(all.filter(point => ownerOf(point, versions) === index).length, versions[index]!.weight * 100)
      }
    }),
    { numRuns: 30 },
  )
})

test('a hundredth of a percent is one point', () => {
  for (const weight of [0.01, 0.07, 0.29, 0.5, 33.33, 99.99])
    assert.equal(all.filter(point => ownerOf(point, split(weight)) === 1).length, Math.round(weight * 100), String(weight))
})

test('a change of the canary weight moves exactly the difference, and all one way', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.nat(100), (before, after) => {
      const moved = all.filter(point => ownerOf(point, split(before)) !== ownerOf(point, split(after)))
      assert.equal(moved.length, Math.abs(after - before) * 100)
      const to = after > before ? 1 : 0
      assert.ok(moved.every(point => ownerOf(point, split(after)) === to))
    }),
    { numRuns: 30 },
  )
})

test('a new user who got a version by weight gets a point of that version', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 99 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (canary, random) => {
        for (const chosen of [0, 1]) assert.equal(ownerOf(pointWithin(chosen, split(canary), random), split(canary)), chosen)
      },
    ),
  )
})

test('with no weight at all nobody owns a point', () => {
  assert.equal(ownerOf(5, [{ role: 'stable', weight: 0 }]), -1)
})

test('the point comes from the cookie, the header or the address', () => {
  const jar = { read: (header: string) => (header === 'a=1' ? 1234 : undefined) }
  assert.equal(pointOf({ by: 'cookie' }, { headers: { cookie: 'a=1' } }, { ...from, jar }), 1234)
  assert.equal(pointOf({ by: 'cookie' }, { headers: { cookie: 'a=2' } }, { ...from, jar }), undefined)
  assert.equal(pointOf({ by: 'cookie' }, { headers: {} }, { ...from, jar }), undefined)
  assert.equal(pointOf({ by: 'cookie' }, { headers: { cookie: 'a=1' } }, from), undefined)
  const user = { headers: { 'x-user': 'ann' } }
  assert.equal(
    pointOf({ by: 'header', header: 'X-User' }, user, from),
    pointOf({ by: 'header', header: 'x-user' }, user, { ...from, peer: 'other' }),
  )
  assert.equal(pointOf({ by: 'header', header: 'X-User' }, { headers: {} }, from), undefined)
  assert.notEqual(
    pointOf({ by: 'ip' }, { headers: {} }, from),
    pointOf({ by: 'ip' }, { headers: {} }, { ...from, peer: '10.0.0.2' }),
  )
  const forwarded = { headers: { 'x-forwarded-for': '1.2.3.4, 10.9.9.9' } }
  assert.equal(pointOf({ by: 'ip' }, forwarded, from), pointOf({ by: 'ip' }, forwarded, { ...from, peer: 'other' }))
})

test('a client came by HTTPS when the first proxy says so', () => {
  const cases = { https: true, HTTPS: true, 'https, http': true, http: false, 'http, https': false, '': false }
  for (const [value, is] of Object.entries(cases))
    assert.equal(cameByHttps({ headers: { 'x-forwarded-proto': value } }), is, value)
  assert.equal(cameByHttps({ headers: {} }), false)
})

test('whatever the weights do, a user goes to the canary only when it grows and to stable only when it shrinks', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10_000), { minLength: 2, maxLength: 8 }), fc.nat(POINTS - 1), (weights, point) => {
      let before = { owner: 0, weight: 0 }
      for (const hundredths of weights) {
        const weight = hundredths / 100
        const owner = ownerOf(point, split(weight))
        if (owner !== before.owner) assert.equal(owner === 1, weight > before.weight)
        before = { owner, weight }
      }
    }),
  )
})

test('users are spread evenly, and differently in each rollout', () => {
  const points = (salt: string) =>
    Array.from(
      { length: 20_000 },
      (_, i) => pointOf({ by: 'header', header: 'u' }, { headers: { u: `user-${i}` } }, { ...from, salt })!,
    )
  const inCanary = points('v2').map(point => point < 500)
  assert.ok(Math.abs(inCanary.filter(Boolean).length - 1000) < 150)
  const again = points('v3').filter((point, i) => inCanary[i] && point < 500).length
  assert.ok(again < 120, `${again} of ${inCanary.filter(Boolean).length} were picked again`)
})
