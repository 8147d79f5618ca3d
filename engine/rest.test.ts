/** A Deployment that is not in an update: what Sluice does to it, and what it leaves alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHeld } from '../api/hold.ts'
import { DEPLOYMENT_LABEL, DESIRED_REPLICAS, INSTANCE_ID_LABEL, ROLLOUTS_POD_TEMPLATE_HASH } from '../api/names.ts'
import { templateHash } from '../api/template.ts'
import { plan } from './plan.ts'
import { changeImage, isHealthy, pass, run, runUntil } from './simulate/drive.ts'
import { makeWorld, seenOf, templateOf, type World } from './simulate/world.ts'
import { happen } from './testing/happenings.ts'
import { atRest, podsByImage, stableImage, weightsByImage } from './testing/look.ts'

const annotate = (world: World, annotations: { readonly [key: string]: string }): void => {
  assert.ok(world.deployment)
  const metadata = { ...world.deployment.metadata, annotations: { ...world.deployment.metadata.annotations, ...annotations } }
  world.deployment = { ...world.deployment, metadata }
}

test('a Rollout of the same name is made, owned by the Deployment and marked as Sluice’s', () => {
  const { rollout, deployment } = atRest()
  assert.equal(rollout?.metadata.labels?.[INSTANCE_ID_LABEL], 'sluice')
  assert.deepEqual(rollout?.spec.workloadRef, { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' })
  assert.equal(rollout?.metadata.ownerReferences?.[0]?.uid, deployment?.metadata.uid)
  assert.equal(rollout?.status?.phase, 'Healthy')
  assert.equal(rollout?.spec.replicas, 4)
})

test('the Services in front are labelled, the stable ReplicaSet is marked in its metadata only, the stable template is noted', () => {
  const world = atRest()
  assert.equal(world.services[0]?.metadata.labels?.[DEPLOYMENT_LABEL], 'web')
  const [rs] = world.replicaSets
  assert.equal(rs?.metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH], rs?.metadata.labels?.['pod-template-hash'])
  assert.equal(rs?.spec.template.metadata?.labels?.[ROLLOUTS_POD_TEMPLATE_HASH], undefined)
  assert.deepEqual(
    rs?.metadata.ownerReferences?.map(({ kind, controller }) => [kind, controller]),
    [
      ['Deployment', true],
      ['Rollout', undefined],
    ],
  )
  assert.equal(world.deployment?.metadata.annotations?.['sluice.dev/stable-template'], templateHash(templateOf('v1')))
})

test('nothing is noted before Kubernetes has finished', () => {
  const world = makeWorld()
  pass(world)
  pass(world)
  assert.equal(world.deployment?.metadata.annotations?.['sluice.dev/stable-template'], undefined)
  assert.equal(world.rollout?.status?.phase, 'Progressing')
  assert.match(world.rollout?.status?.message ?? '', /^Kubernetes rolls the template out by itself: waiting since /)
})

test('at rest a pass does nothing', () => {
  const world = atRest()
  const planned = plan(seenOf(world), world.now)
  assert.deepEqual(planned.intents, [])
  assert.deepEqual(planned.status, world.rollout?.status)
})

test('kubectl scale at rest is left to Kubernetes', () => {
  const world = atRest()
  happen(world, { kind: 'scale', replicas: 6 })
  run(world, 8)
  assert.deepEqual(podsByImage(world), { v1: 6 })
  assert.equal(world.events.filter(text => text.includes('ScalingReplicaSet')).length, 0)
  assert.equal(world.rollout?.spec.replicas, 6)
})

test('bypass: the next template passes to Kubernetes and is noted as stable', () => {
  const world = atRest()
  annotate(world, { 'sluice.dev/bypass': 'true' })
  changeImage(world, 'v2', 'past webhook')
  runUntil(world, seen => stableImage(seen) === 'v2')
  assert.ok(world.deployment && !isHeld(world.deployment))
  assert.equal(world.events.filter(text => text.startsWith('Warning')).length, 0)
  assert.equal(world.deployment.metadata.annotations?.['sluice.dev/stable-template'], templateHash(templateOf('v2')))
  assert.equal(
    world.deployment.metadata.annotations?.['sluice.dev/bypass'],
    undefined,
    'the one after that is tried like any other',
  )
})

test('a template that Kubernetes finished past the webhook is accepted with a warning', () => {
  const world = atRest()
  changeImage(world, 'v2', 'past webhook')
  // The controller was down all the while.
  for (let i = 0; i < 40; i += 1) pass(world, { upTo: 0 })
  run(world, 3)
  assert.equal(stableImage(world), 'v2')
  assert.equal(world.events.filter(text => text.startsWith('Warning Unverified')).length, 1)
})

test('a template that changed past the webhook at 0 pods is held, and the stable version is what wakes', () => {
  const world = atRest()
  happen(world, { kind: 'scale', replicas: 0 })
  run(world, 6)
  changeImage(world, 'v2', 'past webhook')
  run(world, 4)
  assert.ok(world.deployment && isHeld(world.deployment))
  happen(world, { kind: 'scale', replicas: 3 })
  run(world, 4)
  assert.deepEqual(podsByImage(world), { v1: 3 })
  assert.deepEqual(world.violations, [])
})

test('a template changed while the user paused the Deployment waits for the user', () => {
  const world = atRest()
  assert.ok(world.deployment)
  world.deployment = { ...world.deployment, spec: { ...world.deployment.spec, paused: true, template: templateOf('v2') } }
  run(world, 4)
  assert.deepEqual(podsByImage(world), { v1: 4 })
  assert.match(world.rollout?.status?.message ?? '', /^The Deployment is paused by its user/)
})

test('wrong annotations are told on the Rollout and change nothing', () => {
  const world = atRest()
  annotate(world, { 'sluice.dev/steps': '5%, soon' })
  run(world, 2)
  assert.equal(world.rollout?.status?.phase, 'Degraded')
  assert.match(world.rollout?.status?.message ?? '', /^InvalidSpec: metadata\.annotations\[sluice\.dev\/steps\]: /)
  assert.equal(world.rollout?.status?.conditions?.find(({ type }) => type === 'InvalidSpec')?.status, 'True')
  assert.equal(world.events.filter(text => text.startsWith('Warning InvalidSpec')).length, 1)
  assert.deepEqual(podsByImage(world), { v1: 4 })
})

test('a Rollout of the same name that a user wrote is never touched', () => {
  const world = makeWorld()
  world.rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'shop', uid: 'theirs', resourceVersion: '1' },
    spec: { strategy: { canary: {} } },
  }
  const planned = plan(seenOf(world), world.now)
  assert.deepEqual(
    planned.intents.map(({ kind }) => kind),
    ['event'],
  )
  assert.equal(planned.status, undefined)
})

test('a Rollout of a deleted Deployment of the same name goes first', () => {
  const world = atRest()
  assert.ok(world.deployment)
  world.deployment = { ...world.deployment, metadata: { ...world.deployment.metadata, uid: 'another' } }
  const planned = plan(seenOf(world), world.now)
  assert.deepEqual(
    planned.intents.map(({ kind }) => kind),
    ['deleteRollout'],
  )
})

test('opting out at rest leaves nothing behind and touches no pod', () => {
  const world = atRest({ annotations: { 'sluice.dev/router-mode': 'always' } })
  runUntil(world, ({ routes }) => routes[0]?.status?.step === 'proxy')
  const pods = world.pods.map(({ name }) => name)
  happen(world, { kind: 'opt out' })
  runUntil(world, ({ rollout }) => rollout === undefined)
  run(world, 3)
  assert.deepEqual(
    world.pods.map(({ name }) => name),
    pods,
  )
  assert.deepEqual(world.routes, [])
  assert.deepEqual(
    world.services.map(({ metadata, spec }) => [metadata.name, spec.selector, metadata.labels ?? {}]),
    [['web', { app: 'web' }, {}]],
  )
  assert.deepEqual(
    world.slices.filter(({ metadata }) => metadata.name.includes('sluice')),
    [],
  )
  const [rs] = world.replicaSets
  assert.equal(rs?.metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH], undefined)
  assert.deepEqual(
    rs?.metadata.ownerReferences?.map(({ kind }) => kind),
    ['Deployment'],
  )
  assert.equal(world.deployment?.metadata.annotations?.['sluice.dev/stable-template'], undefined)
  assert.deepEqual(plan(seenOf(world), world.now).intents, [])
  assert.deepEqual(world.violations, [])
})

test('in an update the annotation by which native code would kill the canary is removed from every ReplicaSet', () => {
  const world = atRest()
  assert.ok(world.replicaSets[0]?.metadata.annotations?.[DESIRED_REPLICAS] !== undefined)
  changeImage(world, 'v2')
  run(world, 1)
  assert.equal(world.replicaSets[0]?.metadata.annotations?.[DESIRED_REPLICAS], undefined)
})

test('wrong annotations in an update hold its position, and a rollback still works', () => {
  const world = atRest({ annotations: { 'sluice.dev/steps': '25%, 5s, 50%, 100%' } })
  changeImage(world, 'v2')
  runUntil(world, ({ rollout }) => rollout?.status?.currentStepIndex === 1)
  happen(world, { kind: 'annotations wrong' })
  run(world, 30)
  assert.deepEqual(weightsByImage(world), { v1: 75, v2: 25 })
  assert.match(world.rollout?.status?.message ?? '', /^InvalidSpec: /)
  changeImage(world, 'v1')
  runUntil(world, seen => seen.deployment !== undefined && !isHeld(seen.deployment))
  assert.deepEqual(podsByImage(world), { v1: 4 })
  happen(world, { kind: 'annotations right' })
  runUntil(world, isHealthy)
  assert.deepEqual(world.violations, [])
})
