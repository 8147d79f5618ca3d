/** What a canary reports in mid-update and at rest: counts, position and conditions, field by field. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { argoPodTemplateHash, argoStepHash } from '../../api/pod-template-json.ts'
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
  steer,
  templateOf,
  type World,
} from './testing/world.ts'

const STEPS = [{ setWeight: 20 }, { pause: {} }]
const CANARY: RolloutStrategy = { canary: { maxSurge: 1, maxUnavailable: 0, steps: STEPS } }

const atPause = (): World => {
  const world = makeWorld(CANARY)
  runUntil(world, isHealthy)
  ship(world, 'v2')
  runUntil(world, isPaused)
  run(world, 2)
  return world
}

const conditions = ({ rollout }: World) =>
  Object.fromEntries(
    (rollout.status?.conditions ?? []).map(({ type, ...rest }) => [type, [rest.status, rest.reason, rest.message]]),
  )

test('the counts are those of all versions, and of the newest', () => {
  const { status } = atPause().rollout
  const { replicas, updatedReplicas, readyReplicas, availableReplicas } = status ?? {}
  assert.deepEqual([replicas, updatedReplicas, readyReplicas, availableReplicas], [5, 1, 5, 5])
})

test('an autoscaler finds the pods of all versions', () => {
  const { status } = atPause().rollout
  assert.deepEqual([status?.HPAReplicas, status?.selector], [5, 'app=web'])
})

test('the generation that was seen is a text', () => {
  assert.equal(atPause().rollout.status?.observedGeneration, '2')
})

test('the hashes of the newest template and of the steps are those of Argo Rollouts', () => {
  const { status } = atPause().rollout
  assert.equal(status?.currentPodHash, argoPodTemplateHash(templateOf('v2')))
  assert.equal(status?.stableRS, argoPodTemplateHash(templateOf('v1')))
  assert.equal(status?.currentStepHash, argoStepHash(STEPS))
})

test('a pause is marked as the controller’s own, so that a person who clears it has gone on', () => {
  assert.equal(atPause().rollout.status?.controllerPause, true)
})

test('an abort has its time until it is taken back', () => {
  const world = atPause()
  const at = new Date(world.now).toISOString().replace('.000Z', 'Z')
  steer(world, 'a person aborts', { abort: true })
  run(world, 4)
  assert.equal(world.rollout.status?.abortedAt, at)
  steer(world, 'a person retries', { abort: false })
  run(world, 4)
  assert.equal(world.rollout.status?.abortedAt, undefined)
})

test('in a pause it is available, paused, and neither completed nor healthy', () => {
  assert.deepEqual(conditions(atPause()), {
    Available: ['True', 'AvailableReason', 'Rollout has minimum availability'],
    Progressing: ['Unknown', 'RolloutPaused', 'Rollout is paused'],
    Paused: ['True', 'RolloutPaused', 'Rollout is paused'],
    Completed: ['False', 'RolloutCompleted', 'RolloutCompleted'],
    Healthy: ['False', 'RolloutHealthy', 'Rollout is not healthy'],
  })
})

test('at rest it is completed and healthy', () => {
  const world = makeWorld(CANARY)
  runUntil(world, isHealthy)
  const name = world.replicaSets[0]?.metadata.name
  assert.deepEqual(conditions(world), {
    Available: ['True', 'AvailableReason', 'Rollout has minimum availability'],
    Progressing: ['True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`],
    Paused: ['False', 'RolloutPaused', 'Rollout is paused'],
    Completed: ['True', 'RolloutCompleted', 'RolloutCompleted'],
    Healthy: ['True', 'RolloutHealthy', 'Rollout is healthy'],
  })
})

test('a new ReplicaSet and its growth are told in Progressing', () => {
  const world = makeWorld(CANARY)
  const reasons = new Set<unknown>()
  for (let i = 0; i < 10; i += 1) {
    pass(world)
    reasons.add(conditions(world)['Progressing']?.[1])
  }
  for (const reason of ['NewReplicaSetCreated', 'ReplicaSetUpdated', 'NewReplicaSetAvailable'])
    assert.ok(reasons.has(reason), reason)
})

test('what a ReplicaSet cannot make is told', () => {
  const world = atPause()
  const failure = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' } as const
  world.replicaSets = world.replicaSets.map(set => ({ ...set, status: { ...set.status, conditions: [failure] } }))
  pass(world)
  assert.deepEqual(conditions(world)['ReplicaFailure'], ['True', 'FailedCreate', 'exceeded quota'])
})

test('enough pods by replicaProgressThreshold complete a step and the update', () => {
  const world = makeWorld({ canary: { steps: [{ setWeight: 100 }], replicaProgressThreshold: { type: 'Percent', value: 60 } } })
  runUntil(world, isHealthy)
  world.broken.add('v2')
  ship(world, 'v2')
  run(world, 10)
  assert.equal(world.rollout.status?.currentStepIndex, 0)
  edit(world, { strategy: { canary: { steps: [{ setWeight: 100 }], replicaProgressThreshold: { type: 'Pods', value: 0 } } } })
  run(world, 10)
  assert.equal(world.rollout.status?.currentStepIndex, 1)
})

test('a Service that it points at a version is marked as its own', () => {
  const world = makeWorld({ canary: { ...CANARY.canary, stableService: 'stable', canaryService: 'canary' } }, {}, [
    'stable',
    'canary',
  ])
  runUntil(world, isHealthy)
  run(world, 2)
  for (const { metadata, spec } of world.services) {
    assert.equal(metadata.annotations?.['argo-rollouts.argoproj.io/managed-by-rollouts'], 'web')
    assert.equal(spec.selector?.[ROLLOUTS_POD_TEMPLATE_HASH], argoPodTemplateHash(templateOf('v1')))
  }
})

test('a version that comes back remembers the revisions that it was', () => {
  const world = atPause()
  ship(world, 'v1')
  run(world, 4)
  const back = world.replicaSets.find(({ spec }) => spec.template.spec.containers[0]?.image === 'v1')
  assert.equal(back?.metadata.annotations?.['rollout.argoproj.io/revision'], '3')
  assert.equal(back?.metadata.annotations?.['rollout.argoproj.io/revision-history'], '1')
})

test('minReadySeconds is that of the ReplicaSet', () => {
  const world = makeWorld(CANARY, { minReadySeconds: 7 })
  runUntil(world, isHealthy)
  assert.equal(world.replicaSets[0]?.spec.minReadySeconds, 7)
  edit(world, { minReadySeconds: 9 })
  run(world, 2)
  assert.equal(world.replicaSets[0]?.spec.minReadySeconds, 9)
})
