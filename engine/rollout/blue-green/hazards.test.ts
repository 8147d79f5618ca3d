/** Ways in which blue-green updates are known to go wrong elsewhere: each test is named after what must not happen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  abort,
  atAnalysis,
  atPause,
  blueGreen,
  empty,
  healthy,
  judge,
  ledTo,
  MANUAL,
  POST,
  PRE,
  promote,
  promotedToV2,
  promoteFull,
  retry,
} from '../testing/blue-green.ts'
import { edit, isHealthy, isPaused, makeWorld, pass, run, runUntil, ship, sizesOf, type World } from '../testing/world.ts'

const statusOf = (world: World) => world.rollout.status ?? {}

/** Nothing is written any more: neither objects nor status. */
const assertQuiet = (world: World): void => {
  const before = JSON.stringify([world.rollout, world.replicaSets, world.services, world.runs])
  world.log.length = 0
  pass(world)
  assert.equal(JSON.stringify([world.rollout, world.replicaSets, world.services, world.runs]), before)
  assert.deepEqual(world.log, [])
}

test('the old version does not lose its pods while the endpoints of the active Service still name them', () => {
  const world = healthy({ scaleDownDelaySeconds: 0 })
  world.areEndpointsStuck = true
  ship(world, 'v2')
  run(world, 60)
  assert.equal(ledTo(world, 'active'), 'v2')
  assert.equal(sizesOf(world), 'v1: 3, v2: 3')
  assert.equal(statusOf(world).message, 'waiting for post-promotion verification to complete')
  world.areEndpointsStuck = false
  runUntil(world, isHealthy)
  run(world, 3)
  assert.equal(sizesOf(world), 'v2: 3')
  assert.deepEqual(world.violations, [])
})

test('no version ends that the endpoints name, also on the way back without any delay', () => {
  const world = atAnalysis({ ...POST, scaleDownDelayRevisionLimit: 0 })
  world.areEndpointsStuck = true
  ship(world, 'v1')
  run(world, 40)
  assert.deepEqual([ledTo(world, 'active'), sizesOf(world)], ['v1', 'v1: 3, v2: 3'])
  world.areEndpointsStuck = false
  run(world, 3)
  assert.equal(sizesOf(world), 'v1: 3')
  assert.deepEqual(world.violations, [])
})

test('no analysis goes on after an abort, nor one of a version that was superseded', () => {
  for (const end of [abort, (world: World) => ship(world, 'v3')]) {
    const world = atAnalysis(PRE)
    end(world)
    run(world, 4)
    assert.equal(world.runs[0]?.spec.terminate, true)
  }
})

test('the analysis after the switch does not begin while the endpoints are those of the old version', () => {
  const world = healthy(POST)
  world.areEndpointsStuck = true
  ship(world, 'v2')
  run(world, 20)
  assert.deepEqual([ledTo(world, 'active'), world.runs.length], ['v2', 0])
  world.areEndpointsStuck = false
  run(world, 3)
  assert.equal(world.runs.length, 1)
})

test('a Service that was never pointed at a version is not before all pods are available', () => {
  const world = empty()
  world.broken.add('v1')
  run(world, 20)
  assert.equal(ledTo(world, 'active'), undefined)
  world.broken.clear()
  runUntil(world, isHealthy)
  assert.equal(ledTo(world, 'active'), 'v1')
})

test('scaling during the analysis after the switch does not keep it from ending', () => {
  const world = atAnalysis(POST)
  edit(world, { replicas: 5 })
  run(world, 6)
  assert.equal(sizesOf(world), 'v1: 5, v2: 5')
  judge(world, 'Successful')
  runUntil(world, isHealthy)
  assert.equal(statusOf(world).stableRS, statusOf(world).currentPodHash)
})

test('scaling while the switch is waited for does not go round in circles', () => {
  const world = healthy()
  ship(world, 'v2')
  for (const replicas of [4, 5, 6]) {
    edit(world, { replicas })
    run(world, 2)
  }
  runUntil(world, isHealthy)
  assert.equal(ledTo(world, 'active'), 'v2')
  run(world, 40)
  assertQuiet(world)
})

test('an abort while the user has paused does not go round in circles', () => {
  const world = atPause()
  edit(world, { paused: true })
  abort(world)
  run(world, 60)
  assert.equal(statusOf(world).abort, true)
  assertQuiet(world)
})

test('an abort when nothing is in flight neither scales nor is taken for one', () => {
  const world = promotedToV2()
  run(world, 40)
  abort(world)
  run(world, 3)
  assert.deepEqual([sizesOf(world), statusOf(world).phase, statusOf(world).abort], ['v2: 3', 'Healthy', undefined])
  assertQuiet(world)
})

test('a full promotion does not stay paused', () => {
  const world = atPause(POST)
  promoteFull(world)
  runUntil(world, isHealthy)
  assert.equal(ledTo(world, 'active'), 'v2')
})

test('an abort is not ignored after a full promotion was asked for', () => {
  const world = healthy()
  world.broken.add('v2')
  ship(world, 'v2')
  run(world, 4)
  promoteFull(world)
  run(world, 2)
  abort(world)
  run(world, 3)
  world.broken.clear()
  run(world, 60)
  assert.deepEqual([ledTo(world, 'active'), sizesOf(world), statusOf(world).phase], ['v1', 'v1: 3', 'Degraded'])
})

test('replicas and template changed together while paused do not get stuck', () => {
  const world = atPause()
  edit(world, { replicas: 4 })
  ship(world, 'v3')
  pass(world)
  runUntil(world, isPaused)
  assert.equal(sizesOf(world), 'v1: 4, v2: 4, v3: 4')
  promote(world)
  pass(world)
  runUntil(world, isHealthy)
  assert.equal(ledTo(world, 'active'), 'v3')
})

test('a crash-looping version does not put the progress deadline off for ever', () => {
  const world = healthy({}, { progressDeadlineSeconds: 10, progressDeadlineAbort: true })
  ship(world, 'v2')
  for (let i = 0; i < 30; i += 1) {
    // Now this pod of it is down, now another one.
    const mine = world.pods.filter(({ image }) => image === 'v2')
    world.pods = world.pods.map(pod => (pod === mine[i % 3] ? { ...pod, madeAt: world.now } : pod))
    pass(world)
  }
  assert.equal(statusOf(world).abort, true)
})

test('a long analysis does not pass the progress deadline, nor does the growth after it begin with a deadline that is over', () => {
  const world = atAnalysis({ ...PRE, previewReplicaCount: 1 }, { progressDeadlineSeconds: 10, progressDeadlineAbort: true })
  judge(world, 'Running')
  run(world, 60)
  judge(world, 'Successful')
  runUntil(world, isHealthy)
  assert.deepEqual([ledTo(world, 'active'), statusOf(world).abort], ['v2', undefined])
})

test('a canary that is changed to blue-green in mid-update leaves no version running, and never too few pods', () => {
  const world = makeWorld({ canary: { steps: [{ setWeight: 40 }, { pause: {} }] } }, { replicas: 4 }, ['active', 'preview'])
  runUntil(world, isHealthy)
  ship(world, 'v2')
  runUntil(world, isPaused)
  edit(world, { strategy: blueGreen() })
  pass(world)
  for (let i = 0; i < 60; i += 1) {
    pass(world)
    const ready = world.replicaSets.reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0)
    assert.ok(ready >= 4, `${ready} pods at ${sizesOf(world)}`)
  }
  assert.deepEqual([sizesOf(world), ledTo(world, 'active'), statusOf(world).phase], ['v2: 4', 'v2', 'Healthy'])
})

test('a scaled-up Rollout that was aborted does not make its preview anew', () => {
  const world = atPause({ abortScaleDownDelaySeconds: 3 })
  abort(world)
  run(world, 10)
  assert.equal(sizesOf(world), 'v1: 3')
  edit(world, { replicas: 6 })
  run(world, 10)
  assert.equal(sizesOf(world), 'v1: 6')
  assertQuiet(world)
})

test('a retry does not take pods that were kept after the abort for a proof', () => {
  const world = atAnalysis(PRE)
  judge(world, 'Failed', 'no')
  run(world, 4)
  retry(world)
  run(world, 4)
  assert.deepEqual([ledTo(world, 'active'), world.runs.length], ['v1', 2])
  assert.equal(world.runs.at(-1)?.metadata.name, `web-${statusOf(world).currentPodHash}-2-pre.1`)
})

test('a bad stable version does not block the version that mends it', () => {
  const world = healthy()
  world.broken.add('v1')
  ship(world, 'v2')
  pass(world)
  runUntil(world, isHealthy)
  assert.equal(ledTo(world, 'active'), 'v2')
})

test('a controller that dies after any write is carried on by the next one, to the same end', () => {
  for (const dies of [0, 1, 2, 3, 4]) {
    const world = healthy({ ...PRE, ...POST, previewReplicaCount: 1 })
    ship(world, 'v2')
    for (let i = 0; i < 100; i += 1) {
      world.runs = world.runs.map(one => ({ ...one, status: { phase: 'Successful' } }))
      pass(world, i % 2 === 0 ? dies : undefined)
    }
    run(world, 50)
    assert.deepEqual(
      [sizesOf(world), ledTo(world, 'active'), statusOf(world).phase],
      ['v2: 3', 'v2', 'Healthy'],
      `died after ${dies}`,
    )
    assert.deepEqual(world.violations, [])
  }
})

test('nothing is written twice: at rest, in a pause, in an analysis and after an abort', () => {
  const aborted = atPause()
  abort(aborted)
  for (const world of [healthy(), atPause(MANUAL), atAnalysis(PRE), atAnalysis(POST), aborted]) {
    run(world, 50)
    assertQuiet(world)
  }
})

test('an autoscaler does not count the pods of the preview', () => {
  const world = atPause({ previewReplicaCount: 2 })
  const { replicas, HPAReplicas, readyReplicas, availableReplicas, selector, stableRS } = statusOf(world)
  assert.deepEqual([replicas, HPAReplicas, readyReplicas, availableReplicas], [5, 3, 3, 3])
  assert.equal(selector, `app=web,rollouts-pod-template-hash=${stableRS}`)
})

test('a Service is not switched to a version that has lost a pod meanwhile', () => {
  const world = atPause()
  world.broken.add('v2')
  pass(world)
  promote(world)
  run(world, 10)
  assert.equal(ledTo(world, 'active'), 'v1')
  world.broken.clear()
  runUntil(world, isHealthy)
  assert.equal(ledTo(world, 'active'), 'v2')
})
