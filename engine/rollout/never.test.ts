/** What must not happen to a Rollout without traffic routing: faults that users of Argo Rollouts have met, each as a test of its own. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RolloutStrategy } from '../../api/rollout.ts'
import {
  edit,
  isHealthy,
  isPaused,
  makeWorld,
  pass,
  run,
  runUntil,
  ship,
  sizesOf,
  steer,
  templateOf,
  type World,
} from './testing/world.ts'

const STRATEGY: RolloutStrategy = {
  canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }] },
}

const healthy = (...more: [Parameters<typeof makeWorld>[1]?, Parameters<typeof makeWorld>[2]?]): World => {
  const world = makeWorld(STRATEGY, ...more)
  runUntil(world, isHealthy)
  return world
}

const atPause = (...more: Parameters<typeof healthy>): World => {
  const world = healthy(...more)
  ship(world, 'v2')
  runUntil(world, isPaused)
  return world
}

const statusOf = (world: World) => world.rollout.status ?? {}

/** Nothing is written and nothing told in the next looks. */
const assertStill = (world: World): void => {
  const seen = () => JSON.stringify([world.rollout, world.replicaSets.map(({ spec }) => spec), world.services])
  const before = seen()
  world.log.length = 0
  run(world, 5)
  assert.deepEqual(world.log, [])
  assert.equal(seen(), before)
}

describe('it must not happen that', () => {
  test('an abort without an update takes the stable version away', () => {
    const world = healthy()
    steer(world, 'a person aborts', { abort: true })
    run(world, 6)
    assert.equal(sizesOf(world), 'v1: 5')
    assert.equal(statusOf(world).phase, 'Healthy')
  })

  test('an abort of a promoted Rollout is looked at for ever', () => {
    const world = atPause()
    steer(world, 'a person promotes in full', { promoteFull: true })
    pass(world)
    runUntil(world, isHealthy)
    steer(world, 'a person aborts', { abort: true })
    run(world, 3)
    assertStill(world)
  })

  test('an autoscaler in mid-update takes the stable version away', () => {
    const world = atPause()
    for (const replicas of [8, 3, 6]) {
      edit(world, { replicas })
      for (let i = 0; i < 8; i += 1) {
        pass(world)
        const stable = world.replicaSets.find(({ spec }) => spec.template.spec.containers[0]?.image === 'v1')
        assert.ok((stable?.spec.replicas ?? 0) > 0)
      }
    }
  })

  test('a new size together with a new template in a pause is never taken up', () => {
    const world = atPause()
    edit(world, { replicas: 10, template: templateOf('v3') })
    run(world, 15)
    assert.equal(statusOf(world).phase, 'Paused')
    assert.equal(sizesOf(world), 'v1: 8, v3: 2')
  })

  test('a full promotion in a pause stays paused', () => {
    const world = atPause()
    steer(world, 'a person promotes in full', { promoteFull: true })
    pass(world)
    runUntil(world, isHealthy)
    assert.equal(sizesOf(world), 'v2: 5')
  })

  test('an abort after a full promotion is passed over', () => {
    const world = atPause()
    steer(world, 'a person promotes in full', { promoteFull: true })
    pass(world)
    steer(world, 'a person aborts', { abort: true })
    run(world, 20)
    assert.equal(statusOf(world).abort, true)
    assert.equal(sizesOf(world), 'v1: 5')
  })

  test('an abort of a Rollout that its user paused is looked at for ever', () => {
    const world = atPause()
    edit(world, { paused: true })
    steer(world, 'a person aborts', { abort: true })
    run(world, 10)
    assertStill(world)
  })

  test('pods that crash one after the other, as many ready as before, put the progress deadline off', () => {
    const world = healthy({ progressDeadlineSeconds: 10, progressDeadlineAbort: true })
    const strategy: RolloutStrategy = {
      canary: { maxSurge: '100%', maxUnavailable: 0, steps: [{ setWeight: 60 }, { pause: {} }] },
    }
    edit(world, { strategy, template: templateOf('v2') })
    for (let i = 0; i < 30; i += 1) {
      // Now this pod of it is down, now another one.
      const mine = world.pods.filter(({ image }) => image === 'v2')
      world.pods = world.pods.map(pod => (pod === mine[i % 3] ? { ...pod, madeAt: world.now } : pod))
      pass(world)
    }
    assert.equal(statusOf(world).abort, true, JSON.stringify(statusOf(world)))
  })

  /** All pods of v2 that are ready crash, and are ready again a little later. */
  const flap = (world: World, passes: number) => {
    for (let i = 0; i < passes; i += 1) {
      if (i % 4 === 0) world.pods = world.pods.map(pod => (pod.image === 'v2' ? { ...pod, madeAt: world.now } : pod))
      pass(world)
    }
  }

  test('pods that crash together and are ready again in between put the progress deadline off (#3765)', () => {
    const strategies: readonly RolloutStrategy[] = [
      { canary: { maxSurge: '100%', maxUnavailable: 0, steps: [{ setWeight: 60 }, { pause: {} }] } },
      { canary: { maxSurge: '100%', maxUnavailable: 0 } },
    ]
    for (const strategy of strategies) {
      const world = healthy({ progressDeadlineSeconds: 10, progressDeadlineAbort: true, minReadySeconds: 3 })
      edit(world, { strategy, template: templateOf('v2') })
      // They are ready for a moment, and never for as long as it takes to be available.
      world.minReadyMs = 3000
      flap(world, 40)
      assert.equal(statusOf(world).abort, true, JSON.stringify(statusOf(world)))
    }
  })

  test('the first version of all crashes without end and the deadline is never told', () => {
    const world = makeWorld(STRATEGY, { progressDeadlineSeconds: 10, minReadySeconds: 3 })
    world.minReadyMs = 3000
    for (let i = 0; i < 40; i += 1) {
      if (i % 4 === 0) world.pods = world.pods.map(pod => ({ ...pod, madeAt: world.now }))
      pass(world)
    }
    assert.match(statusOf(world).message ?? '', /^ProgressDeadlineExceeded/)
  })

  test('slow pods that become ready one after the other are late although there are more each time', () => {
    const world = healthy({ progressDeadlineSeconds: 10, progressDeadlineAbort: true })
    edit(world, { strategy: { canary: { maxSurge: '100%', maxUnavailable: 0 } }, template: templateOf('v2') })
    for (let i = 0; i < 40; i += 1) {
      const mine = world.pods.filter(({ image }) => image === 'v2')
      // One more of them each eight seconds.
      const slow = new Set(mine.slice(Math.floor(i / 8)))
      world.pods = world.pods.map(pod => (slow.has(pod) ? { ...pod, madeAt: world.now } : pod))
      pass(world)
    }
    assert.equal(statusOf(world).abort, undefined)
  })

  test('a spec that is right again is aborted for the time in which it was wrong', () => {
    const world = healthy({ progressDeadlineSeconds: 10, progressDeadlineAbort: true })
    edit(world, { strategy: { canary: { steps: [{ setWeight: 120 }] } } })
    ship(world, 'v2')
    run(world, 30)
    edit(world, { strategy: STRATEGY })
    runUntil(world, isPaused)
    assert.equal(statusOf(world).abort, undefined)
  })

  test('the canary Service goes to and fro after an abort', () => {
    const canary = { ...STRATEGY.canary, stableService: 'stable', canaryService: 'canary' }
    const world = makeWorld({ canary }, {}, ['stable', 'canary'])
    runUntil(world, isHealthy)
    ship(world, 'v2')
    runUntil(world, isPaused)
    steer(world, 'a person aborts', { abort: true })
    run(world, 10)
    assertStill(world)
  })

  test('a size that changes after an abort makes the canary come back', () => {
    const world = atPause()
    steer(world, 'a person aborts', { abort: true })
    run(world, 10)
    edit(world, { replicas: 8 })
    for (let i = 0; i < 8; i += 1) {
      pass(world)
      assert.doesNotMatch(sizesOf(world), /v2/)
    }
    assert.equal(sizesOf(world), 'v1: 8')
  })

  test('a promotion that comes while the Rollout scales is lost', () => {
    const world = atPause()
    edit(world, { replicas: 10 })
    steer(world, 'a person promotes', { pauseConditions: null })
    run(world, 20)
    assert.equal(statusOf(world).currentStepIndex, 3)
    assert.equal(sizesOf(world), 'v1: 4, v2: 6')
  })

  test('the version that was in flight keeps pods when its strategy becomes another one', () => {
    const world = atPause({}, ['active'])
    edit(world, { strategy: { blueGreen: { activeService: 'active', scaleDownDelaySeconds: 2 } } })
    run(world, 40)
    assert.equal(statusOf(world).phase, 'Healthy')
    assert.equal(sizesOf(world), 'v2: 5')
  })
})
