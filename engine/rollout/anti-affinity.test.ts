/** Nodes without pods of the stable version, for a canary; beside what its user says about nodes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CanaryStrategy } from '../../api/rollout.ts'
import { sameRolloutTemplate } from './template.ts'
import {
  edit,
  isHealthy,
  isPaused,
  makeWorld,
  pass,
  run,
  runUntil,
  sizesOf,
  steer,
  templateOf,
  type World,
} from './testing/world.ts'

const CANARY: CanaryStrategy = {
  maxSurge: 1,
  maxUnavailable: 0,
  steps: [{ setWeight: 20 }, { pause: {} }],
  antiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} },
}

const OWN = {
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { labelSelector: { matchLabels: { app: 'db' } }, topologyKey: 'topology.kubernetes.io/zone' },
    ],
  },
}

const withOwn = (image: string) => {
  const template = templateOf(image)
  return { ...template, spec: { ...template.spec, affinity: OWN } }
}

const specOf = (world: World, image: string) =>
  world.replicaSets.find(({ spec }) => spec.template.spec.containers[0]?.image === image)?.spec.template ?? assert.fail()

const termOf = (hash: string | undefined) => ({
  labelSelector: { matchExpressions: [{ key: 'rollouts-pod-template-hash', operator: 'In', values: [hash] }] },
  topologyKey: 'kubernetes.io/hostname',
})

const atPause = (): World => {
  const world = makeWorld({ canary: CANARY }, { template: withOwn('v1') })
  runUntil(world, isHealthy)
  edit(world, { template: withOwn('v2') })
  runUntil(world, isPaused)
  return world
}

test('the first version has what its user says, and nothing else', () => {
  const world = makeWorld({ canary: CANARY }, { template: withOwn('v1') })
  runUntil(world, isHealthy)
  assert.deepEqual(specOf(world, 'v1').spec['affinity'], OWN)
})

test('a canary keeps away from nodes of the stable version until it is that itself, beside what its user says', () => {
  const world = atPause()
  const [own] = OWN.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution
  assert.deepEqual(specOf(world, 'v2').spec['affinity'], {
    nodeAffinity: OWN.nodeAffinity,
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [own, termOf(world.rollout.status?.stableRS)],
    },
  })
  const before = world.pods.map(({ name }) => name)
  steer(world, 'a person promotes', { pauseConditions: null })
  pass(world)
  runUntil(world, isHealthy)
  run(world, 2)
  assert.deepEqual(specOf(world, 'v2').spec['affinity'], OWN)
  assert.equal(sizesOf(world), 'v2: 5')
  assert.ok(world.pods.some(({ name }) => before.includes(name)))
})

test('a version is found again by its template whatever was put into it', () => {
  const world = atPause()
  assert.ok(sameRolloutTemplate(specOf(world, 'v2'), withOwn('v2')))
  assert.ok(!sameRolloutTemplate(specOf(world, 'v2'), templateOf('v2')))
})

test('a canary that comes after another one names the version that is stable then', () => {
  const world = atPause()
  steer(world, 'a person promotes', { pauseConditions: null })
  pass(world)
  runUntil(world, isHealthy)
  const stable = world.rollout.status?.stableRS
  edit(world, { template: withOwn('v1') })
  pass(world)
  runUntil(world, isPaused)
  assert.match(JSON.stringify(specOf(world, 'v1').spec['affinity']), new RegExp(`"values":\\["${stable}"\\]`))
})
