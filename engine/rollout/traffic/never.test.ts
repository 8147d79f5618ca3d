/** What must not happen to a Rollout with traffic routing: faults that users of Argo Rollouts have met, each as a test of its own. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../../api/names.ts'
import type { CanaryStrategy, RolloutStatus, RolloutStrategy } from '../../../api/rollout.ts'
import {
  edit,
  imageOf,
  look,
  makeTrafficWorld,
  pass,
  run,
  runUntil,
  serviceOf,
  ship,
  statusOf,
  steer,
  type TrafficOptions,
  type TrafficWorld,
} from '../testing/traffic-world.ts'
import { sizesOf, templateOf } from '../testing/world.ts'

const STEPS = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }]

const strategyOf = (more: Partial<CanaryStrategy> = {}): RolloutStrategy => ({
  canary: {
    stableService: 'stable',
    canaryService: 'canary',
    trafficRouting: { plugins: { 'sluice/router': {} } },
    steps: STEPS,
    ...more,
  },
})

const isHealthy = ({ phase }: RolloutStatus) => phase === 'Healthy'
const isPausedAt = (index: number) => (status: RolloutStatus) => status.phase === 'Paused' && status.currentStepIndex === index

const healthy = (more: Partial<CanaryStrategy> = {}, options: TrafficOptions = {}): TrafficWorld => {
  const world = makeTrafficWorld(strategyOf(more), options)
  runUntil(world, isHealthy)
  run(world, 3)
  return world
}

const atPause = (...args: Parameters<typeof healthy>): TrafficWorld => {
  const world = healthy(...args)
  ship(world, 'v2')
  runUntil(world, isPausedAt(1))
  return world
}

const atLastPause = (...args: Parameters<typeof healthy>): TrafficWorld => {
  const world = atPause(...args)
  steer(world, 'a person promotes', { pauseConditions: null })
  runUntil(world, isPausedAt(3))
  return world
}

const ledTo = (world: TrafficWorld, name: string): string =>
  imageOf(world, serviceOf(world, name).spec.selector?.[ROLLOUTS_POD_TEMPLATE_HASH] ?? '')

const shareOf = (world: TrafficWorld, image: string): number =>
  world.routes[0]?.spec.backends.find(({ hash }) => imageOf(world, hash) === image)?.weight ?? 0

const readyOf = (world: TrafficWorld, image: string): number =>
  world.replicaSets.find(({ spec }) => spec.template.spec.containers[0]?.image === image)?.status?.availableReplicas ?? 0

const assertCalm = (world: TrafficWorld): void => assert.deepEqual(world.violations, [])

/** Nothing is written and nothing told in the next looks. */
const assertStill = (world: TrafficWorld): void => {
  const seen = () =>
    JSON.stringify([
      world.rollout,
      world.replicaSets.map(({ spec }) => spec),
      world.services,
      world.routes.map(({ spec }) => spec),
    ])
  const before = seen()
  world.log.length = 0
  run(world, 5)
  assert.deepEqual(world.log, [])
  assert.equal(seen(), before)
}

describe('with traffic routing it must not happen that', () => {
  test('the stable version loses its pods before the routers have left it (#3681, #4595, #4926)', () => {
    const world = atLastPause({ dynamicStableScale: true })
    world.deaf.add('router-2')
    steer(world, 'a person promotes', { pauseConditions: null })
    run(world, 60)
    assert.notEqual(readyOf(world, 'v1'), 0)
    assert.notEqual(statusOf(world).stableRS, statusOf(world).currentPodHash)
    world.deaf.clear()
    runUntil(world, isHealthy)
    run(world, 20)
    assert.equal(sizesOf(world), 'v2: 5')
    assertCalm(world)
  })

  test('an update is promoted while a router still sends to the old version (#3333)', () => {
    const world = atLastPause()
    world.deaf.add('router-1')
    steer(world, 'a person promotes', { pauseConditions: null })
    run(world, 90)
    assert.equal(statusOf(world).phase, 'Progressing')
    assert.match(sizesOf(world), /v1: 5/)
    assert.equal(statusOf(world).canary?.weights?.verified, false)
  })

  test('old pods go while a router may send to them, their delay over or not (#587)', () => {
    const world = atLastPause({ scaleDownDelaySeconds: 0 })
    steer(world, 'a person promotes', { pauseConditions: null })
    runUntil(world, isHealthy)
    world.deaf.add('router-2')
    run(world, 30)
    assertCalm(world)
  })

  test('old pods go while a router that stands beside the new ones has not heard of them', () => {
    const world = healthy({ scaleDownDelaySeconds: 1 })
    ship(world, 'v2')
    // The routers are among the endpoints already, but not alone.
    runUntil(world, (_, { routes }) => routes[0]?.status?.step === 'propagate')
    steer(world, 'a person promotes in full', { promoteFull: true })
    world.deaf.add('router-2')
    run(world, 30)
    assert.equal(ledTo(world, 'stable'), 'v2')
    assert.match(sizesOf(world), /v1: 5/)
    world.deaf.clear()
    run(world, 30)
    assert.deepEqual([sizesOf(world), world.routes], ['v2: 5', []])
    assertCalm(world)
  })

  test('the switch at the end of an update loses requests (#4834, #4433, #4772)', () => {
    const world = atLastPause({ scaleDownDelaySeconds: 0 })
    steer(world, 'a person promotes', { pauseConditions: null })
    runUntil(world, isHealthy)
    run(world, 30)
    assert.deepEqual([ledTo(world, 'stable'), world.routes], ['v2', []])
    assertCalm(world)
  })

  test('a new version in mid-update sends everything to a stable version that was scaled down (#3372)', () => {
    const world = atLastPause({ dynamicStableScale: true })
    ship(world, 'v3')
    for (let i = 0; i < 20; i += 1) {
      pass(world)
      assert.ok(
        readyOf(world, 'v1') * 20 >= shareOf(world, 'v1'),
        `${shareOf(world, 'v1')}% at ${readyOf(world, 'v1')} of 5 pods`,
      )
    }
    runUntil(world, isPausedAt(1))
    assertCalm(world)
  })

  test('a version that was superseded keeps its share without pods (#4775, #4390)', () => {
    const world = atPause()
    ship(world, 'v3')
    runUntil(world, status => isPausedAt(1)(status) && imageOf(world, status.currentPodHash ?? '') === 'v3')
    run(world, 3)
    assert.equal(sizesOf(world), 'v1: 5, v3: 1')
    assertCalm(world)
  })

  test('an update is stuck because one pod of the stable version is missing (#4839)', () => {
    const world = healthy()
    const [pod] = world.pods
    if (pod) pod.readyAt = Number.POSITIVE_INFINITY
    ship(world, 'v2')
    runUntil(world, isPausedAt(1))
    assertCalm(world)
  })

  test('an abort with dynamicStableScale and a delay of its own never ends (#4898)', () => {
    const world = atLastPause({ dynamicStableScale: true, abortScaleDownDelaySeconds: 5 })
    steer(world, 'a person aborts', { abort: true })
    run(world, 30)
    assert.equal(sizesOf(world), 'v1: 5')
    assertCalm(world)
  })

  test('a size that changes after an abort makes the canary come back, or its Service go to and fro (#4973)', () => {
    const world = atLastPause({ dynamicStableScale: true })
    steer(world, 'a person aborts', { abort: true })
    run(world, 25)
    edit(world, { replicas: 8 })
    world.checks = 'ready'
    for (let i = 0; i < 15; i += 1) {
      pass(world)
      assert.doesNotMatch(sizesOf(world), /v2/)
      assert.equal(ledTo(world, 'canary'), 'v1')
    }
    assert.equal(sizesOf(world), 'v1: 8')
  })

  test('the canary Service goes to and fro after an abort with abortScaleDownDelaySeconds 0 (#3078)', () => {
    const world = atPause({ abortScaleDownDelaySeconds: 0 })
    steer(world, 'a person aborts', { abort: true })
    for (let i = 0; i < 40; i += 1) {
      pass(world)
      assert.equal(ledTo(world, 'canary'), 'v2')
    }
    assertStill(world)
  })

  test('a Service that has led to all pods is cut down to a version that is not ready yet (#2507, #1731)', () => {
    const world = healthy()
    const strip = () => {
      world.services = world.services.map(one =>
        one.metadata.name === 'stable' ? { ...one, spec: { ...one.spec, selector: { app: 'web' } } } : one,
      )
    }
    strip()
    const [pod] = world.pods
    if (pod) pod.readyAt = Number.POSITIVE_INFINITY
    run(world, 5)
    assert.deepEqual(serviceOf(world, 'stable').spec.selector, { app: 'web' })
    ship(world, 'v2')
    runUntil(world, isPausedAt(1))
    assertCalm(world)
  })

  test('the stable Service is switched when the version that it leads to is gone (#2050, #2235)', () => {
    const world = atLastPause()
    steer(world, 'a person promotes', { pauseConditions: null })
    for (let i = 0; i < 80; i += 1) {
      pass(world)
      const led = serviceOf(world, 'stable').spec.selector?.[ROLLOUTS_POD_TEMPLATE_HASH]
      if (led !== undefined) assert.ok(readyOf(world, imageOf(world, led)) > 0)
    }
    assert.equal(ledTo(world, 'stable'), 'v2')
    assertCalm(world)
  })

  test('a version has fewer ready pods than its share needs, at any step (#3284, #3397)', () => {
    for (const dynamicStableScale of [false, true]) {
      const steps = [5, 10, 25, 50, 75, 99].flatMap(setWeight => [{ setWeight }, { pause: { duration: 1 } }])
      const world = healthy({ dynamicStableScale, steps }, { spec: { replicas: 7 } })
      ship(world, 'v2')
      runUntil(world, status => isHealthy(status) && imageOf(world, status.stableRS ?? '') === 'v2', 200)
      run(world, 40)
      assert.equal(sizesOf(world), 'v2: 7')
      assertCalm(world)
    }
  })

  test('a lower weight takes pods of the canary before its share has gone', () => {
    for (const dynamicStableScale of [false, true]) {
      const steps = [{ setWeight: 80 }, { pause: {} }, { setWeight: 10 }, { pause: {} }]
      const world = atLastPause({ dynamicStableScale, steps })
      assert.equal(sizesOf(world), 'v1: 5, v2: 1')
      assertCalm(world)
    }
  })

  test('an abort without an update takes the stable version away (#1292)', () => {
    const world = healthy()
    steer(world, 'a person aborts', { abort: true })
    run(world, 6)
    assert.equal(sizesOf(world), 'v1: 5')
    assertStill(world)
  })

  test('an autoscaler in mid-update takes the stable version away (#1415)', () => {
    const world = atPause()
    world.checks = 'ready'
    for (const replicas of [8, 3, 6]) {
      edit(world, { replicas })
      for (let i = 0; i < 8; i += 1) {
        pass(world)
        assert.ok(readyOf(world, 'v1') > 0)
      }
    }
    assertCalm(world)
  })

  test('a new size together with a new template in a pause is never taken up (#3256)', () => {
    const world = atPause()
    world.checks = 'ready'
    edit(world, { replicas: 10, template: templateOf('v3') })
    run(world, 25)
    assert.equal(statusOf(world).phase, 'Paused')
    assert.equal(sizesOf(world), 'v1: 10, v3: 2')
    assertCalm(world)
  })

  test('an abort of a promoted Rollout, or of one that its user paused, is looked at for ever (#2982, #3756)', () => {
    const paused = atPause()
    edit(paused, { paused: true })
    steer(paused, 'a person aborts', { abort: true })
    run(paused, 60)
    assertStill(paused)
    const promoted = atLastPause()
    steer(promoted, 'a person promotes', { pauseConditions: null })
    runUntil(promoted, isHealthy)
    run(promoted, 60)
    steer(promoted, 'a person aborts', { abort: true })
    run(promoted, 3)
    assertStill(promoted)
  })

  test('a full promotion in a pause stays paused, or an abort after it is passed over (#2648, #4461)', () => {
    const world = atPause()
    steer(world, 'a person promotes in full', { promoteFull: true })
    pass(world)
    steer(world, 'a person aborts', { abort: true })
    run(world, 60)
    assert.equal(sizesOf(world), 'v1: 5')
    steer(world, 'a person retries', { abort: false })
    runUntil(world, isPausedAt(1))
    steer(world, 'a person promotes in full', { promoteFull: true })
    runUntil(world, status => isHealthy(status) && imageOf(world, status.stableRS ?? '') === 'v2')
    assertCalm(world)
  })

  test('a size that changes while the Service is switched loops without end (#3412)', () => {
    const world = atLastPause()
    steer(world, 'a person promotes', { pauseConditions: null })
    runUntil(world, isHealthy)
    edit(world, { replicas: 6 })
    world.checks = 'ready'
    run(world, 60)
    assert.equal(sizesOf(world), 'v2: 6')
    assertStill(world)
  })

  test('header routes pile up, take others along or come back by themselves (#2769, #2767, #2463)', () => {
    const header = (name: string, value?: string) => ({
      setHeaderRoute: { name, ...(value && { match: [{ headerName: 'X-User', headerValue: { exact: value } }] }) },
    })
    const trafficRouting = { plugins: { 'sluice/router': {} }, managedRoutes: [{ name: 'first' }, { name: 'second' }] }
    const steps = [
      { setWeight: 10 },
      header('second', 'b'),
      { pause: { duration: 2 } },
      header('first', 'a'),
      header('second', 'c'),
      { pause: {} },
      header('first'),
      { pause: {} },
    ]
    const world = healthy({ trafficRouting, steps })
    const names = () => world.routes[0]?.spec.headerRoutes?.map(({ name, match }) => [name, match[0]?.headers?.[0]?.value])
    ship(world, 'v2')
    runUntil(world, isPausedAt(5))
    run(world, 10)
    assert.deepEqual(names(), [
      ['first', { exact: 'a' }],
      ['second', { exact: 'c' }],
    ])
    steer(world, 'a person promotes', { pauseConditions: null })
    runUntil(world, isPausedAt(7))
    assert.deepEqual(names(), [['second', { exact: 'c' }]])
    steer(world, 'a person aborts', { abort: true })
    run(world, 1)
    assert.equal(names(), undefined)
    assertCalm(world)
  })

  test('a promotion that comes while routers are slow is lost (#4694)', () => {
    const world = atPause()
    world.deaf.add('router-1')
    steer(world, 'a person promotes', { pauseConditions: null })
    run(world, 5)
    world.deaf.clear()
    runUntil(world, isPausedAt(3))
  })

  test('two looks at the same thing want different things', () => {
    for (const world of [healthy(), atPause(), atLastPause({ dynamicStableScale: true })]) {
      run(world, 3)
      assert.deepEqual(look(world).intents, [])
      assertStill(world)
    }
  })

  test('a controller that dies after any write leaves something that the next one can not carry on', () => {
    // It dies in every other look.
    const looks = (world: TrafficWorld, dies: number) => {
      for (let i = 0; i < 160; i += 1) pass(world, i % 2 === 0 ? { dies } : {})
    }
    for (const dies of [0, 1, 2, 3]) {
      const world = healthy({ dynamicStableScale: dies % 2 === 0 })
      ship(world, 'v2')
      looks(world, dies)
      assert.equal(statusOf(world).phase, 'Paused')
      steer(world, 'a person promotes in full', { promoteFull: true })
      looks(world, dies)
      assert.deepEqual([sizesOf(world), ledTo(world, 'stable'), world.routes], ['v2: 5', 'v2', []], `died after ${dies} intents`)
      assertCalm(world)
    }
  })
})
