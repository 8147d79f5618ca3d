/** Header and mirror routes, labels of parts, thresholds and the order of things, where traffic goes by weights. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CanaryStrategy, RolloutStatus } from '../../../api/rollout.ts'
import {
  imageOf,
  makeTrafficWorld,
  pass,
  run,
  runUntil,
  ship,
  statusOf,
  steer,
  type TrafficOptions,
  type TrafficWorld,
} from '../testing/traffic-world.ts'
import { sizesOf } from '../testing/world.ts'

const isHealthy = ({ phase }: RolloutStatus) => phase === 'Healthy'
const isPausedAt = (index: number) => (status: RolloutStatus) => status.phase === 'Paused' && status.currentStepIndex === index
const promote = (world: TrafficWorld) => steer(world, 'a person promotes', { pauseConditions: null })

const ROUTING = { plugins: { 'sluice/router': {} }, managedRoutes: [{ name: 'testers' }, { name: 'copies' }] }

const makeWorld = (more: Partial<CanaryStrategy>, options: TrafficOptions = {}): TrafficWorld =>
  makeTrafficWorld({ canary: { stableService: 'stable', canaryService: 'canary', trafficRouting: ROUTING, ...more } }, options)

const healthy = (...args: Parameters<typeof makeWorld>): TrafficWorld => {
  const world = makeWorld(...args)
  runUntil(world, isHealthy)
  run(world, 3)
  return world
}

const TESTERS = [{ headerName: 'X-Tester', headerValue: { regex: 'y(es)?' } }]
const COPIES = [{ method: { exact: 'GET' }, path: { prefix: '/shop' }, headers: { 'X-Copy': { exact: 'please' } } }]

test('setHeaderRoute sends matching requests to the canary, whatever the weight, until the end of the update', () => {
  const steps = [{ setCanaryScale: { weight: 25 } }, { setHeaderRoute: { name: 'testers', match: TESTERS } }, { pause: {} }]
  const world = healthy({ steps })
  ship(world, 'v2')
  runUntil(world, isPausedAt(2))
  const [route] = world.routes
  assert.deepEqual(
    route?.spec.headerRoutes?.map(({ name, hash, match }) => [name, imageOf(world, hash), match]),
    [['testers', 'v2', [{ headers: [{ name: 'X-Tester', value: { regex: 'y(es)?' } }] }]]],
  )
  assert.deepEqual(
    route?.spec.backends.map(({ hash, weight }) => [imageOf(world, hash), weight]),
    [
      ['v1', 100],
      ['v2', 0],
    ],
  )
  promote(world)
  runUntil(world, status => isHealthy(status) && imageOf(world, status.stableRS ?? '') === 'v2')
  run(world, 2)
  assert.equal(world.routes[0]?.spec.headerRoutes, undefined)
  assert.deepEqual(world.violations, [])
})

test('setMirrorRoute copies a share of matching requests to the canary, and one without a match takes that back', () => {
  const copy = { setMirrorRoute: { name: 'copies', percentage: 35, match: COPIES } }
  const steps = [{ setCanaryScale: { replicas: 2 } }, copy, { pause: {} }, { setMirrorRoute: { name: 'copies' } }, { pause: {} }]
  const world = healthy({ steps })
  ship(world, 'v2')
  runUntil(world, isPausedAt(2))
  const mirror = world.routes[0]?.spec.mirrorRoutes?.[0]
  assert.deepEqual(
    [mirror?.name, mirror?.percent, imageOf(world, mirror?.hash ?? ''), mirror?.match],
    [
      'copies',
      35,
      'v2',
      [
        {
          method: { exact: 'GET' },
          path: { prefix: '/shop' },
          headers: [{ name: 'X-Copy', value: { exact: 'please' } }],
        },
      ],
    ],
  )
  promote(world)
  runUntil(world, isPausedAt(4))
  assert.equal(world.routes[0]?.spec.mirrorRoutes, undefined)
})

test('a step with a route is done when every router runs it', () => {
  const steps = [{ setCanaryScale: { replicas: 1 } }, { setHeaderRoute: { name: 'testers', match: TESTERS } }, { pause: {} }]
  const world = healthy({ steps })
  ship(world, 'v2')
  runUntil(world, ({ currentStepIndex }) => currentStepIndex === 1)
  world.deaf.add('router-2')
  run(world, 10)
  assert.equal(statusOf(world).currentStepIndex, 1)
  world.deaf.clear()
  runUntil(world, isPausedAt(2))
})

test('the first revision has no routes, and neither has a canary whose pods are gone', () => {
  const steps = [{ setCanaryScale: { replicas: 1 } }, { setHeaderRoute: { name: 'testers', match: TESTERS } }, { pause: {} }]
  const world = makeWorld({ steps })
  for (let i = 0; i < 12; i += 1) {
    pass(world)
    assert.deepEqual(world.routes, [])
  }
  ship(world, 'v2')
  runUntil(world, isPausedAt(2))
  world.checks = 'none'
  for (const pod of world.pods)
    if (pod.name.includes(statusOf(world).currentPodHash ?? '-')) pod.readyAt = Number.POSITIVE_INFINITY
  run(world, 2)
  assert.equal(world.routes[0]?.spec.headerRoutes, undefined)
})

test('stickiness and the client address of the Service are told to the routers', () => {
  const plugins = { 'sluice/router': { sticky: { header: 'X-User' } } }
  const world = healthy({ trafficRouting: { plugins }, steps: [{ setWeight: 20 }, { pause: {} }] })
  world.services = world.services.map(one =>
    one.metadata.name === 'stable' ? { ...one, spec: { ...one.spec, sessionAffinity: 'ClientIP' } } : one,
  )
  ship(world, 'v2')
  runUntil(world, isPausedAt(1))
  const { sticky, affinity } = world.routes[0]?.spec ?? {}
  assert.deepEqual([sticky, affinity], [{ by: 'header', header: 'X-User' }, 'client-ip'])
})

test('enough pods by replicaProgressThreshold move the weight, complete a step and the update', () => {
  const world = healthy(
    { steps: [{ setWeight: 50 }, { pause: {} }], replicaProgressThreshold: { type: 'Percent', value: 50 } },
    { spec: { replicas: 8 } },
  )
  world.checks = 'ready'
  ship(world, 'v2')
  const isNew = ({ name }: { readonly name: string }) => name.includes(statusOf(world).currentPodHash ?? '-')
  // Two of the canary's pods never become ready.
  for (let i = 0; i < 30; i += 1) {
    pass(world)
    for (const pod of world.pods.filter(isNew).slice(0, 2)) pod.readyAt = Number.POSITIVE_INFINITY
  }
  assert.equal(statusOf(world).currentStepIndex, 1)
  assert.equal(statusOf(world).canary?.weights?.canary.weight, 50)
  promote(world)
  runUntil(world, ({ stableRS, currentPodHash }) => stableRS === currentPodHash)
  assert.equal(sizesOf(world), 'v1: 8, v2: 8')
})

test('a canary has its labels and the stable version its own, also where traffic goes by weights', () => {
  const world = healthy({
    steps: [{ setWeight: 20 }, { pause: {} }],
    canaryMetadata: { labels: { role: 'canary' } },
    stableMetadata: { labels: { role: 'stable' } },
  })
  const roles = () =>
    Object.fromEntries(
      world.replicaSets.map(({ spec }) => [spec.template.spec.containers[0]?.image, spec.template.metadata?.labels?.['role']]),
    )
  ship(world, 'v2')
  runUntil(world, isPausedAt(1))
  assert.deepEqual(roles(), { v1: 'stable', v2: 'canary' })
  promote(world)
  runUntil(world, status => isHealthy(status) && imageOf(world, status.stableRS ?? '') === 'v2')
  run(world, 3)
  assert.deepEqual(roles(), { v1: undefined, v2: 'stable' })
})

test('in a look Services come before weights, weights before analyses, and sizes last', () => {
  const analysis = { templates: [{ templateName: 'smoke' }] }
  const world = makeWorld({ steps: [{ setWeight: 20 }, { pause: {} }], analysis })
  world.templates.push({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'smoke' },
    spec: { metrics: [{ name: 'errors', provider: { plugin: { 'acme/errors': {} } } }] },
  })
  world.analyses = false
  runUntil(world, isHealthy)
  run(world, 3)
  const kinds = ['patchService', 'createRoute', 'createAnalysisRun', 'scale']
  ship(world, 'v2')
  const order: string[] = []
  for (let i = 0; i < 20; i += 1) {
    const wanted = pass(world)
      .intents.map(({ kind }) => kind)
      .filter(kind => kinds.includes(kind))
    const places = wanted.map(kind => kinds.indexOf(kind))
    assert.deepEqual(places, [...places].sort(), wanted.join(', '))
    order.push(...wanted)
  }
  assert.deepEqual(new Set(order), new Set(kinds))
})

test('a Service in proxy mode keeps its selector put aside, and a promotion changes it there', () => {
  const world = healthy({ steps: [{ setWeight: 20 }, { pause: {} }] })
  ship(world, 'v2')
  runUntil(world, isPausedAt(1))
  const front = () => world.services.find(({ metadata }) => metadata.name === 'stable')
  const saved = () => JSON.parse(front()?.metadata.annotations?.['sluice.dev/selector'] ?? '{}')
  assert.deepEqual([front()?.spec.selector, saved()['rollouts-pod-template-hash']], [undefined, statusOf(world).stableRS])
  promote(world)
  runUntil(world, status => isHealthy(status) && imageOf(world, status.stableRS ?? '') === 'v2')
  pass(world)
  assert.deepEqual(saved(), { app: 'web', 'rollouts-pod-template-hash': statusOf(world).currentPodHash })
})
