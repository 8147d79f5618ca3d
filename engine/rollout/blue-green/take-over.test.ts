/** Blue-green updates that Argo Rollouts leaves in each of their states: carried on where they are, and no pod is restarted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INSTANCE_ID_LABEL } from '../../../api/names.ts'
import {
  abort,
  atAnalysis,
  atPause,
  healthy,
  judge,
  ledTo,
  MANUAL,
  POST,
  PRE,
  promote,
  promotedToV2,
  retry,
} from '../testing/blue-green.ts'
import { asLeftByArgo, podsOf } from '../testing/left-by-argo.ts'
import { isHealthy, isPaused, pass, run, runUntil, ship, sizesOf, type World } from '../testing/world.ts'

const statusOf = (world: World) => world.rollout.status ?? {}

/** Its AnalysisRuns too are those of a controller without an instance ID. */
const left = (world: World): World => {
  asLeftByArgo(world)
  world.runs = world.runs.map(one => {
    const { [INSTANCE_ID_LABEL]: _, ...labels } = one.metadata.labels ?? {}
    return { ...one, metadata: { ...one.metadata, labels } }
  })
  return world
}

/** Every pod that was there is there still, and the hashes are those of before. */
const carryOn = (world: World, act: (world: World) => void): void => {
  const pods = podsOf(world)
  const { currentPodHash, stableRS } = statusOf(world)
  act(world)
  const gone = pods.filter(name => !podsOf(world).includes(name))
  assert.deepEqual(gone, [])
  assert.deepEqual(world.violations, [])
  assert.ok([currentPodHash, stableRS].includes(statusOf(world).currentPodHash))
}

const shipped = (world: World, passes: number): World => {
  ship(world, 'v2')
  run(world, passes)
  return world
}

const toV2 = (world: World): void => {
  pass(world)
  runUntil(world, isHealthy)
  assert.deepEqual([ledTo(world, 'active'), sizesOf(world)], ['v2', 'v1: 3, v2: 3'])
}

test('at rest nothing is written but what only Sluice keeps', () => {
  const world = left(healthy())
  carryOn(world, () => run(world, 5))
  assert.deepEqual([world.log, sizesOf(world), statusOf(world).phase], [[], 'v1: 3', 'Healthy'])
})

test('1: the new version was only just made', () => {
  const world = left(shipped(healthy(), 2))
  assert.equal(sizesOf(world), 'v1: 3')
  carryOn(world, toV2)
})

test('2: its pods are starting', () => {
  const world = left(shipped(healthy(), 3))
  assert.equal(sizesOf(world), 'v1: 3, v2: 3')
  carryOn(world, toV2)
})

test('3: the analysis before the switch is at work: it is ended, and one is made that Sluice measures', () => {
  const world = left(atAnalysis(PRE))
  carryOn(world, () => {
    run(world, 3)
    assert.deepEqual(
      world.runs.map(({ spec }) => spec.terminate),
      [true, undefined],
    )
    assert.equal(ledTo(world, 'active'), 'v1')
    judge(world, 'Successful')
    toV2(world)
  })
})

test('3: the analysis before the switch was successful: it is not run once more', () => {
  const world = atAnalysis({ ...PRE, ...MANUAL })
  judge(world, 'Successful')
  runUntil(world, isPaused)
  left(world)
  carryOn(world, () => {
    promote(world)
    toV2(world)
    assert.equal(world.runs.length, 1)
  })
})

test('4: it waits for a person', () => {
  const world = left(atPause())
  carryOn(world, () => {
    run(world, 5)
    assert.deepEqual([statusOf(world).message, world.log], ['BlueGreenPause', []])
    promote(world)
    toV2(world)
  })
})

test('5: the preview grows after the approval', () => {
  const world = atPause({ previewReplicaCount: 1 })
  promote(world)
  pass(world)
  left(world)
  assert.equal(statusOf(world).blueGreen?.scaleUpPreviewCheckPoint, true)
  carryOn(world, toV2)
})

test('6: the active Service was switched, and nothing else yet', () => {
  const world = healthy()
  ship(world, 'v2')
  runUntil(world, () => ledTo(world, 'active') === 'v2')
  carryOn(left(world), toV2)
})

test('7: the analysis after the switch is at work', () => {
  const world = left(atAnalysis(POST))
  carryOn(world, () => {
    run(world, 3)
    assert.equal(ledTo(world, 'active'), 'v2')
    judge(world, 'Successful')
    toV2(world)
  })
})

test('8 and 9: it was promoted, and the old version keeps its pods until the time that is noted on it', () => {
  const world = left(promotedToV2())
  carryOn(world, () => run(world, 10))
  assert.equal(sizesOf(world), 'v1: 3, v2: 3')
  run(world, 40)
  assert.deepEqual([sizesOf(world), statusOf(world).phase], ['v2: 3', 'Healthy'])
})

test('9: the way back to a version that Argo Rollouts left with its pods is as short', () => {
  const world = left(promotedToV2({ ...MANUAL }))
  ship(world, 'v1')
  run(world, 5)
  assert.deepEqual([ledTo(world, 'active'), statusOf(world).phase], ['v1', 'Healthy'])
})

test('an aborted update stays aborted, and a retry takes the pods that are kept for no proof', () => {
  const world = atPause()
  abort(world)
  run(world, 3)
  left(world)
  carryOn(world, () => {
    run(world, 3)
    assert.equal(statusOf(world).phase, 'Degraded')
    retry(world)
    run(world, 4)
    assert.deepEqual([ledTo(world, 'active'), statusOf(world).message], ['v1', 'BlueGreenPause'])
  })
})

test('a retry that comes before Sluice has seen the abort takes the pods that are kept for no proof either', () => {
  const world = atPause()
  abort(world)
  run(world, 3)
  left(world)
  retry(world)
  carryOn(world, () => run(world, 4))
  assert.deepEqual([ledTo(world, 'active'), statusOf(world).message], ['v1', 'BlueGreenPause'])
})
