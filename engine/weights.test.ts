import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Mover, nextWeights, type Shift } from './weights.ts'

type Row = { readonly name: string; readonly now: number; readonly want: number; readonly gets: number } & Partial<{
  readonly stable: number
  readonly canary: number
  readonly ready: number
  readonly stableReady: number
  readonly isFull: boolean
  readonly isKnown: boolean
  readonly unavailable: number
}>

/** Of 10 pods; one may be unavailable. */
const shiftOf = (row: Row): Shift => {
  const canary: Mover = {
    hash: 'canary',
    ready: row.ready ?? row.canary ?? 5,
    available: row.canary ?? 5,
    want: row.want,
    isFull: row.isFull ?? false,
    isKnown: row.isKnown ?? true,
  }
  const available = row.stable ?? 10
  return {
    replicas: 10,
    unavailable: row.unavailable ?? 1,
    now: { stable: 100 - row.now, canary: row.now },
    stable: { hash: 'stable', ready: row.stableReady ?? available, available },
    others: [canary],
  }
}

const rows: readonly Row[] = [
  { name: 'a share that the available pods can carry is given at once', now: 0, want: 20, canary: 2, gets: 20 },
  { name: 'of a larger one only what the available pods can carry', now: 20, want: 100, canary: 5, gets: 50 },
  {
    name: 'a canary of the size that was asked for takes its share, however few pods that is',
    now: 0,
    want: 5,
    canary: 1,
    isFull: true,
    gets: 5,
  },
  { name: 'nothing rises before every router knows an endpoint', now: 5, want: 20, canary: 2, isKnown: false, gets: 5 },
  { name: 'a canary without a ready pod has no share', now: 50, want: 50, canary: 0, gets: 0 },
  {
    name: 'a canary whose pods are ready but not yet available keeps its share',
    now: 20,
    want: 20,
    canary: 0,
    ready: 2,
    gets: 20,
  },
  { name: 'more replicas for the same share do not lower it', now: 50, want: 50, canary: 2, gets: 50 },
  {
    name: 'an abort goes to 0 at once when the stable pods are enough but for maxUnavailable',
    now: 50,
    want: 0,
    stable: 9,
    gets: 0,
  },
  { name: 'an abort goes only as far as the stable pods can carry', now: 50, want: 0, stable: 6, gets: 40 },
  { name: 'an abort never raises the share that it takes away', now: 20, want: 0, stable: 5, gets: 20 },
  { name: 'an abort goes to 0 at once when the canary has no ready pod', now: 50, want: 0, stable: 3, canary: 0, gets: 0 },
  {
    name: 'a stable version that lost all its pods gives its share to the canary',
    now: 20,
    want: 20,
    stable: 0,
    canary: 2,
    gets: 100,
  },
  { name: 'when nobody has a ready pod the stable version has everything', now: 20, want: 20, stable: 0, canary: 0, gets: 0 },
]

for (const row of rows) {
  test(row.name, () => {
    const weights = nextWeights(shiftOf(row))
    assert.deepEqual(weights, { canary: row.gets, stable: 100 - row.gets })
  })
}

test('a version that goes keeps no more than the stable version cannot carry, beside a canary that stays', () => {
  const mover = (hash: string, want: number): Mover => ({ hash, want, ready: 5, available: 5, isFull: true, isKnown: true })
  const weights = nextWeights({
    replicas: 10,
    unavailable: 0,
    now: { stable: 20, canary: 30, old: 50 },
    stable: { hash: 'stable', ready: 4, available: 4 },
    others: [mover('canary', 30), mover('old', 0)],
  })
  assert.deepEqual(weights, { canary: 30, old: 30, stable: 40 })
})

test('shares are whole, sum to 100, and planning them from their own result changes nothing', () => {
  const count = fc.nat(12)
  const other = fc.record({
    hash: fc.constantFrom('a', 'b', 'c'),
    ready: count,
    available: count,
    want: fc.nat(100),
    isFull: fc.boolean(),
    isKnown: fc.boolean(),
  })
  const shift = fc.record({
    replicas: fc.integer({ min: 0, max: 12 }),
    unavailable: fc.nat(3),
    now: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'stable'), fc.nat(100)),
    stable: fc.record({ hash: fc.constant('stable'), ready: count, available: count }),
    others: fc.uniqueArray(other, { selector: ({ hash }) => hash, maxLength: 3 }),
  })
  fc.assert(
    fc.property(shift, each => {
      const first = nextWeights(each)
      assert.equal(
        Object.values(first).reduce((sum, weight) => sum + weight, 0),
        100,
      )
      for (const weight of Object.values(first)) assert.ok(Number.isInteger(weight) && weight >= 0)
      assert.deepEqual(nextWeights({ ...each, now: first }), first)
    }),
    { numRuns: 2000 },
  )
})
