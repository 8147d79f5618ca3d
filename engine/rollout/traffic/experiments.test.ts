/** An experiment whose templates get shares of the traffic beside the stable version and the canary. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExperimentStatus } from '../../../api/experiment.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../../api/names.ts'
import type { RolloutStatus } from '../../../api/rollout.ts'
import { created } from '../../simulate/world.ts'
import { EXPERIMENT_NAME } from '../names.ts'
import { imageOf, makeTrafficWorld, run, runUntil, ship, statusOf, steer, type TrafficWorld } from '../testing/traffic-world.ts'
import { templateOf } from '../testing/world.ts'

const TEMPLATES = [
  { name: 'baseline', specRef: 'stable' as const, weight: 5 },
  { name: 'candidate', specRef: 'canary' as const, weight: 10 },
]

const isPausedAt = (index: number) => (status: RolloutStatus) => status.phase === 'Paused' && status.currentStepIndex === index

/** As the controller of Experiments makes them. */
const startPods = (world: TrafficWorld): void => {
  for (const { name, specRef } of TEMPLATES) {
    const template = templateOf(specRef === 'stable' ? 'v1' : 'v2')
    const labels = { app: 'web', [ROLLOUTS_POD_TEMPLATE_HASH]: name }
    world.replicaSets.push(
      created(world, {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: `exp-${name}`, labels, annotations: { [EXPERIMENT_NAME]: 'exp' } },
        spec: { replicas: 1, selector: { matchLabels: labels }, template: { ...template, metadata: { labels } } },
      }),
    )
  }
}

const report = (world: TrafficWorld, phase: NonNullable<ExperimentStatus['phase']>): void => {
  const templateStatuses = TEMPLATES.map(({ name }) => ({
    name,
    status: 'Running',
    podTemplateHash: name,
    serviceName: `exp-${name}`,
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas: 1,
    availableReplicas: 1,
  }))
  world.experiments = world.experiments.map(one => ({ ...one, status: { phase, templateStatuses } }))
}

const sharesOf = (world: TrafficWorld) =>
  Object.fromEntries(
    (world.routes[0]?.spec.backends ?? []).map(({ hash, role, weight }) => [`${role} ${imageOf(world, hash)}`, weight]),
  )

const atExperiment = (): TrafficWorld => {
  const world = makeTrafficWorld({
    canary: {
      stableService: 'stable',
      canaryService: 'canary',
      trafficRouting: { plugins: { 'sluice/router': {} } },
      steps: [{ setWeight: 20 }, { experiment: { templates: TEMPLATES } }, { pause: {} }],
    },
  })
  runUntil(world, ({ phase }) => phase === 'Healthy')
  run(world, 3)
  ship(world, 'v2')
  runUntil(world, (_, { experiments }) => (experiments as readonly unknown[]).length > 0)
  startPods(world)
  return world
}

/** The checks of shares know only the versions of the Rollout itself. */
const withPods = (world: TrafficWorld): TrafficWorld => {
  world.checks = 'ready'
  return world
}

test('templates of an experiment have their shares while it runs, the canary its own, and the stable version the rest', () => {
  const world = withPods(atExperiment())
  run(world, 5)
  assert.deepEqual(sharesOf(world), { 'stable v1': 80, 'canary v2': 20 })
  report(world, 'Running')
  run(world, 8)
  assert.deepEqual(sharesOf(world), { 'stable v1': 65, 'canary v2': 20, 'experiment v1': 5, 'experiment v2': 10 })
  const { weights } = statusOf(world).canary ?? {}
  assert.deepEqual(weights?.additional, [
    { weight: 5, podTemplateHash: 'baseline', serviceName: 'exp-baseline' },
    { weight: 10, podTemplateHash: 'candidate', serviceName: 'exp-candidate' },
  ])
  assert.deepEqual([weights?.canary.weight, weights?.stable.weight, weights?.verified], [20, 65, true])
  report(world, 'Successful')
  runUntil(world, isPausedAt(2))
  run(world, 3)
  assert.deepEqual(sharesOf(world), { 'stable v1': 80, 'canary v2': 20 })
  assert.equal(statusOf(world).canary?.weights?.additional, undefined)
  assert.deepEqual(world.violations, [])
})

test('no template has a share before every router knows a pod of it', () => {
  const world = withPods(atExperiment())
  world.replicaSets = world.replicaSets.filter(({ metadata }) => metadata.name !== 'exp-candidate')
  report(world, 'Running')
  run(world, 8)
  assert.equal(world.routes[0]?.spec.backends.find(({ hash }) => hash === 'candidate')?.weight, 0)
  assert.deepEqual(world.violations, [])
})

test('an abort takes their shares back', () => {
  const world = withPods(atExperiment())
  report(world, 'Running')
  run(world, 8)
  steer(world, 'a person aborts', { abort: true })
  run(world, 2)
  assert.deepEqual(
    world.routes[0]?.spec.backends.filter(({ weight }) => weight > 0).map(({ role, weight }) => [role, weight]),
    [['stable', 100]],
  )
  assert.equal(world.experiments[0]?.spec.terminate, true)
  assert.deepEqual(world.violations, [])
})
