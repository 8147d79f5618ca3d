/** AnalysisRuns in an update: made, heeded, replaced, ended and cleaned up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalysisRun, AnalysisTemplate } from '../api/analysis-run.ts'
import { plan } from './plan.ts'
import { changeImage, isHealthy, run, runUntil } from './simulate/drive.ts'
import { bump, seenOf, type World } from './simulate/world.ts'
import { atRest, patchStatus, podsByImage, stableImage, weightsByImage } from './testing/look.ts'

const aTemplate = (name: string): AnalysisTemplate => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name, namespace: 'shop' },
  spec: {
    args: [{ name: 'service', value: 'web' }],
    metrics: [{ name: 'errors', provider: { web: { url: 'http://prometheus/{{args.service}}' } } }],
  },
})

const update = (
  steps: string,
  more: { readonly [key: string]: string } = {},
  templates: readonly AnalysisTemplate[] = [],
): World => {
  const world = atRest({ annotations: { 'sluice.dev/steps': steps, ...more } })
  world.templates.push(...templates)
  changeImage(world, 'v2')
  return world
}

const theRun = ({ runs }: World): AnalysisRun => {
  const found = runs.at(-1)
  assert.ok(found)
  return found
}

const setPhase = (world: World, status: AnalysisRun['status']): void => {
  world.analyses = false
  world.runs = world.runs.map((each, i) => (i === world.runs.length - 1 && status ? bump(world, { ...each, status }) : each))
}

test('the background run starts with the first share of traffic and not before', () => {
  const world = update('25%, 60s, 100%')
  runUntil(world, seen => weightsByImage(seen)['v2'] === 25)
  assert.equal(world.runs.length, 0)
  run(world, 1)
  assert.equal(world.runs.length, 1)
})

test('it has Argo Rollouts’ name and labels, belongs to the Rollout, and measures each check by the routers’ numbers', () => {
  const world = update('25%, 60s, 100%', { 'sluice.dev/analysis': 'success-rate >= 99%, p99 <= 500ms' })
  runUntil(world, ({ runs }) => runs.length === 1)
  const { metadata, spec } = theRun(world)
  const [stable, canary] = [world.rollout?.status?.stableRS, world.rollout?.status?.currentPodHash]
  assert.equal(metadata.name, `web-${canary}-2`)
  assert.deepEqual(metadata.labels, {
    app: 'web',
    'rollout-type': 'Background',
    'rollouts-pod-template-hash': canary,
    'argo-rollouts.argoproj.io/controller-instance-id': 'sluice',
  })
  assert.equal(metadata.ownerReferences?.[0]?.uid, world.rollout?.metadata.uid)
  const target = { deployment: 'web', canaryHash: canary, stableHash: stable }
  assert.deepEqual(spec.metrics, [
    {
      name: 'success-rate >= 99%',
      interval: '1s',
      provider: { plugin: { 'sluice/router': { ...target, check: 'success-rate >= 99%' } } },
    },
    { name: 'p99 <= 500ms', interval: '1s', provider: { plugin: { 'sluice/router': { ...target, check: 'p99 <= 500ms' } } } },
  ])
  assert.deepEqual(world.rollout?.status?.canary?.currentBackgroundAnalysisRunStatus?.name, metadata.name)
})

test('a template adds its metrics and arguments', () => {
  const world = update('25%, 60s, 100%', { 'sluice.dev/analysis': 'success-rate >= 99%, template/smoke' }, [aTemplate('smoke')])
  runUntil(world, ({ runs }) => runs.length === 1)
  assert.deepEqual(
    theRun(world).spec.metrics.map(({ name }) => name),
    ['success-rate >= 99%', 'errors'],
  )
  assert.deepEqual(theRun(world).spec.args, [{ name: 'service', value: 'web' }])
})

test('arguments come from the Rollout, its versions and the Deployment; a Secret is left to whoever measures', () => {
  const secret = { secretKeyRef: { name: 's', key: 'k' } }
  const field = (fieldPath: string) => ({ fieldRef: { fieldPath } })
  const smoke = aTemplate('smoke')
  const args = [
    { name: 'new', valueFrom: { podTemplateHashValue: 'Latest' as const } },
    { name: 'old', valueFrom: { podTemplateHashValue: 'Stable' as const } },
    { name: 'app', valueFrom: field('metadata.name') },
    { name: 'replicas', valueFrom: field('spec.replicas') },
    { name: 'key', valueFrom: secret },
  ]
  const world = update('25%, 60s, 100%', { 'sluice.dev/analysis': 'template/smoke' }, [
    { ...smoke, spec: { ...smoke.spec, args } },
  ])
  runUntil(world, ({ runs }) => runs.length === 1)
  const { currentPodHash, stableRS } = world.rollout?.status ?? {}
  assert.deepEqual(theRun(world).spec.args, [
    { name: 'new', value: currentPodHash },
    { name: 'old', value: stableRS },
    { name: 'app', value: 'web' },
    { name: 'replicas', value: String(world.deployment?.spec.replicas) },
    { name: 'key', valueFrom: secret },
  ])
})

test('an analysis that can never run is said and completes no step, and an update goes on when it is put right', () => {
  const wrong = { ...aTemplate('smoke'), spec: { metrics: [], args: [{ name: 'url' }] } }
  const world = update('25%, 5s, 100%', { 'sluice.dev/analysis': 'template/smoke' }, [wrong])
  run(world, 30)
  assert.equal(world.rollout?.status?.message, 'InvalidSpec: spec.strategy.canary.analysis.templates: args.url was not resolved')
  assert.deepEqual([world.rollout?.status?.currentStepIndex, world.runs.length], [0, 0])
  world.templates.splice(0, 1, aTemplate('smoke'))
  runUntil(world, isHealthy)
  assert.equal(stableImage(world), 'v2')
})

test('a template that is not there is waited for by name', () => {
  const world = update('25%, 5s, 100%', { 'sluice.dev/analysis': 'template/smoke' })
  runUntil(
    world,
    ({ rollout }) => rollout?.status?.message?.startsWith('AnalysisTemplate smoke is not in namespace shop') === true,
  )
  world.templates.push(aTemplate('smoke'))
  runUntil(world, isHealthy)
  assert.equal(stableImage(world), 'v2')
})

test('not all traffic goes to a version that was not judged by enough requests', () => {
  const world = update('25%, 2s, 100%')
  runUntil(world, ({ runs }) => runs.length === 1)
  setPhase(world, {
    phase: 'Running',
    message: 'too few requests',
    metricResults: [{ name: 'success-rate >= 99%', phase: 'Running', successful: 0 }],
  })
  run(world, 60)
  assert.deepEqual(weightsByImage(world), { v1: 75, v2: 25 })
  assert.match(
    world.rollout?.status?.message ?? '',
    /background analysis judges enough requests of version \w+: waiting since \d\d:\d\d:\d\dZ; ends with its verdict/,
  )
  setPhase(world, { phase: 'Running', metricResults: [{ name: 'success-rate >= 99%', phase: 'Running', successful: 1 }] })
  runUntil(world, isHealthy)
  assert.equal(stableImage(world), 'v2')
})

test('with nothing but 100 % to go to, a first share is given to be judged', () => {
  const world = update('100%')
  runUntil(world, ({ runs }) => runs.length === 1)
  setPhase(world, { phase: 'Running', metricResults: [] })
  run(world, 60)
  assert.deepEqual(weightsByImage(world), { v1: 75, v2: 25 })
})

test('an inconclusive run pauses; a person who goes on starts another one', () => {
  const world = update('25%, 1s, 50%, 100%')
  runUntil(world, ({ runs }) => runs.length === 1)
  setPhase(world, { phase: 'Inconclusive', message: 'too few requests' })
  run(world, 30)
  assert.equal(world.rollout?.status?.phase, 'Paused')
  assert.equal(world.rollout?.status?.pauseConditions?.[0]?.reason, 'InconclusiveAnalysisRun')
  assert.match(
    world.rollout?.status?.message ?? '',
    /^The analysis could not tell: waiting since .*; ends when a person promotes or aborts$/,
  )
  world.analyses = true
  patchStatus(world, { pauseConditions: [] })
  runUntil(world, ({ runs }) => runs.length === 2)
  assert.equal(theRun(world).metadata.name, `web-${world.rollout?.status?.currentPodHash}-2.1`)
  runUntil(world, isHealthy)
})

test('an aborted update ends its run, and a retry makes a new one', () => {
  const world = update('25%, 60s, 100%')
  runUntil(world, ({ runs }) => runs.length === 1)
  patchStatus(world, { abort: true })
  run(world, 20)
  assert.equal(theRun(world).spec.terminate, true)
  patchStatus(world, { abort: false })
  runUntil(world, ({ runs }) => runs.length === 2)
  assert.equal(theRun(world).metadata.name, `web-${world.rollout?.status?.currentPodHash}-2.1`)
})

test('a promotion ends the background run', () => {
  const world = update('25%, 1s, 100%')
  runUntil(world, isHealthy)
  assert.equal(theRun(world).spec.terminate, true)
})

test('an analysis step makes its own run, and waits for it', () => {
  const world = update('25%, analysis(smoke), 100%', {}, [aTemplate('smoke')])
  runUntil(
    world,
    ({ rollout }) => rollout?.status?.currentStepIndex === 1 && rollout.status.canary?.currentStepAnalysisRunStatus !== undefined,
  )
  run(world, 5)
  const step = world.runs.find(({ metadata }) => metadata.labels?.['rollout-type'] === 'Step')
  assert.equal(step?.metadata.name, `web-${world.rollout?.status?.currentPodHash}-2-1`)
  assert.equal(step?.metadata.labels?.['step-index'], '1')
  world.runs = world.runs.map(each => (each === step ? bump(world, { ...each, status: { phase: 'Successful' } }) : each))
  runUntil(world, isHealthy)
  assert.equal(stableImage(world), 'v2')
})

test('a failed analysis step aborts with its message', () => {
  const world = update('25%, analysis(smoke), 100%', {}, [aTemplate('smoke')])
  runUntil(world, ({ runs }) => runs.some(({ metadata }) => metadata.labels?.['rollout-type'] === 'Step'))
  world.runs = world.runs.map(each =>
    each.metadata.labels?.['rollout-type'] === 'Step'
      ? bump(world, { ...each, status: { phase: 'Failed', message: 'no smoke' } })
      : each,
  )
  run(world, 40)
  assert.match(
    world.rollout?.status?.message ?? '',
    /Rollout aborted update to revision 2: Step-based analysis phase error\/failed: no smoke/,
  )
  assert.deepEqual(podsByImage(world), { v1: 4 })
})

test('of ended runs five successful and five others are kept, the newest', () => {
  const world = atRest()
  const hash = world.replicaSets[0]?.metadata.labels?.['pod-template-hash'] ?? assert.fail()
  const made = (i: number, phase: 'Successful' | 'Failed'): AnalysisRun => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      name: `old-${phase}-${i}`,
      uid: `old-${phase}-${i}`,
      creationTimestamp: `2026-11-2${i}T00:00:00Z`,
      labels: { 'rollout-type': 'Background', 'rollouts-pod-template-hash': hash },
    },
    spec: { metrics: [] },
    status: { phase },
  })
  world.runs = [0, 1, 2, 3, 4, 5, 6].flatMap(i => [made(i, 'Successful'), made(i, 'Failed')])
  const deleted = plan(seenOf(world), world.now).intents.flatMap(intent =>
    intent.kind === 'deleteAnalysisRun' ? [intent.name] : [],
  )
  assert.deepEqual(deleted.sort(), ['old-Failed-0', 'old-Failed-1', 'old-Successful-0', 'old-Successful-1'])
})

test('the run of a version that has no ReplicaSet any more goes, that of one that has stays', () => {
  const world = update('25%, 5s, 100%', { 'sluice.dev/analysis': 'template/smoke' }, [aTemplate('smoke')])
  runUntil(world, isHealthy)
  const run = world.runs.find(({ status }) => status?.phase === 'Successful')
  assert.ok(run)
  const orphan = {
    ...run,
    metadata: { ...run.metadata, name: 'web-gone-1', labels: { ...run.metadata.labels, 'rollouts-pod-template-hash': 'gone' } },
  }
  world.runs = [...world.runs, orphan]
  runUntil(world, ({ runs }) => !runs.includes(orphan))
  assert.ok(world.runs.some(({ metadata }) => metadata.name === run.metadata.name))
})
