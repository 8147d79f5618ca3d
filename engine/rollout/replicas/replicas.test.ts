/** The formulas of Argo Rollouts as tables: each row is one case of the reference, or follows from one of its rules by hand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BasicCanary, basicSizes, desiredSizes, olderSizes } from './basic.ts'
import { atLeast, readLimits } from './limits.ts'
import { currentCanaryScale, currentSetWeight, type RoutedCanary, routedSizes, steppedAbortWeight } from './routed.ts'
import { abortScaleDownDelay, type Delayed, deadlineAfter, delayedSizes, scaleDownDelay } from './scale-down-delay.ts'

const ready = (spec: number, available = spec) => ({ spec, available })

/** R, weight, surge, unavailable; canary and stable before as [spec, available]; sizes after as canary/stable. */
type Row = readonly [
  replicas: number,
  weight: number,
  surge: number,
  unavailable: number,
  canary: readonly [number, number],
  stable: readonly [number, number],
  after: string,
]

const BASIC: readonly Row[] = [
  [10, 10, 1, 1, [0, 0], [10, 10], '1/9'],
  [10, 30, 3, 0, [0, 0], [10, 10], '3/10'],
  [10, 30, 0, 5, [0, 0], [10, 10], '0/7'],
  [10, 5, 0, 1, [0, 0], [10, 10], '0/9'],
  [10, 5, 0, 1, [0, 0], [9, 9], '1/9'],
  [10, 5, 1, 1, [0, 0], [10, 10], '1/10'],
  [1, 5, 1, 0, [0, 0], [1, 1], '1/1'],
  [1, 95, 1, 0, [0, 0], [1, 1], '1/1'],
  // The second look, when the new pods are available.
  [10, 30, 3, 0, [3, 3], [10, 10], '3/7'],
  [10, 30, 0, 5, [0, 0], [7, 7], '3/7'],
  // The room of the surge is for the stable version first.
  [10, 5, 2, 0, [0, 0], [9, 9], '1/10'],
  // Nothing shrinks while too few are available.
  [10, 50, 0, 1, [1, 0], [9, 9], '1/9'],
  [10, 50, 0, 2, [2, 0], [8, 8], '2/8'],
  // Back to the stable version: the canary shrinks as the stable one grows.
  [10, 0, 2, 2, [5, 5], [5, 5], '3/7'],
  [10, 0, 0, 5, [5, 5], [5, 5], '0/5'],
  // Scaled to 0 in mid-update.
  [0, 50, 0, 0, [2, 2], [2, 2], '0/0'],
]

const basic = ([replicas, weight, surge, unavailable, canary, stable]: Row): BasicCanary => ({
  replicas,
  weight,
  limits: { surge, unavailable },
  canary: ready(...canary),
  stable: ready(...stable),
  older: [],
})

test('a canary without traffic routing has the sizes of Argo Rollouts', () => {
  for (const row of BASIC) {
    const { canary, stable } = basicSizes(basic(row))
    assert.equal(`${canary}/${stable}`, row[6], JSON.stringify(row))
  }
})

test('half a pod is rounded up for the canary, but never at the cost of the last stable pod', () => {
  const want = (replicas: number, weight: number, surge: number) =>
    desiredSizes({ ...basic([replicas, weight, surge, 1, [0, 0], [replicas, replicas], '']) })
  assert.deepEqual(want(3, 50, 0), { canary: 2, stable: 1 })
  assert.deepEqual(want(2, 75, 0), { canary: 1, stable: 1 })
  assert.deepEqual(want(3, 50, 1), { canary: 2, stable: 2 })
  assert.deepEqual(want(10, 100, 0), { canary: 10, stable: 0 })
  assert.deepEqual(want(10, 0, 0), { canary: 0, stable: 10 })
  assert.deepEqual(want(1, 50, 0), { canary: 1, stable: 0 })
})

test('the first version has all pods at once', () => {
  assert.deepEqual(
    basicSizes({ replicas: 4, weight: 0, limits: { surge: 1, unavailable: 0 }, canary: ready(0), stable: undefined, older: [] }),
    { canary: 4, stable: 0 },
  )
})

test('beside older versions nothing else shrinks; of those unready pods go first and others while enough stay available', () => {
  const input: BasicCanary = {
    replicas: 10,
    weight: 50,
    limits: { surge: 2, unavailable: 2 },
    canary: ready(1),
    stable: ready(9),
    older: [ready(2, 1), ready(1, 1)],
  }
  assert.deepEqual(basicSizes(input), { canary: 1, stable: 9 })
  assert.deepEqual(olderSizes(input), [0, 0])
  assert.deepEqual(olderSizes({ ...input, stable: ready(9, 6) }), [0, 1])
  assert.deepEqual(olderSizes({ ...input, stable: ready(9, 4) }), [1, 1])
})

test('surge is rounded up and unavailable down, text without a sign is percent, and one of both is never zero', () => {
  assert.deepEqual(readLimits(undefined, undefined, 10), { surge: 3, unavailable: 2 })
  assert.deepEqual(readLimits('3', 0, 100), { surge: 3, unavailable: 0 })
  assert.deepEqual(readLimits(0, '1%', 10), { surge: 0, unavailable: 1 })
  assert.deepEqual(readLimits(0, 5, 3), { surge: 0, unavailable: 3 })
  assert.deepEqual(readLimits(undefined, undefined, 0), { surge: 0, unavailable: 0 })
})

const routed = (more: Partial<RoutedCanary> = {}) =>
  routedSizes({
    replicas: 10,
    maxWeight: 100,
    minPods: undefined,
    weight: 20,
    scale: undefined,
    dynamic: false,
    aborted: false,
    sent: undefined,
    ...more,
  })

test('with traffic routing the stable version stays whole, and the canary is rounded up', () => {
  assert.deepEqual(routed(), { canary: 2, stable: 10 })
  assert.deepEqual(routed({ weight: 11 }), { canary: 2, stable: 10 })
  assert.deepEqual(routed({ weight: 0 }), { canary: 0, stable: 10 })
  assert.deepEqual(routed({ weight: 100 }), { canary: 10, stable: 10 })
  assert.deepEqual(routed({ weight: 50, maxWeight: 1000 }), { canary: 1, stable: 10 })
  assert.deepEqual(routed({ scale: { replicas: 7 } }), { canary: 7, stable: 10 })
  assert.deepEqual(routed({ scale: { weight: 50 } }), { canary: 5, stable: 10 })
  assert.deepEqual(routed({ minPods: 3 }), { canary: 3, stable: 10 })
  assert.deepEqual(routed({ minPods: 3, weight: 0 }), { canary: 0, stable: 10 })
})

test('with dynamicStableScale the stable version shrinks no further than the weights last sent allow', () => {
  assert.deepEqual(routed({ dynamic: true, weight: 60, sent: { canary: 20, stable: 80 } }), { canary: 6, stable: 8 })
  assert.deepEqual(routed({ dynamic: true, weight: 60, sent: { canary: 60, stable: 40 } }), { canary: 6, stable: 4 })
  assert.deepEqual(routed({ dynamic: true, weight: 100, sent: { canary: 100, stable: 0 } }), { canary: 10, stable: 0 })
  assert.deepEqual(routed({ dynamic: true, weight: 95, minPods: 2, sent: { canary: 95, stable: 5 } }), { canary: 10, stable: 2 })
  assert.deepEqual(routed({ dynamic: true, weight: 0, aborted: true, sent: { canary: 40, stable: 60 } }), {
    canary: 4,
    stable: 10,
  })
})

test('after an abort with dynamicStableScale the weight goes down through the steps as the stable version grows', () => {
  const back = (canaryAvailable: number, stableAvailable: number, hasExplicitDelay = false) =>
    steppedAbortWeight({
      replicas: 10,
      maxWeight: 100,
      steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 50 }, { setWeight: 80 }],
      canaryAvailable,
      stableAvailable,
      hasExplicitDelay,
    })
  assert.equal(back(8, 2), 50)
  assert.equal(back(8, 6), 50)
  assert.equal(back(8, 6, true), 20)
  assert.equal(back(5, 8), 20)
  assert.equal(back(2, 10), 0)
  assert.equal(back(8, 10, true), 0)
})

test('minPodsPerReplicaSet counts only for versions that have pods, and never for more than the Rollout has', () => {
  assert.equal(atLeast(3, 0, 10), 0)
  assert.equal(atLeast(3, 1, 10), 3)
  assert.equal(atLeast(3, 1, 2), 2)
  assert.equal(atLeast(undefined, 1, 10), 1)
})

test('weight and size of a step are the last ones said up to it', () => {
  const steps = [
    { pause: {} },
    { setCanaryScale: { replicas: 3 } },
    { setWeight: 10 },
    { setCanaryScale: { matchTrafficWeight: true } },
    { setWeight: 40 },
  ]
  const weights = [0, 1, 2, 3, 4, 5].map(index => currentSetWeight({ steps, index, aborted: false, maxWeight: 200 }))
  assert.deepEqual(weights, [0, 0, 10, 10, 40, 200])
  assert.equal(currentSetWeight({ steps, index: 4, aborted: true, maxWeight: 100 }), 0)
  const scales = [0, 1, 2, 3, 4, 5].map(index => currentCanaryScale({ steps, index })?.replicas)
  assert.deepEqual(scales, [undefined, 3, 3, undefined, undefined, undefined])
})

const NOW = Date.UTC(2026, 0, 1)

test('versions that are not needed any more keep their pods until their deadline, the newest of them first', () => {
  const at = (seconds: number, spec = 2): Delayed => ({ ...ready(spec), deadline: deadlineAfter(NOW, seconds * 1000) })
  const sets = [at(30), at(20), at(0), { ...ready(2), deadline: undefined }]
  const look = (revisionLimit?: number, dynamic = false) => delayedSizes({ now: NOW, sets, revisionLimit, dynamic })
  assert.deepEqual(look(), { sizes: [2, 2, 0, 0], wakeAt: NOW + 20_000 })
  assert.deepEqual(look(1), { sizes: [2, 0, 0, 0], wakeAt: NOW + 30_000 })
  assert.deepEqual(look(undefined, true), { sizes: [0, 0, 0, 0] })
})

test('delays are 30 seconds where nothing is said; 0 after an abort means for good', () => {
  assert.equal(scaleDownDelay(undefined, false), 30_000)
  assert.equal(scaleDownDelay(0, false), 0)
  assert.equal(scaleDownDelay(60, true), 0)
  assert.equal(abortScaleDownDelay(undefined), 30_000)
  assert.equal(abortScaleDownDelay(5), 5000)
  assert.equal(abortScaleDownDelay(0), undefined)
})
