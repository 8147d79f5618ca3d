/** Rollouts that Argo Rollouts leaves in mid-update: carried on at the same step, with the same pods. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { CanaryStrategy } from '../../api/rollout.ts'
import { asLeftByArgo, podsOf } from './testing/left-by-argo.ts'
import { isHealthy, isPaused, makeWorld, pass, run, runUntil, ship, sizesOf, steer, type World } from './testing/world.ts'

const STEPS: NonNullable<CanaryStrategy['steps']> = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }]
const SMOKE = { templates: [{ templateName: 'smoke' }] }

const inMidUpdate = (canary: CanaryStrategy, services: readonly string[] = []): World => {
  const world = makeWorld({ canary: { maxSurge: 1, maxUnavailable: 0, ...canary } }, {}, services)
  world.templates = [
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisTemplate',
      metadata: { name: 'smoke', namespace: 'shop' },
      spec: { metrics: [{ name: 'errors', count: 1, provider: { web: { url: 'http://metrics/errors' } } }] },
    },
  ]
  runUntil(world, isHealthy)
  ship(world, 'v2')
  return world
}

test('an update in a pause stays there, with the same pods and hashes, and goes on when promoted', () => {
  const world = inMidUpdate({ steps: STEPS, stableService: 'stable', canaryService: 'canary' }, ['stable', 'canary'])
  runUntil(world, isPaused)
  run(world, 2)
  asLeftByArgo(world)
  const [pods, { currentPodHash, stableRS }] = [podsOf(world), world.rollout.status ?? {}]
  const services = JSON.stringify(world.services)
  run(world, 6)
  assert.deepEqual(podsOf(world), pods)
  assert.equal(JSON.stringify(world.services), services)
  assert.equal(world.replicaSets.length, 2)
  const { status } = world.rollout
  assert.deepEqual(
    [status?.currentPodHash, status?.stableRS, status?.currentStepIndex, status?.phase],
    [currentPodHash, stableRS, 1, 'Paused'],
  )
  assert.deepEqual(world.log, [])
  steer(world, 'a person promotes', { pauseConditions: null })
  pass(world)
  runUntil(world, isPaused)
  assert.equal(sizesOf(world), 'v1: 2, v2: 3')
})

test('an update at rest after an abort stays aborted', () => {
  const world = inMidUpdate({ steps: STEPS })
  runUntil(world, isPaused)
  steer(world, 'a person aborts', { abort: true })
  run(world, 8)
  asLeftByArgo(world)
  const pods = podsOf(world)
  run(world, 6)
  assert.deepEqual(podsOf(world), pods)
  assert.equal(world.rollout.status?.phase, 'Degraded')
  assert.deepEqual(world.log, [])
})

test('an analysis that the other controller left at work is ended, and measured anew at the same step', () => {
  const world = inMidUpdate({ steps: [{ setWeight: 20 }, { analysis: SMOKE }, { pause: {} }] })
  runUntil(world, () => world.runs.length > 0)
  pass(world)
  asLeftByArgo(world)
  const plain = (one: AnalysisRun): AnalysisRun => {
    const labels = Object.entries(one.metadata.labels ?? {}).filter(([key]) => !key.includes('instance-id'))
    return {
      ...one,
      metadata: { ...one.metadata, labels: Object.fromEntries(labels) },
      status: { phase: 'Running', metricResults: [] },
    }
  }
  world.runs = world.runs.map(plain)
  const pods = podsOf(world)
  run(world, 3)
  assert.deepEqual(
    world.runs.map(({ metadata, spec }) => [metadata.name.split('-').at(-1), spec.terminate === true]),
    [
      ['1', true],
      ['1.1', false],
    ],
  )
  assert.equal(world.rollout.status?.canary?.currentStepAnalysisRunStatus?.name, world.runs[1]?.metadata.name)
  assert.equal(world.rollout.status?.currentStepIndex, 1)
  assert.deepEqual(podsOf(world), pods)
})
