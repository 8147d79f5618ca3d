/** What is told and done when a canary without traffic routing is judged by analyses, scenario by scenario, as one readable page. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import type { AnalysisTemplate } from '../../api/analysis-run.ts'
import { INSTANCE_ID, INSTANCE_ID_LABEL } from '../../api/names.ts'
import type { CanaryStrategy, Rollout, RolloutStatus } from '../../api/rollout.ts'
import { edit, isHealthy, isPaused, makeWorld, pass, run, runUntil, ship, sizesOf, steer, type World } from './testing/world.ts'

const GOLDEN = new URL('testing/canary-analysis.txt', import.meta.url)

type Steps = NonNullable<CanaryStrategy['steps']>

const SMOKE = { templates: [{ templateName: 'smoke' }] }

const template = (spec: Partial<AnalysisTemplate['spec']> = {}): AnalysisTemplate => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'smoke', namespace: 'shop' },
  spec: {
    metrics: [{ name: 'errors', count: 1, provider: { web: { url: 'http://metrics/errors' } } }],
    ...spec,
  },
})

const BY_STEP: Steps = [{ setWeight: 20 }, { analysis: SMOKE }, { setWeight: 60 }, { pause: {} }]
const BY_PAUSE: Steps = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }]

/** A Rollout at rest with v1. */
const healthy = (canary: CanaryStrategy, more: Partial<Rollout['spec']> = {}): World => {
  const world = makeWorld({ canary: { maxSurge: 1, maxUnavailable: 0, ...canary } }, more)
  world.templates = [template()]
  runUntil(world, isHealthy)
  world.log.length = 0
  return world
}

const pointers = ({ canary }: RolloutStatus) => ({
  step: canary?.currentStepAnalysisRunStatus,
  background: canary?.currentBackgroundAnalysisRunStatus,
})

/** The names of runs at work that nobody has asked to end. */
const atWork = ({ runs }: World): readonly string[] =>
  runs
    .filter(
      ({ status, spec }) => !['Successful', 'Failed', 'Error', 'Inconclusive'].includes(status?.phase ?? '') && !spec.terminate,
    )
    .map(({ metadata }) => metadata.name)

/** What the analysis controller reports of a run. */
const judge = (world: World, phase: string, message?: string): void => {
  const [name] = atWork(world)
  if (name === undefined) throw new Error(`no run is at work:\n${world.log.join('\n')}`)
  world.log.push(`> the run is ${phase}`)
  world.runs = world.runs.map(one =>
    one.metadata.name === name ? { ...one, status: { phase, ...(message && { message }), metricResults: [] } } : one,
  ) as World['runs']
}

const untilRun = (world: World): void => runUntil(world, () => atWork(world).length > 0)

const atStep = (canary: CanaryStrategy = { steps: BY_STEP }): World => {
  const world = healthy(canary)
  ship(world, 'v2')
  untilRun(world)
  pass(world)
  return world
}

const inBackground = (): World => atStep({ steps: BY_PAUSE, analysis: SMOKE })

const readable = (world: World): string =>
  world.replicaSets.reduce((text, { metadata, spec }) => {
    const image = spec.template.spec.containers[0]?.image ?? '?'
    return text.replaceAll(metadata.name.replace('web-', ''), image)
  }, world.log.join('\n'))

const SCENARIOS: { readonly [title: string]: () => World } = {
  'A step waits for its analysis, and the update goes on when that is successful': () => {
    const world = atStep()
    judge(world, 'Running')
    run(world, 2)
    judge(world, 'Successful')
    runUntil(world, isPaused)
    return world
  },
  'An analysis of a step that fails aborts the update, and a retry begins with a new run': () => {
    const world = atStep()
    judge(world, 'Failed', 'Metric "errors" assessed Failed due to failed (1) > failureLimit (0)')
    run(world, 6)
    steer(world, 'a person retries', { abort: false })
    untilRun(world)
    judge(world, 'Successful')
    runUntil(world, isPaused)
    return world
  },
  'An analysis of a step that can not tell pauses, and a person goes on': () => {
    const world = atStep()
    judge(world, 'Inconclusive')
    run(world, 3)
    steer(world, 'a person promotes', { pauseConditions: null })
    pass(world)
    runUntil(world, isPaused)
    return world
  },
  'The background analysis goes on beside the steps and ends with the promotion': () => {
    const world = inBackground()
    judge(world, 'Running')
    runUntil(world, isPaused)
    steer(world, 'a person promotes', { pauseConditions: null })
    pass(world)
    runUntil(world, isPaused)
    steer(world, 'a person promotes', { pauseConditions: null })
    pass(world)
    runUntil(world, isHealthy)
    run(world, 2)
    return world
  },
  'The background analysis fails in a pause and aborts': () => {
    const world = inBackground()
    runUntil(world, isPaused)
    judge(world, 'Error', 'connection refused')
    run(world, 6)
    return world
  },
  'The background analysis can not tell: it pauses, and a person who goes on gets a new run': () => {
    const world = inBackground()
    judge(world, 'Inconclusive')
    run(world, 3)
    steer(world, 'a person promotes', { pauseConditions: null })
    run(world, 3)
    return world
  },
  'A template that is not there is told before anything moves': () => {
    const world = healthy({ steps: BY_STEP })
    world.templates = []
    ship(world, 'v2')
    run(world, 2)
    world.templates = [template()]
    world.log.push('> the template is made')
    untilRun(world)
    return world
  },
}

test('what is told and done is what the page says (write it anew with --update)', () => {
  const page = Object.entries(SCENARIOS)
    .map(([title, live]) => `## ${title}\n\n${readable(live())}\n`)
    .join('\n')
  if (process.argv.includes('--update')) writeFileSync(GOLDEN, page)
  assert.equal(page, readFileSync(GOLDEN, 'utf8'))
})

test('runs are named and labelled as the tools of Argo Rollouts look for them', () => {
  const world = atStep()
  const [made] = world.runs
  const hash = world.rollout.status?.currentPodHash
  assert.equal(made?.metadata.name, `web-${hash}-2-1`)
  assert.deepEqual(made?.metadata.labels, {
    app: 'web',
    'rollout-type': 'Step',
    'step-index': '1',
    'rollouts-pod-template-hash': hash,
    [INSTANCE_ID_LABEL]: INSTANCE_ID,
  })
  assert.equal(inBackground().runs[0]?.metadata.labels?.['rollout-type'], 'Background')
})

test('arguments are the hashes of both versions, fields of the Rollout, and Secrets as they stand', () => {
  const secret = { secretKeyRef: { name: 'token', key: 'token' } }
  const args = [
    { name: 'new', valueFrom: { podTemplateHashValue: 'Latest' as const } },
    { name: 'old', valueFrom: { podTemplateHashValue: 'Stable' as const } },
    { name: 'name', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'step', valueFrom: { fieldRef: { fieldPath: 'status.currentStepIndex' } } },
  ]
  const world = healthy({ steps: [{ setWeight: 20 }, { analysis: { ...SMOKE, args } }] })
  world.templates = [template({ args: [...args.map(({ name }) => ({ name })), { name: 'token', valueFrom: secret }] })]
  ship(world, 'v2')
  untilRun(world)
  const { stableRS, currentPodHash } = world.rollout.status ?? {}
  const given = Object.fromEntries((world.runs[0]?.spec.args ?? []).map(one => [one.name, one.value ?? one.valueFrom]))
  assert.deepEqual(given, { new: currentPodHash, old: stableRS, name: 'web', step: '1', token: secret })
})

test('several templates are one run, with the arguments that the step gives', () => {
  const latency: AnalysisTemplate = {
    ...template({
      args: [{ name: 'service' }],
      metrics: [{ name: 'latency', provider: { web: { url: 'http://{{args.service}}' } } }],
    }),
    metadata: { name: 'latency', namespace: 'shop' },
  }
  const analysis = { templates: [...SMOKE.templates, { templateName: 'latency' }], args: [{ name: 'service', value: 'web' }] }
  const world = makeWorld({ canary: { steps: [{ setWeight: 20 }, { analysis }] } })
  world.templates = [template(), latency]
  runUntil(world, isHealthy)
  ship(world, 'v2')
  untilRun(world)
  const [made, ...others] = world.runs
  assert.deepEqual(others, [])
  assert.deepEqual(
    made?.spec.metrics.map(({ name }) => name),
    ['errors', 'latency'],
  )
  assert.deepEqual(made?.spec.args, [{ name: 'service', value: 'web' }])
})

test('what does not count, how much is kept, and labels and annotations are those that the analysis says', () => {
  const rules = { dryRun: [{ metricName: 'errors' }], measurementRetention: [{ metricName: 'errors', limit: 3 }] }
  const analysisRunMetadata = { labels: { team: 'shop' }, annotations: { note: 'by hand' } }
  const world = atStep({ steps: [{ setWeight: 20 }, { analysis: { ...SMOKE, ...rules, analysisRunMetadata } }] })
  const [made] = world.runs
  assert.deepEqual([made?.spec.dryRun, made?.spec.measurementRetention], [rules.dryRun, rules.measurementRetention])
  assert.equal(made?.metadata.labels?.['team'], 'shop')
  assert.deepEqual(made?.metadata.annotations, { note: 'by hand' })
})

test('the status points at the run of the step and at the one in the background, with what became of them', () => {
  const step = atStep()
  const background = inBackground()
  const told = (world: World) => {
    run(world, 1)
    return pointers(world.rollout.status ?? {})
  }
  judge(step, 'Running', 'measuring')
  judge(background, 'Running')
  const nameIn = ({ runs }: World) => runs[0]?.metadata.name
  assert.deepEqual(told(step), {
    step: { name: nameIn(step), status: 'Running', message: 'measuring' },
    background: undefined,
  })
  assert.deepEqual(told(background), { step: undefined, background: { name: nameIn(background), status: 'Running' } })
  judge(step, 'Successful')
  runUntil(step, isPaused)
  assert.deepEqual(told(step), { step: undefined, background: undefined })
})

test('with all pods of the new version it still waits for the steps that are left', () => {
  const world = healthy({ steps: [{ setWeight: 100 }, { analysis: SMOKE }] })
  ship(world, 'v2')
  untilRun(world)
  run(world, 3)
  assert.equal(sizesOf(world), 'v2: 5')
  const { phase, message } = world.rollout.status ?? {}
  assert.deepEqual([phase, message], ['Progressing', 'waiting for all steps to complete'])
  judge(world, 'Successful')
  runUntil(world, isHealthy)
})

test('the first version and a full promotion are not judged', () => {
  const world = makeWorld({ canary: { steps: BY_STEP, analysis: SMOKE } })
  world.templates = [template()]
  runUntil(world, isHealthy)
  assert.deepEqual(world.runs, [])
  ship(world, 'v2')
  untilRun(world)
  steer(world, 'a person promotes in full', { promoteFull: true })
  pass(world)
  assert.deepEqual(atWork(world), [])
  runUntil(world, isHealthy)
  assert.equal(sizesOf(world), 'v2: 5')
  pass(world)
  assert.deepEqual(pointers(world.rollout.status ?? {}), { step: undefined, background: undefined })
})

test('a run in the background does not start before its step', () => {
  const world = healthy({ steps: BY_PAUSE, analysis: { ...SMOKE, startingStep: 2 } })
  ship(world, 'v2')
  runUntil(world, isPaused)
  assert.deepEqual(world.runs, [])
  steer(world, 'a person promotes', { pauseConditions: null })
  untilRun(world)
  assert.equal(world.rollout.status?.currentStepIndex, 2)
})

test('a new version in mid-update ends the runs of the one before, and has its own', () => {
  const world = inBackground()
  const [before] = world.runs
  ship(world, 'v3')
  run(world, 12)
  assert.equal(world.runs.find(({ metadata }) => metadata.name === before?.metadata.name)?.spec.terminate, true)
  const [now] = atWork(world)
  assert.match(now ?? '', new RegExp(`^web-${world.rollout.status?.currentPodHash}-3$`))
})

test('a step is judged by its own run, also when the step before it was an analysis too', () => {
  const world = atStep({ steps: [{ setWeight: 20 }, { analysis: SMOKE }, { analysis: SMOKE }, { pause: {} }] })
  judge(world, 'Successful')
  untilRun(world)
  assert.equal(world.rollout.status?.currentStepIndex, 2)
  assert.equal(world.runs.length, 2)
  judge(world, 'Failed', 'bad')
  run(world, 2)
  assert.equal(world.rollout.status?.abort, true)
})

test('a pause that the background analysis adds to a manual one does not skip that one', () => {
  const world = inBackground()
  runUntil(world, isPaused)
  judge(world, 'Inconclusive')
  run(world, 3)
  assert.equal(world.rollout.status?.currentStepIndex, 1)
  assert.deepEqual(
    world.rollout.status?.pauseConditions?.map(({ reason }) => reason),
    ['CanaryPauseStep', 'InconclusiveAnalysisRun'],
  )
})

test('a verdict counts while pods of the new version are missing (a broken canary is aborted by its analysis)', () => {
  const world = atStep()
  world.broken.add('v2')
  run(world, 3)
  judge(world, 'Failed', 'bad')
  run(world, 2)
  assert.equal(world.rollout.status?.abort, true)
})

test('the progress deadline does not count while a step is judged', () => {
  const world = healthy({ steps: BY_STEP }, { progressDeadlineSeconds: 10, progressDeadlineAbort: true })
  ship(world, 'v2')
  untilRun(world)
  run(world, 30)
  assert.equal(world.rollout.status?.abort, undefined)
  assert.equal(world.rollout.status?.phase, 'Progressing')
})

test('the same look twice changes nothing the second time, while judged, inconclusive and aborted', () => {
  const failed = atStep()
  judge(failed, 'Failed', 'bad')
  const unsure = atStep()
  judge(unsure, 'Inconclusive')
  for (const world of [failed, unsure, atStep(), inBackground()]) {
    run(world, 12)
    const before = JSON.stringify([world.rollout, world.runs])
    world.log.length = 0
    pass(world)
    assert.equal(JSON.stringify([world.rollout, world.runs]), before)
    assert.deepEqual(world.log, [])
  }
})

test('a controller that dies after any write makes no second run', () => {
  for (const dies of [0, 1, 2]) {
    const world = healthy({ steps: BY_STEP, analysis: SMOKE })
    ship(world, 'v2')
    for (let i = 0; i < 40; i += 1) pass(world, i % 2 === 0 ? dies : undefined)
    assert.equal(world.runs.length, 2, `died after ${dies} intents`)
  }
})

test('so many ended runs are kept as the history says', () => {
  const world = healthy({ steps: BY_STEP }, { analysis: { unsuccessfulRunHistoryLimit: 2 } })
  ship(world, 'v2')
  for (let i = 0; i < 5; i += 1) {
    untilRun(world)
    judge(world, 'Failed', 'bad')
    run(world, 6)
    edit(world, {})
    steer(world, 'a person retries', { abort: false })
  }
  untilRun(world)
  assert.equal(world.runs.filter(({ status }) => status?.phase === 'Failed').length, 2)
})
