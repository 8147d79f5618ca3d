/** Whole updates, from the outside: what a user does, and how it ends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHeld } from '../api/hold.ts'
import { changeImage, isHealthy, run, runUntil } from './simulate/drive.ts'
import { podsOf, type World } from './simulate/world.ts'
import { atRest, patchStatus, podsByImage, stableImage, weightsByImage } from './testing/look.ts'

const STEPS = { 'sluice.dev/steps': '25%, 10s, 50%, pause, 100%' }

const toStep = (world: World, index: number): void =>
  runUntil(world, ({ rollout }) => rollout?.status?.currentStepIndex === index)

const isSettledAbort = (world: World): boolean =>
  world.rollout?.status?.phase === 'Degraded' &&
  world.routes.length === 0 &&
  world.services.every(({ spec }) => spec.selector !== undefined) &&
  world.pods.every(({ goneAt }) => goneAt === undefined)

test('the first version of a Deployment is never a canary', () => {
  const world = atRest()
  assert.equal(stableImage(world), 'v1')
  assert.equal(world.routes.length, 0)
  assert.equal(world.events.filter(text => text.includes('ScalingReplicaSet')).length, 0)
})

test('a new version is tried step by step and promoted', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 1)
  assert.deepEqual(weightsByImage(world), { v1: 75, v2: 25 })
  toStep(world, 3)
  assert.deepEqual(weightsByImage(world), { v1: 50, v2: 50 })
  assert.deepEqual(podsByImage(world), { v1: 2, v2: 2 })
  patchStatus(world, { pauseConditions: [] })
  runUntil(world, isHealthy)
  assert.equal(stableImage(world), 'v2')
  assert.deepEqual(podsByImage(world), { v2: 4 })
  assert.equal(world.routes.length, 0)
  assert.deepEqual(world.violations, [])
})

test('a failing analysis takes everything back to the stable version and leaves the Deployment held', () => {
  const world = atRest({ annotations: STEPS })
  world.badImages.add('v2')
  changeImage(world, 'v2')
  runUntil(world, isSettledAbort)
  assert.deepEqual(podsByImage(world), { v1: 4 })
  assert.equal(stableImage(world), 'v1')
  assert.ok(world.deployment && isHeld(world.deployment))
  assert.match(
    world.rollout?.status?.message ?? '',
    /^RolloutAborted: Rollout aborted update to revision 2: Background analysis phase error\/failed: /,
  )
  assert.equal(
    world.deployment.status?.conditions?.find(({ type }) => type === 'Progressing')?.reason,
    'ProgressDeadlineExceeded',
  )
  assert.deepEqual(world.violations, [])
})

test('a person aborts, and a retry starts at the first step again', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 3)
  patchStatus(world, { abort: true })
  runUntil(world, isSettledAbort)
  assert.deepEqual(podsByImage(world), { v1: 4 })
  patchStatus(world, { abort: false })
  toStep(world, 1)
  assert.deepEqual(weightsByImage(world), { v1: 75, v2: 25 })
  assert.deepEqual(world.violations, [])
})

test('a newer version in mid-update takes the place of the one under test', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 3)
  changeImage(world, 'v3')
  runUntil(world, seen => weightsByImage(seen)['v3'] === 25)
  assert.deepEqual(podsByImage(world), { v1: 4, v3: 1 })
  toStep(world, 3)
  patchStatus(world, { pauseConditions: [] })
  runUntil(world, isHealthy)
  assert.equal(stableImage(world), 'v3')
  assert.deepEqual(world.violations, [])
})

test('going back to the stable template in mid-update is a rollback', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 3)
  changeImage(world, 'v1')
  runUntil(world, isHealthy)
  assert.deepEqual(podsByImage(world), { v1: 4 })
  assert.deepEqual(world.violations, [])
})

test('a full promotion skips what is left', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 1)
  patchStatus(world, { promoteFull: true })
  runUntil(world, isHealthy)
  assert.equal(stableImage(world), 'v2')
  assert.deepEqual(world.violations, [])
})

test('opting out in mid-update goes back to the stable version and leaves nothing behind', () => {
  const world = atRest({ annotations: STEPS })
  const stablePods = world.pods.map(({ name }) => name)
  changeImage(world, 'v2')
  toStep(world, 1)
  const { deployment } = world
  assert.ok(deployment)
  const { 'sluice.dev/strategy': _, ...annotations } = deployment.metadata.annotations ?? {}
  world.deployment = { ...deployment, metadata: { ...deployment.metadata, annotations } }
  runUntil(world, ({ rollout }) => rollout === undefined)
  run(world, 3)
  assert.deepEqual(podsByImage(world), { v1: 4 })
  assert.ok(
    stablePods.filter(name => world.pods.some(pod => pod.name === name)).length >= 3,
    'the stable pods were not restarted',
  )
  assert.ok(!isHeld(world.deployment))
  assert.equal(world.deployment.metadata.annotations?.['sluice.dev/stable-template'], undefined)
  assert.equal(world.services.length, 1)
  assert.deepEqual(world.services[0]?.metadata.labels ?? {}, {})
  assert.deepEqual(world.violations, [])
})

test('a deleted Deployment leaves its Services as they were', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 1)
  delete world.deployment
  delete world.rollout
  world.replicaSets = []
  world.pods = []
  run(world, 60)
  assert.equal(world.routes.length, 0)
  assert.deepEqual(
    world.services.map(({ spec }) => spec.selector),
    [{ app: 'web' }],
  )
  assert.equal(world.slices.filter(({ metadata }) => metadata.name.includes('sluice')).length, 0)
})

test('scaling in mid-update keeps the weights and brings both versions to their share', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 3)
  const { deployment } = world
  assert.ok(deployment)
  world.deployment = { ...deployment, spec: { ...deployment.spec, replicas: 8 } }
  run(world, 20)
  assert.deepEqual(weightsByImage(world), { v1: 50, v2: 50 })
  assert.deepEqual(podsByImage(world), { v1: 4, v2: 4 })
  assert.deepEqual(world.violations, [])
})

test('scaled to 0 in mid-update and up again, only the stable version wakes first', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 3)
  const scaleTo = (replicas: number) => {
    assert.ok(world.deployment)
    world.deployment = { ...world.deployment, spec: { ...world.deployment.spec, replicas } }
  }
  scaleTo(0)
  run(world, 20)
  assert.deepEqual(podsByImage(world), {})
  assert.equal(world.replicaSets.length, 1)
  scaleTo(4)
  run(world, 1)
  assert.deepEqual(Object.keys(podsByImage(world)), ['v1'])
  runUntil(world, seen => podsByImage(seen)['v2'] === 2 && weightsByImage(seen)['v2'] === 50)
  assert.deepEqual(world.violations, [])
})

test('pods that never become ready abort the update at the progress deadline', () => {
  const world = atRest({ annotations: STEPS })
  world.brokenImages.add('v2')
  changeImage(world, 'v2')
  for (let i = 0; i < 40; i += 1) {
    run(world, 1, { passMs: 30_000 })
  }
  assert.equal(world.rollout?.status?.abort, true)
  assert.match(world.rollout?.status?.message ?? '', /timed out progressing: 0 of 1 pods were available after 10m0s/)
  assert.deepEqual(podsByImage(world), { v1: 4 })
})

test('the last requests of the old version are waited for, but not for ever', () => {
  const world = atRest({ annotations: { 'sluice.dev/steps': '50%, 100%' } })
  world.busyHashes.add(world.rollout?.status?.stableRS ?? '')
  changeImage(world, 'v2')
  runUntil(world, ({ rollout }) => rollout?.status?.message?.startsWith('Requests of version') === true)
  const since = world.now
  assert.deepEqual(podsByImage(world), { v1: 1, v2: 4 })
  runUntil(world, seen => podsByImage(seen)['v1'] === undefined)
  assert.ok(world.now - since >= 8000, 'the longest drain is 10 s')
  runUntil(world, isHealthy)
  assert.deepEqual(world.violations, [])
})

test('without a router the share follows the number of pods', () => {
  const world = atRest({ annotations: { ...STEPS, 'sluice.dev/router': 'none' } })
  changeImage(world, 'v2')
  toStep(world, 3)
  assert.deepEqual(podsByImage(world), { v1: 2, v2: 2 })
  assert.equal(world.routes.length, 0)
  patchStatus(world, { pauseConditions: [] })
  runUntil(world, isHealthy)
  assert.deepEqual(podsByImage(world), { v2: 4 })
  assert.deepEqual(world.violations, [])
})

test('a template change past the webhook is held while the old version still has pods', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2', 'past webhook')
  runUntil(world, ({ events }) => events.some(text => text.startsWith('Warning Held')))
  toStep(world, 1)
  assert.equal(stableImage(world), 'v1')
  assert.ok(podsOf(world, world.replicaSets[0]?.metadata.name ?? '').length > 0)
})

test('router-mode always keeps the Service in proxy mode at rest', () => {
  const world = atRest({ annotations: { ...STEPS, 'sluice.dev/router-mode': 'always' } })
  runUntil(world, ({ routes }) => routes[0]?.status?.step === 'proxy')
  changeImage(world, 'v2')
  toStep(world, 3)
  patchStatus(world, { pauseConditions: [] })
  runUntil(world, isHealthy)
  assert.equal(world.routes[0]?.status?.step, 'proxy')
  assert.deepEqual(weightsByImage(world), { v2: 100 })
  assert.deepEqual(world.violations, [])
})

test('a canary whose routers are all gone says so, and says when they are back', () => {
  const world = atRest({ annotations: { 'sluice.dev/steps': '25%, pause' } })
  changeImage(world, 'v2')
  toStep(world, 1)
  const ready = world.routers.map(router => router.ready)
  for (const router of world.routers) router.ready = false
  run(world, 2)
  assert.match(
    world.rollout?.status?.message ?? '',
    /^No router is ready, all traffic goes to the pods of the stable version directly/,
  )
  world.routers.forEach((router, index) => {
    router.ready = ready[index] ?? true
  })
  run(world, 2)
  assert.match(world.rollout?.status?.message ?? '', /^Step 2\/\d \(pause\)/)
  const told = world.events.filter(text => /Routers(Una|A)vailable/.test(text))
  assert.equal(told.length, 2, told.join('\n'))
})
