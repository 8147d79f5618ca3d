/** What is told and done in the life of a Rollout without traffic routing, scenario by scenario, as one readable page. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import type { RolloutStrategy } from '../../api/rollout.ts'
import { edit, isHealthy, isPaused, makeWorld, pass, run, runUntil, ship, sizesOf, steer, type World } from './testing/world.ts'

const GOLDEN = new URL('testing/canary.txt', import.meta.url)

const STEPS: RolloutStrategy = {
  canary: {
    maxSurge: 1,
    maxUnavailable: 0,
    steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: { duration: 2 } }],
  },
}

const healthy = (
  strategy: RolloutStrategy = STEPS,
  ...more: [Parameters<typeof makeWorld>[1]?, Parameters<typeof makeWorld>[2]?]
): World => {
  const world = makeWorld(strategy, ...more)
  runUntil(world, isHealthy)
  world.log.length = 0
  return world
}

const atPause = (...args: Parameters<typeof healthy>): World => {
  const world = healthy(...args)
  ship(world, 'v2')
  runUntil(world, isPaused)
  world.log.length = 0
  return world
}

const promote = (world: World) => steer(world, 'a person promotes', { pauseConditions: null })

/** Names of ReplicaSets are hashes; what is read is which image they are of. */
const readable = (world: World): string => {
  const images = world.replicaSets.map(
    ({ metadata, spec }) => [metadata.name.replace('web-', ''), spec.template.spec.containers[0]?.image] as const,
  )
  return images.reduce(
    (text, [hash, image]) => text.replaceAll(`web-${hash}`, `web-${image}`).replaceAll(hash, `hash-${image}`),
    world.log.join('\n'),
  )
}

const SCENARIOS: { readonly [title: string]: () => World } = {
  'The first version is deployed without steps': () => {
    const world = makeWorld(STEPS)
    runUntil(world, isHealthy)
    return world
  },
  'A new version goes through all steps': () => {
    const world = healthy()
    ship(world, 'v2')
    runUntil(world, isPaused)
    promote(world)
    runUntil(world, isHealthy)
    return world
  },
  'Without steps it is a rolling update': () => {
    const world = healthy({ canary: { maxSurge: 2, maxUnavailable: 1 } })
    ship(world, 'v2')
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'A person promotes past everything': () => {
    const world = atPause()
    steer(world, 'a person promotes in full', { promoteFull: true })
    runUntil(world, isHealthy)
    return world
  },
  'A person skips one step': () => {
    const world = atPause()
    steer(world, 'a person skips the pause', { currentStepIndex: 2, pauseConditions: null, controllerPause: false })
    pass(world)
    runUntil(world, isPaused)
    return world
  },
  'A person aborts, and retries': () => {
    const world = atPause()
    steer(world, 'a person aborts', { abort: true })
    run(world, 6)
    steer(world, 'a person retries', { abort: false })
    runUntil(world, isPaused)
    return world
  },
  'The old template comes back in mid-update': () => {
    const world = atPause()
    ship(world, 'v1')
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'A third version comes in mid-update': () => {
    const world = atPause()
    ship(world, 'v3')
    pass(world)
    runUntil(world, isPaused)
    return world
  },
  'A rollback within the window skips the steps': () => {
    const world = healthy(STEPS, { rollbackWindow: { revisions: 2 } })
    ship(world, 'v2')
    runUntil(world, isPaused)
    steer(world, 'a person promotes in full', { promoteFull: true })
    runUntil(world, isHealthy)
    world.log.length = 0
    ship(world, 'v1')
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'Pods that never become ready pass the progress deadline': () => {
    const world = healthy(STEPS, { progressDeadlineSeconds: 10 })
    world.broken.add('v2')
    ship(world, 'v2')
    run(world, 20)
    return world
  },
  'The deadline aborts where that is asked for': () => {
    const world = healthy(STEPS, { progressDeadlineSeconds: 10, progressDeadlineAbort: true })
    world.broken.add('v2')
    ship(world, 'v2')
    run(world, 20)
    return world
  },
  'Scaling in mid-update keeps the shares': () => {
    const world = atPause()
    edit(world, { replicas: 10 })
    world.log.push('> scaled to 10')
    run(world, 8)
    edit(world, { replicas: 0 })
    world.log.push('> scaled to 0')
    run(world, 8)
    return world
  },
  'A paused Rollout takes no step and makes no version': () => {
    const world = healthy()
    edit(world, { paused: true })
    world.log.push('> paused by its user')
    ship(world, 'v2')
    run(world, 4)
    edit(world, { paused: false })
    world.log.push('> no longer paused')
    runUntil(world, status => status.pauseConditions !== undefined)
    return world
  },
  'A wrong spec is told and nothing moves, until it is right': () => {
    const world = healthy()
    edit(world, { strategy: { canary: { steps: [{ setWeight: 120 }] } } })
    world.log.push('> a wrong step is applied')
    run(world, 3)
    edit(world, { strategy: STEPS })
    world.log.push('> it is corrected')
    pass(world)
    runUntil(world, isHealthy)
    return world
  },
  'Pods from before restartAt are evicted one after the other': () => {
    const world = healthy()
    edit(world, { restartAt: new Date(world.now + 1000).toISOString() })
    world.log.push('> a restart is asked for')
    run(world, 16)
    return world
  },
  'Services are pointed at the versions': () => {
    const canary = { ...STEPS.canary, stableService: 'web-stable', canaryService: 'web-canary' }
    const world = makeWorld({ canary }, {}, ['web-stable', 'web-canary'])
    runUntil(world, isHealthy)
    run(world, 2)
    ship(world, 'v2')
    runUntil(world, isPaused)
    run(world, 2)
    steer(world, 'a person aborts', { abort: true })
    run(world, 6)
    return world
  },
}

test('what is told and done is what the page says (write it anew with --update)', () => {
  const page = Object.entries(SCENARIOS)
    .map(([title, live]) => `## ${title}\n\n${readable(live())}\n`)
    .join('\n')
  if (process.argv.includes('--update')) writeFileSync(GOLDEN, page)
  assert.equal(page, readFileSync(GOLDEN, 'utf8'))
})

test('the same look twice changes nothing the second time, at rest, in a pause and after an abort', () => {
  const aborted = atPause()
  steer(aborted, 'a person aborts', { abort: true })
  run(aborted, 10)
  for (const world of [healthy(), atPause(), aborted]) {
    run(world, 3)
    const before = JSON.stringify([world.rollout, world.replicaSets.map(({ spec }) => spec)])
    world.log.length = 0
    pass(world)
    assert.equal(JSON.stringify([world.rollout, world.replicaSets.map(({ spec }) => spec)]), before)
    assert.deepEqual(world.log, [])
  }
})

test('a controller that dies after any write is carried on by the next one', () => {
  for (const dies of [0, 1, 2, 3]) {
    const world = healthy()
    ship(world, 'v2')
    for (let i = 0; i < 60 && !isPaused(world.rollout.status ?? {}); i += 1) pass(world, i % 2 === 0 ? dies : undefined)
    assert.equal(sizesOf(world), 'v1: 4, v2: 1', `died after ${dies} intents`)
  }
})

test('a Rollout without spec.replicas gets one, and nothing else of its spec is written', () => {
  const world = makeWorld(STEPS)
  const { replicas: _, ...spec } = world.rollout.spec
  world.rollout = { ...world.rollout, spec }
  runUntil(world, isHealthy)
  assert.deepEqual(world.rollout.spec, { ...spec, replicas: 1 })
})
