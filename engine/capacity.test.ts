import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextSizes, type Sizing, wantedSizes } from './capacity.ts'
import { nearestSizes, nextSizesByCount } from './capacity-by-count.ts'
import type { Version } from './versions.ts'

const version = (hash: string, spec: number, available = spec): Version => ({
  hash,
  name: hash,
  spec,
  ready: available,
  available,
  pods: spec,
})

const wanted: readonly (readonly [
  name: string,
  n: number,
  wish: Parameters<typeof wantedSizes>[1],
  canary: number,
  stable: number,
])[] = [
  ['a small share has one pod, and the stable version stays whole', 10, { weight: 5 }, 1, 10],
  ['a share of hundredths is not rounded up twice', 10_000, { weight: 0.07 }, 7, 9993],
  ['shares that come out even sum to N', 10, { weight: 20 }, 2, 8],
  ['both shares are rounded up, so the total is N + 1', 3, { weight: 50 }, 2, 2],
  ['at 100 % one stable pod stays until the promotion', 4, { weight: 100 }, 4, 1],
  ['one replica is two for the time of the update', 1, { weight: 5 }, 1, 1],
  ['a size of its own makes a canary without traffic', 10, { weight: 0, scale: { weight: 25 } }, 3, 10],
  ['beside a canary of full size the stable version stays whole', 4, { weight: 100, scale: { weight: 100 } }, 4, 4],
  ['a size of its own never leaves too few pods for the share', 10, { weight: 50, scale: { replicas: 1 } }, 5, 5],
  ['nothing of nothing', 0, { weight: 50 }, 0, 0],
]
for (const [name, n, wish, canary, stable] of wanted) {
  test(name, () => assert.deepEqual(wantedSizes(n, wish), { canary, stable }))
}

const sizing = (change: Partial<Sizing> & Pick<Sizing, 'stable'>): Sizing => ({
  replicas: 4,
  surge: 1,
  unavailable: 1,
  retiring: [],
  wanted: { canary: 0, stable: 4 },
  most: {},
  least: {},
  acknowledged: true,
  outdatedNowhere: true,
  isDraining: () => false,
  isNative: false,
  mayStart: true,
  ...change,
})

const shares = (canary: number) => ({ most: { canary, stable: 100 - canary }, least: { canary, stable: 100 - canary } })

const rows: readonly { readonly name: string; readonly given: Sizing; readonly sizes: { readonly [name: string]: number } }[] = [
  {
    name: 'the first canary pod comes before the stable version gives one up',
    given: sizing({ stable: version('stable', 4), canary: version('canary', 0), wanted: { canary: 1, stable: 3 } }),
    sizes: { stable: 4, canary: 1 },
  },
  {
    name: 'no canary pod before the routers are in the path',
    given: sizing({
      stable: version('stable', 4),
      canary: version('canary', 0),
      wanted: { canary: 1, stable: 3 },
      mayStart: false,
    }),
    sizes: { stable: 4, canary: 0 },
  },
  {
    name: 'no canary pod while the stable version, the only active one, is not at N',
    given: sizing({ stable: version('stable', 3), canary: version('canary', 0), wanted: { canary: 1, stable: 3 } }),
    sizes: { stable: 4, canary: 0 },
  },
  {
    name: 'the stable version shrinks by what acknowledged shares have taken over',
    given: sizing({
      stable: version('stable', 4),
      canary: version('canary', 1),
      wanted: { canary: 1, stable: 3 },
      ...shares(25),
    }),
    sizes: { stable: 3, canary: 1 },
  },
  {
    name: 'and not before every router acknowledged them',
    given: sizing({
      stable: version('stable', 4),
      canary: version('canary', 1),
      wanted: { canary: 1, stable: 3 },
      ...shares(25),
      acknowledged: false,
    }),
    sizes: { stable: 4, canary: 1 },
  },
  {
    name: 'a jump from 50 % to 100 % grows by what N + surge leaves',
    given: sizing({
      stable: version('stable', 2),
      canary: version('canary', 2),
      wanted: { canary: 4, stable: 1 },
      ...shares(50),
    }),
    sizes: { stable: 2, canary: 3 },
  },
  {
    name: 'an abort brings the stable version up before the canary goes',
    given: sizing({ stable: version('stable', 2), retiring: [version('canary', 2)], ...shares(50) }),
    sizes: { stable: 3, canary: 2 },
  },
  {
    name: 'a version without a share stays until the stable version is at N, so that native never sees one at less',
    given: sizing({ stable: version('stable', 3), retiring: [version('canary', 2)], ...shares(0) }),
    sizes: { stable: 3, canary: 1 },
  },
  {
    name: 'then it goes',
    given: sizing({ stable: version('stable', 4), retiring: [version('canary', 1)], ...shares(0) }),
    sizes: { stable: 4, canary: 0 },
  },
  {
    name: 'but not while a router may still send by an older weight',
    given: sizing({ stable: version('stable', 4), retiring: [version('canary', 1)], ...shares(0), outdatedNowhere: false }),
    sizes: { stable: 4, canary: 1 },
  },
  {
    name: 'and not while its last requests are under way',
    given: sizing({ stable: version('stable', 4), retiring: [version('canary', 1)], ...shares(0), isDraining: () => true }),
    sizes: { stable: 4, canary: 1 },
  },
  {
    name: 'in mid-update N rises: both grow to their share',
    given: sizing({
      replicas: 8,
      surge: 2,
      stable: version('stable', 2),
      canary: version('canary', 2),
      wanted: { canary: 4, stable: 4 },
      ...shares(50),
    }),
    sizes: { stable: 4, canary: 4 },
  },
  {
    name: 'in mid-update N falls: both shrink to their share',
    given: sizing({
      replicas: 2,
      stable: version('stable', 4),
      canary: version('canary', 4),
      wanted: { canary: 1, stable: 1 },
      ...shares(50),
    }),
    sizes: { stable: 1, canary: 1 },
  },
]
for (const { name, given, sizes } of rows) test(name, () => assert.deepEqual(nextSizes(given), sizes))

// Rows of Argo Rollouts' CalculateReplicaCountsForBasicCanary, with the surge that the native controller's rules need (at least 1); 1 of 11
// is nearer to 5 % than 1 of 10.
const byCount: readonly (readonly [
  n: number,
  weight: number,
  surge: number,
  unavailable: number,
  canary: number,
  stable: number,
])[] = [
  [10, 10, 1, 1, 1, 9],
  [10, 30, 3, 0, 3, 10],
  [10, 5, 1, 1, 1, 10],
  [1, 5, 1, 0, 1, 1],
  [1, 95, 1, 0, 1, 1],
]
for (const [n, weight, surge, unavailable, canary, stable] of byCount) {
  test(`by count: ${weight} % of ${n} with surge ${surge} and ${unavailable} unavailable is first ${canary} beside ${stable}`, () => {
    const sizes = nextSizesByCount({
      replicas: n,
      surge,
      unavailable,
      weight,
      stable: version('stable', n),
      canary: version('canary', 0),
      retiring: [],
    })
    assert.deepEqual(sizes, { stable, canary })
  })
}

test('by count: a tie is rounded up', () => assert.deepEqual(nearestSizes(3, 50, 0), { canary: 2, stable: 1 }))
test('by count: the nearest of N and N + 1 is taken', () => assert.deepEqual(nearestSizes(4, 20, 1), { canary: 1, stable: 4 }))
test('by count: the old version goes to 0 only when the new one is at N', () => {
  const sizes = nextSizesByCount({
    replicas: 4,
    surge: 1,
    unavailable: 1,
    weight: 100,
    stable: version('stable', 1),
    canary: version('canary', 3),
    retiring: [],
  })
  assert.deepEqual(sizes, { stable: 1, canary: 4 })
})
