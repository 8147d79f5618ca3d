/** What is told and done in the life of a Rollout with traffic routing, scenario by scenario, as one readable page; and what callers reach. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import type { CanaryStrategy, RolloutStatus, RolloutStrategy } from '../../../api/rollout.ts'
import { readable } from '../testing/readable.ts'
import {
  edit,
  imageOf,
  makeTrafficWorld,
  run,
  runUntil,
  ship,
  statusOf,
  steer,
  type TrafficOptions,
  type TrafficWorld,
} from '../testing/traffic-world.ts'

const GOLDEN = new URL('../testing/traffic.txt', import.meta.url)

const withSteps = (more: Partial<CanaryStrategy> = {}): RolloutStrategy => ({
  canary: {
    stableService: 'stable',
    canaryService: 'canary',
    trafficRouting: { plugins: { 'sluice/router': {} } },
    steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: { duration: 2 } }],
    ...more,
  },
})

const isHealthy = ({ phase }: RolloutStatus) => phase === 'Healthy'
const isPaused = ({ phase }: RolloutStatus) => phase === 'Paused'
/** That version is the stable one. */
const isAt =
  (image: string, is: (status: RolloutStatus) => boolean) =>
  (status: RolloutStatus, world: TrafficWorld): boolean =>
    is(status) && imageOf(world, status.currentPodHash ?? '') === image && status.currentPodHash === status.stableRS

/** The first version is there, and everything is at rest. */
const healthy = (more: Partial<CanaryStrategy> = {}, options: TrafficOptions = {}): TrafficWorld => {
  const world = makeTrafficWorld(withSteps(more), options)
  runUntil(world, isHealthy)
  run(world, 3)
  world.log.length = 0
  return world
}

const atPause = (...args: Parameters<typeof healthy>): TrafficWorld => {
  const world = healthy(...args)
  ship(world, 'v2')
  runUntil(world, isPaused)
  world.log.length = 0
  return world
}

const untilPaused = (world: TrafficWorld, image: string) =>
  runUntil(world, status => isPaused(status) && imageOf(world, status.currentPodHash ?? '') === image)

const promote = (world: TrafficWorld) => steer(world, 'a person promotes', { pauseConditions: null })

const untilRest = (world: TrafficWorld, image: string, passes = 45): TrafficWorld => {
  runUntil(world, isAt(image, isHealthy))
  run(world, passes)
  return world
}

const SCENARIOS: { readonly [title: string]: () => TrafficWorld } = {
  'A new version goes through all steps, and the old one keeps its pods for a while': () => {
    const world = healthy()
    ship(world, 'v2')
    runUntil(world, isPaused)
    promote(world)
    return untilRest(world, 'v2')
  },
  'A person aborts, and retries when the pods are gone': () => {
    const world = atPause()
    steer(world, 'a person aborts', { abort: true })
    run(world, 45)
    steer(world, 'a person retries', { abort: false })
    runUntil(world, isPaused)
    return world
  },
  'After an abort with abortScaleDownDelaySeconds 0 the canary keeps its pods': () => {
    const world = atPause({ abortScaleDownDelaySeconds: 0 })
    steer(world, 'a person aborts', { abort: true })
    run(world, 60)
    return world
  },
  'A person promotes past everything': () => {
    const world = atPause()
    steer(world, 'a person promotes in full', { promoteFull: true })
    return untilRest(world, 'v2')
  },
  'A person promotes past everything before the routers are in the path': () => {
    const world = healthy()
    for (const router of world.routers) router.ready = false
    world.log.push('> all routers are gone')
    ship(world, 'v2')
    run(world, 10)
    steer(world, 'a person promotes in full', { promoteFull: true })
    return untilRest(world, 'v2', 3)
  },
  'A third version comes in mid-update': () => {
    const world = atPause()
    ship(world, 'v3')
    untilPaused(world, 'v3')
    run(world, 3)
    return world
  },
  'The old template comes back in mid-update': () => {
    const world = atPause()
    ship(world, 'v1')
    return untilRest(world, 'v1')
  },
  'A rollback within the window skips the steps': () => {
    const world = healthy({}, { spec: { rollbackWindow: { revisions: 2 } } })
    ship(world, 'v2')
    runUntil(world, isPaused)
    steer(world, 'a person promotes in full', { promoteFull: true })
    runUntil(world, isAt('v2', isHealthy))
    run(world, 10)
    world.log.length = 0
    ship(world, 'v1')
    return untilRest(world, 'v1')
  },
  'With dynamicStableScale the stable version shrinks as the traffic moves': () => {
    const world = healthy({ dynamicStableScale: true })
    ship(world, 'v2')
    runUntil(world, isPaused)
    promote(world)
    return untilRest(world, 'v2', 20)
  },
  'With dynamicStableScale an abort takes the traffic back as the stable version grows': () => {
    const world = healthy({
      dynamicStableScale: true,
      steps: [20, 60, 80].map(setWeight => ({ setWeight })).concat([{ pause: {} }] as never),
    })
    ship(world, 'v2')
    runUntil(world, isPaused)
    world.log.length = 0
    steer(world, 'a person aborts', { abort: true })
    run(world, 25)
    return world
  },
  'With dynamicStableScale and a delay after aborts the canary stays as it is until the delay is over': () => {
    const world = healthy({
      dynamicStableScale: true,
      abortScaleDownDelaySeconds: 10,
      steps: [{ setWeight: 60 }, { pause: {} }],
    })
    ship(world, 'v2')
    runUntil(world, isPaused)
    world.log.length = 0
    steer(world, 'a person aborts', { abort: true })
    run(world, 30)
    return world
  },
  'With dynamicStableScale a third version waits until the stable one has grown': () => {
    const world = healthy({ dynamicStableScale: true, steps: [{ setWeight: 60 }, { pause: {} }] })
    ship(world, 'v2')
    runUntil(world, isPaused)
    world.log.length = 0
    ship(world, 'v3')
    untilPaused(world, 'v3')
    run(world, 3)
    return world
  },
  'With dynamicStableScale a full promotion moves the traffic as the pods come': () => {
    const world = atPause({ dynamicStableScale: true })
    steer(world, 'a person promotes in full', { promoteFull: true })
    return untilRest(world, 'v2', 20)
  },
  'A step sets the size of the canary apart from its weight': () => {
    const world = healthy({
      steps: [
        { setCanaryScale: { replicas: 3 } },
        { setWeight: 20 },
        { pause: {} },
        { setCanaryScale: { weight: 80 } },
        { pause: { duration: 2 } },
        { setCanaryScale: { matchTrafficWeight: true } },
        { pause: {} },
      ],
    })
    ship(world, 'v2')
    runUntil(world, isPaused)
    promote(world)
    run(world, 5)
    runUntil(world, status => isPaused(status) && status.currentStepIndex === 6)
    return world
  },
  'A version with pods has at least minPodsPerReplicaSet': () => {
    const world = healthy({ minPodsPerReplicaSet: 2 })
    ship(world, 'v2')
    runUntil(world, isPaused)
    return world
  },
  'No more versions than scaleDownDelayRevisionLimit keep their pods': () => {
    const world = healthy({ scaleDownDelaySeconds: 600, scaleDownDelayRevisionLimit: 1, steps: [{ setWeight: 50 }] })
    for (const image of ['v2', 'v3']) {
      ship(world, image)
      untilRest(world, image, 15)
    }
    return world
  },
  'Weights are counted in maxTrafficWeight': () => {
    const trafficRouting = { plugins: { 'sluice/router': {} }, maxTrafficWeight: 1000 }
    const world = healthy({ trafficRouting, steps: [{ setWeight: 5 }, { pause: {} }, { setWeight: 205 }, { pause: {} }] })
    ship(world, 'v2')
    runUntil(world, isPaused)
    promote(world)
    run(world, 2)
    runUntil(world, isPaused)
    return world
  },
  'A lower weight is in force before the canary shrinks': () => {
    const world = healthy({ steps: [{ setWeight: 80 }, { pause: {} }, { setWeight: 20 }, { pause: {} }] })
    ship(world, 'v2')
    runUntil(world, isPaused)
    world.log.length = 0
    promote(world)
    run(world, 2)
    runUntil(world, isPaused)
    return world
  },
  'Two Services take turns (ping-pong)': () => {
    const world = makeTrafficWorld(
      {
        canary: {
          pingPong: { pingService: 'ping', pongService: 'pong' },
          trafficRouting: { plugins: { 'sluice/router': { services: ['web'] } } },
          steps: [{ setWeight: 20 }, { pause: { duration: 2 } }],
        },
      },
      { services: ['web', 'ping', 'pong'], fronts: ['web'] },
    )
    runUntil(world, isHealthy)
    run(world, 3)
    for (const image of ['v2', 'v3']) {
      ship(world, image)
      untilRest(world, image)
    }
    return world
  },
  'Somebody else splits': () => {
    const world = healthy({ trafficRouting: {} })
    ship(world, 'v2')
    runUntil(world, isPaused)
    promote(world)
    return untilRest(world, 'v2')
  },
  'Callers use a Service of their own, which takes pods of any version at rest': () => {
    const trafficRouting = { plugins: { 'sluice/router': { services: ['web'] } } }
    const world = healthy({ trafficRouting }, { services: ['web', 'stable', 'canary'], fronts: ['web', 'stable'] })
    ship(world, 'v2')
    runUntil(world, isPaused)
    promote(world)
    return untilRest(world, 'v2')
  },
  'A Service that routers can not be put in front of is told, until it is corrected': () => {
    const world = healthy()
    const change = (clusterIP: string) => {
      world.services = world.services.map(one =>
        one.metadata.name === 'stable' ? { ...one, spec: { ...one.spec, clusterIP } } : one,
      )
    }
    change('None')
    world.log.push('> the stable Service is headless')
    ship(world, 'v2')
    run(world, 8)
    world.log.push(`  ${statusOf(world).conditions?.find(({ type }) => type === 'Waiting')?.message}`)
    change('10.0.0.1')
    world.log.push('> it has a cluster address')
    runUntil(world, isPaused)
    return world
  },
  'A router that hears nothing holds the update, and everything else': () => {
    const world = atPause()
    world.deaf.add('router-2')
    world.log.push('> router-2 hears nothing')
    promote(world)
    run(world, 10)
    world.log.push(`  ${statusOf(world).conditions?.find(({ type }) => type === 'Waiting')?.message}`)
    world.deaf.clear()
    world.log.push('> router-2 hears again')
    return untilRest(world, 'v2')
  },
  'Scaling in mid-update': () => {
    const world = atPause()
    edit(world, { replicas: 10 })
    world.checks = 'ready'
    world.log.push('> scaled to 10')
    run(world, 8)
    world.checks = 'all'
    edit(world, { replicas: 5 })
    world.log.push('> scaled to 5')
    run(world, 8)
    return world
  },
  'Scaled to nothing in mid-update, and back': () => {
    const world = atPause()
    edit(world, { replicas: 0 })
    world.log.push('> scaled to 0')
    run(world, 30)
    world.log.push(`  Routes: ${world.routes.length}`)
    edit(world, { replicas: 5 })
    world.log.push('> scaled to 5')
    world.checks = 'none'
    run(world, 5)
    world.checks = 'all'
    run(world, 25)
    world.log.push(`  Routes: ${world.routes.map(({ status }) => status?.step).join(', ')}`)
    promote(world)
    return untilRest(world, 'v2')
  },
  'All routers are gone in mid-update, and a person aborts': () => {
    const world = atPause()
    for (const router of world.routers) router.ready = false
    world.checks = 'none'
    world.log.push('> all routers are gone')
    run(world, 4)
    world.log.push(`  ${statusOf(world).conditions?.find(({ type }) => type === 'Waiting')?.message}`)
    steer(world, 'a person aborts', { abort: true })
    run(world, 60)
    world.log.push(`  Routes: ${world.routes.map(({ status }) => status?.step).join(', ')}`)
    for (const router of world.routers) router.ready = true
    world.log.push('> they are back')
    run(world, 30)
    return world
  },
  'A Rollout by number of pods gets traffic routing with its next version': () => {
    const { trafficRouting, scaleDownDelaySeconds: _, ...canary } = withSteps().canary ?? {}
    const world = makeTrafficWorld({ canary })
    runUntil(world, isHealthy)
    run(world, 2)
    world.log.length = 0
    edit(world, { strategy: { canary: { ...canary, ...(trafficRouting && { trafficRouting }) } } })
    world.log.push('> traffic routing is asked for')
    run(world, 3)
    ship(world, 'v2')
    runUntil(world, isPaused)
    return world
  },
  'A canary whose pods all fail gets nothing until they are back': () => {
    const world = atPause()
    const down = (is: boolean) => {
      for (const pod of world.pods)
        if (pod.name.includes(statusOf(world).currentPodHash ?? '-')) pod.readyAt = is ? Number.POSITIVE_INFINITY : world.now
    }
    down(true)
    world.checks = 'none'
    world.log.push('> the canary fails')
    run(world, 2)
    world.checks = 'all'
    run(world, 3)
    down(false)
    world.log.push('> it is back')
    run(world, 5)
    return world
  },
  'trafficRouting is taken away in mid-update': () => {
    const world = atPause()
    const { trafficRouting: _, ...canary } = withSteps().canary ?? {}
    edit(world, { strategy: { canary } })
    world.log.push('> no traffic routing any more')
    run(world, 20)
    return world
  },
  'mode: always keeps the routers in the path at rest': () => {
    const trafficRouting = { plugins: { 'sluice/router': { mode: 'always' } } }
    const world = healthy({ trafficRouting })
    run(world, 10)
    ship(world, 'v2')
    runUntil(world, isPaused)
    promote(world)
    untilRest(world, 'v2')
    world.log.push(`  Routes: ${world.routes.map(({ spec, status }) => `${spec.service} ${status?.step}`).join(', ')}`)
    return world
  },
}

test('what is told and done is what the page says, and callers reach ready pods, as many as their share needs (write it anew with --update)', () => {
  const failed: string[] = []
  const page = Object.entries(SCENARIOS)
    .map(([title, live]) => {
      const world = live()
      if (world.violations.length > 0) failed.push(title, ...world.violations)
      return `## ${title}\n\n${readable(world)}\n`
    })
    .join('\n')
  if (process.argv.includes('--update')) writeFileSync(GOLDEN, page)
  assert.deepEqual(failed, [])
  assert.equal(page, readFileSync(GOLDEN, 'utf8'))
})
