/** Updates that do not go straight. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHeld } from '../api/hold.ts'
import { plan } from './plan.ts'
import { changeImage, isHealthy, pass, run, runUntil } from './simulate/drive.ts'
import { bump, seenOf, type World } from './simulate/world.ts'
import { applySelector, happen } from './testing/happenings.ts'
import { atRest, patchStatus, podsByImage, stableImage, weightsByImage } from './testing/look.ts'

const STEPS = { 'sluice.dev/steps': '25%, 10s, 50%, pause, 100%' }
const toStep = (world: World, index: number): void =>
  runUntil(world, ({ rollout }) => rollout?.status?.currentStepIndex === index)
const message = (world: World): string => world.rollout?.status?.message ?? ''
const editSpec = (world: World, change: object): void => {
  world.services = world.services.map(service => bump(world, { ...service, spec: { ...service.spec, ...change } }))
}

test('two Services: the canary is made when both lead to the routers, and both have the same shares', () => {
  const world = atRest({ annotations: STEPS, services: ['web', 'web-internal'] })
  changeImage(world, 'v2')
  toStep(world, 1)
  assert.deepEqual(
    world.routes.map(({ metadata, spec }) => [metadata.name, spec.backends.map(({ weight }) => weight)]),
    [
      ['web', [75, 25]],
      ['web-internal', [75, 25]],
    ],
  )
  assert.notEqual(world.routes[0]?.spec.ports[0]?.listenPort, world.routes[1]?.spec.ports[0]?.listenPort)
  assert.deepEqual(world.violations, [])
})

test('the annotation services leaves the others in serve mode', () => {
  const world = atRest({ annotations: { ...STEPS, 'sluice.dev/services': 'web' }, services: ['web', 'web-internal'] })
  changeImage(world, 'v2')
  toStep(world, 1)
  assert.deepEqual(
    world.routes.map(({ metadata }) => metadata.name),
    ['web'],
  )
})

test('a Service that is named but not there holds the update with the stable version at 100 %', () => {
  const world = atRest({ annotations: { ...STEPS, 'sluice.dev/services': 'web,nowhere' } })
  changeImage(world, 'v2')
  run(world, 60)
  assert.deepEqual(podsByImage(world), { v1: 4 })
  assert.match(message(world), /^Service nowhere of the annotation sluice\.dev\/services is not in namespace shop/)
})

test('a Service that cannot be put in proxy mode holds the update, and a full promotion goes on without a split', () => {
  const world = atRest({ annotations: STEPS })
  editSpec(world, { internalTrafficPolicy: 'Local' })
  changeImage(world, 'v2')
  run(world, 40)
  assert.deepEqual(podsByImage(world), { v1: 4 })
  assert.match(message(world), /^Service web cannot be put in proxy mode: internalTrafficPolicy Local .* waiting since /)
  patchStatus(world, { promoteFull: true })
  runUntil(world, isHealthy)
  assert.equal(stableImage(world), 'v2')
  assert.deepEqual(world.violations, [])
})

test('a stable version without a ready pod cannot be protected: a full promotion replaces it', () => {
  const world = atRest({ annotations: STEPS })
  for (const pod of world.pods) pod.readyAt = Number.POSITIVE_INFINITY
  changeImage(world, 'v2')
  run(world, 30)
  assert.deepEqual(podsByImage(world), { v1: 4 })
  assert.match(message(world), /every ready router knows a ready pod of the stable version/)
  patchStatus(world, { promoteFull: true })
  runUntil(world, isHealthy)
  assert.equal(stableImage(world), 'v2')
})

test('blue-green: the new version stands at full size before it gets anything, and the old one stays until the promotion', () => {
  const world = atRest({ annotations: { 'sluice.dev/strategy': 'blue-green', 'sluice.dev/steps': 'pause, 100%, 10s' } })
  changeImage(world, 'v2')
  runUntil(world, ({ rollout }) => rollout?.status?.phase === 'Paused')
  assert.deepEqual(podsByImage(world), { v1: 4, v2: 4 })
  assert.deepEqual(weightsByImage(world), { v1: 100 })
  patchStatus(world, { pauseConditions: [] })
  toStep(world, 3)
  assert.deepEqual(weightsByImage(world), { v2: 100 })
  assert.deepEqual(podsByImage(world), { v1: 4, v2: 4 })
  patchStatus(world, { abort: true })
  run(world, 2)
  assert.deepEqual(weightsByImage(world), { v1: 100 }, 'back at once, no pod is missing')
  assert.deepEqual(world.violations, [])
})

test('a Rollout that a person paused completes no step, and goes on when it is resumed', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 1)
  happen(world, { kind: 'pause' })
  run(world, 40)
  assert.equal(world.rollout?.status?.currentStepIndex, 1)
  assert.equal(world.rollout?.status?.phase, 'Paused')
  assert.match(message(world), /^The Rollout is paused: waiting since .*; ends when it is resumed/)
  assert.equal(world.rollout?.spec.paused, true, 'not written over')
  happen(world, { kind: 'resume' })
  toStep(world, 3)
})

test('promote during a timed pause goes on at once', () => {
  const world = atRest({ annotations: { 'sluice.dev/steps': '25%, 1h, 50%, pause, 100%' } })
  changeImage(world, 'v2')
  runUntil(world, ({ rollout }) => rollout?.status?.phase === 'Paused')
  patchStatus(world, { pauseConditions: [] })
  run(world, 1)
  assert.equal(world.rollout?.status?.currentStepIndex, 2)
  assert.ok(world.events.some(text => text === 'Normal RolloutResumed: Rollout is resumed'))
})

test('a step index that a person raised is where it goes on', () => {
  const world = atRest({ annotations: { 'sluice.dev/steps': '25%, 1h, 50%, 1h, 75%, 100%' } })
  changeImage(world, 'v2')
  runUntil(world, ({ rollout }) => rollout?.status?.phase === 'Paused')
  patchStatus(world, { currentStepIndex: 4 })
  runUntil(world, seen => weightsByImage(seen)['v2'] === 75)
})

test('other steps in mid-update start again at the first, with the shares in force', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 3)
  assert.ok(world.deployment)
  const annotations = { ...world.deployment.metadata.annotations, 'sluice.dev/steps': '30%, pause, 100%' }
  world.deployment = { ...world.deployment, metadata: { ...world.deployment.metadata, annotations } }
  pass(world)
  assert.equal(world.rollout?.status?.currentStepIndex, 0)
  toStep(world, 1)
  assert.deepEqual(weightsByImage(world), { v1: 70, v2: 30 })
})

test('an apply that puts the selector back is undone while the canary has pods', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 3)
  applySelector(world)
  run(world, 4)
  assert.equal(world.services[0]?.spec.selector, undefined)
  assert.deepEqual(weightsByImage(world), { v1: 50, v2: 50 })
})

test('an apply that unpauses a held Deployment is undone first of all', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 1)
  assert.ok(world.deployment)
  world.deployment = { ...world.deployment, spec: { ...world.deployment.spec, paused: false } }
  const [first] = plan(seenOf(world), world.now).intents
  assert.ok(first?.kind === 'patchDeployment')
  assert.ok(first.patch.some(({ path, value }) => path === '/spec/paused' && value === true))
})

test('an older version that is rolled out again is a canary of its old ReplicaSet', () => {
  const world = atRest({ annotations: { 'sluice.dev/steps': '50%, 100%' } })
  changeImage(world, 'v2')
  runUntil(world, isHealthy)
  const sets = world.replicaSets.length
  changeImage(world, 'v1')
  runUntil(world, seen => weightsByImage(seen)['v1'] === 50)
  runUntil(world, isHealthy)
  assert.equal(stableImage(world), 'v1')
  assert.equal(world.replicaSets.length, sets)
  assert.deepEqual(world.violations, [])
})

test('a lost status is put together again from what is there', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 3)
  happen(world, { kind: 'status lost' })
  run(world, 1)
  assert.equal(stableImage(world), 'v1')
  toStep(world, 1)
  assert.deepEqual(weightsByImage(world), { v1: 75, v2: 25 })
  assert.deepEqual(world.violations, [])
})

test('a canary that loses all its pods loses its share at once, and gets it back', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 3)
  const canary = world.replicaSets.find(
    ({ metadata }) => metadata.labels?.['pod-template-hash'] === world.rollout?.status?.currentPodHash,
  )
  for (const pod of world.pods) if (pod.replicaSet === canary?.metadata.name) pod.readyAt = world.now + 4000
  pass(world)
  assert.deepEqual(weightsByImage(world), { v1: 100 })
  runUntil(world, seen => weightsByImage(seen)['v2'] === 50)
  assert.deepEqual(world.violations, [])
})

test('while no router is ready nothing moves, and the sentence says so', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  runUntil(world, ({ routes }) => routes[0]?.status?.step === 'proxy')
  for (const router of world.routers) router.ready = false
  run(world, 30)
  assert.deepEqual(weightsByImage(world), { v1: 100 })
  assert.match(message(world), /^No router is ready/)
  for (const router of world.routers) router.ready = true
  toStep(world, 1)
})

test('a Deployment without a Service is updated by the number of pods, with a warning that nothing is measured', () => {
  const world = atRest({ annotations: STEPS, services: [] })
  changeImage(world, 'v2')
  toStep(world, 3)
  assert.deepEqual(podsByImage(world), { v1: 2, v2: 2 })
  assert.equal(world.events.filter(text => text.startsWith('Warning AnalysisLeftOut')).length, 1)
  assert.equal(world.runs.length, 0)
})

test('held, but with nothing else to go back to, the only version is taken as it is', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  const [old] = world.replicaSets
  world.replicaSets = []
  world.pods = world.pods.filter(({ replicaSet }) => replicaSet !== old?.metadata.name)
  runUntil(world, seen => seen.deployment !== undefined && !isHeld(seen.deployment))
  runUntil(world, isHealthy)
  assert.deepEqual(podsByImage(world), { v2: 4 })
})

test('with annotations that were never right an update is held where it is, also when promoted in full', () => {
  const world = atRest({ annotations: STEPS })
  happen(world, { kind: 'opt out' })
  runUntil(world, ({ rollout }) => rollout === undefined)
  happen(world, { kind: 'annotations wrong' })
  happen(world, { kind: 'opt in' })
  run(world, 1)
  changeImage(world, 'v2')
  run(world, 3)
  patchStatus(world, { promoteFull: true })
  run(world, 40)
  assert.deepEqual(podsByImage(world), { v1: 4 })
  assert.match(message(world), /^InvalidSpec: /)
  happen(world, { kind: 'annotations right' })
  runUntil(world, isHealthy)
  assert.equal(stableImage(world), 'v2')
  assert.deepEqual(world.violations, [])
})

test('scaled to 0 in mid-update: the version under test is deleted before native code could take the stable one to 0', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  toStep(world, 3)
  happen(world, { kind: 'scale', replicas: 0 })
  const { intents } = plan(seenOf(world), world.now)
  const kinds = intents.map(({ kind }) => kind).filter(kind => kind === 'scale' || kind === 'deleteReplicaSet')
  assert.deepEqual(kinds, ['deleteReplicaSet'])
  pass(world)
  assert.deepEqual(
    world.replicaSets.map(({ metadata }) => metadata.labels?.['pod-template-hash']),
    [world.rollout?.status?.stableRS],
  )
})

test('the last pod of the old version stays until what bypasses the routers is published from the new one', () => {
  const world = atRest({ annotations: { 'sluice.dev/steps': '50%, 100%' } })
  changeImage(world, 'v2')
  toStep(world, 1)
  world.publishes = false
  run(world, 60)
  assert.deepEqual(weightsByImage(world), { v2: 100 })
  assert.deepEqual(podsByImage(world), { v1: 1, v2: 4 })
  assert.equal(stableImage(world), 'v1')
  assert.match(message(world), /^The new version becomes the stable one: waiting since /)
  world.publishes = true
  runUntil(world, isHealthy)
  assert.deepEqual(podsByImage(world), { v2: 4 })
})

test('a share rises only when every router has acknowledged the last one and knows a pod', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  runUntil(world, ({ routes }) => routes[0]?.status?.step === 'proxy')
  for (let i = 0; i < 40; i += 1) pass(world, { deaf: ['router-2'] })
  assert.deepEqual(weightsByImage(world), { v1: 100 })
  toStep(world, 1)
  assert.deepEqual(weightsByImage(world), { v1: 75, v2: 25 })
})

test('no canary is made while the stable version, in proxy mode already, has no ready pod; a full promotion goes on', () => {
  const world = atRest({ annotations: STEPS })
  changeImage(world, 'v2')
  runUntil(world, ({ routes }) => routes[0]?.status?.step === 'proxy')
  for (const pod of world.pods) pod.readyAt = Number.POSITIVE_INFINITY
  run(world, 30)
  assert.deepEqual(podsByImage(world), { v1: 4 })
  assert.match(
    message(world),
    /^Step 1\/5 \(setWeight 25%\): a pod of the stable version \w+ becomes ready: waiting since .*; ends when one is, or with a full promotion$/,
  )
  patchStatus(world, { promoteFull: true })
  runUntil(world, isHealthy)
  assert.equal(stableImage(world), 'v2')
})
