/** What pods have only while their version has a part: labels and annotations of it, and nodes without pods of the stable version. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { abort, atPause, healthy, promote } from './testing/blue-green.ts'
import { edit, isHealthy, isPaused, makeWorld, pass, run, runUntil, ship, steer, type World } from './testing/world.ts'

const METADATA = {
  previewMetadata: { labels: { role: 'preview' }, annotations: { note: 'not yet' } },
  activeMetadata: { labels: { role: 'active' } },
}

const imageOf = (world: World, uid: string) =>
  world.replicaSets.find(({ metadata }) => metadata.uid === uid)?.spec.template.spec.containers[0]?.image

/** `role` of the pods, by image; `?` where they differ. */
const rolesOf = (world: World): { readonly [image: string]: string | undefined } => {
  const roles: { [image: string]: string | undefined } = {}
  for (const pod of world.pods) {
    const image = imageOf(world, pod.owner) ?? '?'
    roles[image] = image in roles && roles[image] !== pod.labels['role'] ? '?' : pod.labels['role']
  }
  return roles
}

const templateOf = (world: World, image: string) =>
  world.replicaSets.find(({ spec }) => spec.template.spec.containers[0]?.image === image)?.spec.template ?? assert.fail()

test('pods of the preview and of the active version carry its labels, and change them with the switch without a restart', () => {
  const world = atPause(METADATA)
  run(world, 2)
  assert.deepEqual(rolesOf(world), { v1: 'active', v2: 'preview' })
  assert.deepEqual(templateOf(world, 'v2').metadata?.annotations, { note: 'not yet' })
  const before = world.pods.map(({ name }) => name)
  promote(world)
  pass(world)
  runUntil(world, isHealthy)
  run(world, 2)
  assert.deepEqual(rolesOf(world), { v1: undefined, v2: 'active' })
  assert.deepEqual(templateOf(world, 'v2').metadata?.annotations, {})
  assert.deepEqual(
    world.pods.map(({ name }) => name),
    before,
  )
})

test('a pod that comes later has the labels from its template', () => {
  const world = healthy(METADATA)
  run(world, 2)
  world.pods = world.pods.slice(1)
  run(world, 3)
  assert.deepEqual([world.pods.length, rolesOf(world)], [3, { v1: 'active' }])
})

test('labels of a part make no new version, and are found as such when the hash is another one', () => {
  const world = healthy(METADATA)
  run(world, 2)
  // As another version of Argo Rollouts would have named it.
  const [set] = world.replicaSets
  assert.ok(set)
  const named = JSON.parse(JSON.stringify(set).replaceAll(world.rollout.status?.stableRS ?? '', 'abc123'))
  world.replicaSets = [named]
  world.services = JSON.parse(JSON.stringify(world.services).replaceAll(world.rollout.status?.stableRS ?? '', 'abc123'))
  world.pods = world.pods.map(pod => ({ ...pod, owner: named.metadata.uid }))
  steer(world, 'its status is that of the other', { stableRS: 'abc123', currentPodHash: 'abc123' })
  run(world, 5)
  assert.deepEqual([world.replicaSets.length, world.rollout.status?.currentPodHash], [1, 'abc123'])
})

test('a canary has its labels until it is promoted', () => {
  const canary = {
    steps: [{ setWeight: 40 }, { pause: {} }],
    canaryMetadata: { labels: { role: 'canary' } },
    stableMetadata: { labels: { role: 'stable' } },
  }
  const world = makeWorld({ canary })
  runUntil(world, isHealthy)
  ship(world, 'v2')
  runUntil(world, isPaused)
  run(world, 2)
  assert.deepEqual(rolesOf(world), { v1: 'stable', v2: 'canary' })
  steer(world, 'a person promotes', { pauseConditions: null })
  pass(world)
  runUntil(world, isHealthy)
  run(world, 2)
  assert.deepEqual(rolesOf(world), { v2: 'stable' })
})

test('labels of a part are written before old versions go', () => {
  const afterWrites = (count: number): World => {
    const world = makeWorld({ canary: {} })
    runUntil(world, isHealthy)
    ship(world, 'v2')
    pass(world)
    runUntil(world, isHealthy)
    edit(world, { revisionHistoryLimit: 0, strategy: { canary: { stableMetadata: { labels: { role: 'stable' } } } } })
    pass(world, count)
    return world
  }
  const looks = [0, 1, 2, 3, 4, 5, 6, 7].map(afterWrites)
  const cleanedUp = looks.filter(({ replicaSets }) => replicaSets.length === 1)
  assert.deepEqual([looks[0]?.replicaSets.length, cleanedUp.length > 0], [2, true])
  for (const world of cleanedUp) assert.deepEqual(rolesOf(world), { v2: 'stable' })
})

const ownRules = (world: World) => templateOf(world, 'v2').spec['affinity']

for (const [how, wish, list] of [
  [
    'preferred',
    { preferredDuringSchedulingIgnoredDuringExecution: { weight: 7 } },
    'preferredDuringSchedulingIgnoredDuringExecution',
  ],
  ['required', { requiredDuringSchedulingIgnoredDuringExecution: {} }, 'requiredDuringSchedulingIgnoredDuringExecution'],
] as const) {
  test(`a new version keeps away from nodes of the stable one (${how})`, () => {
    const world = atPause({ antiAffinity: wish })
    const term = {
      labelSelector: {
        matchExpressions: [{ key: 'rollouts-pod-template-hash', operator: 'In', values: [world.rollout.status?.stableRS] }],
      },
      topologyKey: 'kubernetes.io/hostname',
    }
    const rule = how === 'preferred' ? { weight: 7, podAffinityTerm: term } : term
    assert.deepEqual(ownRules(world), { podAntiAffinity: { [list]: [rule] } })
  })
}

test('a version that is aborted keeps its part', () => {
  const world = atPause(METADATA)
  abort(world)
  run(world, 3)
  assert.deepEqual(rolesOf(world), { v1: 'active', v2: 'preview' })
})
