/** The life of Experiments, with the words of Argo Rollouts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExperimentSpec } from '../../api/experiment.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { argoPodTemplateHash } from '../../api/pod-template-json.ts'
import { makeWorld, pass, run, START, sizesOf, template, verdict, type World } from './testing/world.ts'
import { experimentProblem } from './validate.ts'

const BOTH = [template('blue'), template('green', { replicas: 2 })]
const ANALYSIS = { name: 'check', templateName: 'smoke' }

const running = (spec: Partial<ExperimentSpec> = {}): World => {
  const world = makeWorld({ templates: BOTH, ...spec })
  run(world, 3)
  return world
}

const phase = ({ experiment }: World) => experiment.status?.phase
const message = ({ experiment }: World) => experiment.status?.message
const condition = ({ experiment }: World) =>
  experiment.status?.conditions?.map(({ type, status, reason, message: text }) => [type, status, reason, text])

test('an Experiment runs for its duration from when all pods are available, and then takes them down after a while', () => {
  const world = makeWorld({ templates: BOTH, duration: '5s', scaleDownDelaySeconds: 3 })
  run(world, 20)
  assert.deepEqual(world.log, [
    'ScalingReplicaSet: Scaled up ReplicaSet exp-blue from 0 to 1',
    "TemplateProgressing: Template 'blue' transitioned from  -> Progressing",
    'ScalingReplicaSet: Scaled up ReplicaSet exp-green from 0 to 2',
    "TemplateProgressing: Template 'green' transitioned from  -> Progressing",
    'ExperimentPending: Experiment transitioned from  -> Pending',
    '= Pending',
    "TemplateRunning: Template 'blue' transitioned from Progressing -> Running",
    "TemplateRunning: Template 'green' transitioned from Progressing -> Running",
    'ExperimentRunning: Experiment transitioned from Pending -> Running',
    '= Running',
    "TemplateSuccessful: Template 'blue' transitioned from Running -> Successful",
    "TemplateSuccessful: Template 'green' transitioned from Running -> Successful",
    'ExperimentSuccessful: Experiment transitioned from Running -> Successful',
    '= Successful',
    'ScalingReplicaSet: Scaled down ReplicaSet exp-blue from 1 to 0',
    'ScalingReplicaSet: Scaled down ReplicaSet exp-green from 2 to 0',
  ])
  assert.equal(sizesOf(world), 'blue: 0, green: 0')
})

test('it looks again when its duration is over, and when pods are to go', () => {
  const world = makeWorld({ templates: [template('blue')], duration: '5s', scaleDownDelaySeconds: 30 })
  pass(world)
  assert.equal(pass(world), world.now - 1000, 'at once, when it became available')
  assert.equal(pass(world), START + 6000)
  run(world, 3)
  pass(world)
  assert.equal(pass(world), START + 37_000)
})

test('its ReplicaSets have the names, labels, annotations and owner of Argo Rollouts', () => {
  const world = running({ templates: [template('blue', { minReadySeconds: 4 })] })
  const [set] = world.replicaSets
  const hash = argoPodTemplateHash(template('blue').template as Parameters<typeof argoPodTemplateHash>[0])
  assert.equal(set?.metadata.name, 'exp-blue')
  assert.deepEqual(set.metadata.labels, { [ROLLOUTS_POD_TEMPLATE_HASH]: hash })
  assert.deepEqual(set.metadata.annotations, {
    'experiment.argoproj.io/name': 'exp',
    'experiment.argoproj.io/template-name': 'blue',
  })
  assert.deepEqual(
    set.metadata.ownerReferences?.map(({ kind, name, controller }) => [kind, name, controller]),
    [['Experiment', 'exp', true]],
  )
  assert.deepEqual(set.spec.selector.matchLabels, { app: 'blue', [ROLLOUTS_POD_TEMPLATE_HASH]: hash })
  assert.equal(set.spec.template.metadata?.labels?.[ROLLOUTS_POD_TEMPLATE_HASH], hash)
  assert.equal(set.spec.minReadySeconds, 4)
})

test('its pods never have the hash of the version that its template was taken from', () => {
  const bare = template('blue').template as Parameters<typeof argoPodTemplateHash>[0]
  const labels = { ...bare.metadata?.labels, [ROLLOUTS_POD_TEMPLATE_HASH]: argoPodTemplateHash(bare) }
  const world = running({ templates: [template('blue', { template: { ...bare, metadata: { labels } } })] })
  assert.notEqual(world.replicaSets[0]?.metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH], argoPodTemplateHash(bare))
})

test('its status tells how far each template is', () => {
  const world = running()
  assert.deepEqual(
    world.experiment.status?.templateStatuses?.map(
      ({ name, status, replicas, updatedReplicas, readyReplicas, availableReplicas }) => [
        name,
        status,
        [replicas, updatedReplicas, readyReplicas, availableReplicas],
      ],
    ),
    [
      ['blue', 'Running', [1, 1, 1, 1]],
      ['green', 'Running', [2, 2, 2, 2]],
    ],
  )
  assert.equal(world.experiment.status?.availableAt, '2026-01-01T09:00:01Z')
})

test('the condition Progressing tells of progress, of running and of the end', () => {
  const world = makeWorld({ templates: [template('blue')], duration: '5s' })
  pass(world)
  assert.deepEqual(condition(world), [['Progressing', 'True', 'ReplicaSetUpdated', 'Experiment "exp" is progressing.']])
  run(world, 2)
  assert.deepEqual(condition(world), [['Progressing', 'True', 'NewReplicaSetAvailable', 'Experiment "exp" is running.']])
  run(world, 6)
  assert.deepEqual(condition(world), [
    ['Progressing', 'False', 'ExperimentCompleted', 'Experiment "exp" has successfully ran and completed.'],
  ])
})

test('a template that is not available by the deadline fails the Experiment, and all pods go', () => {
  const world = makeWorld({ templates: BOTH, progressDeadlineSeconds: 5, scaleDownDelaySeconds: 0 })
  world.broken.add('green')
  run(world, 12)
  assert.equal(phase(world), 'Failed')
  assert.equal(message(world), "Template 'green' exceeded its progressDeadlineSeconds (5)")
  assert.ok(
    world.log.includes(
      "Warning TemplateFailed: Template 'green' transitioned from Progressing -> Failed: Template 'green' exceeded its progressDeadlineSeconds (5)",
    ),
  )
  assert.ok(world.log.includes('Warning ExperimentFailed: Experiment transitioned from Pending -> Failed'))
  assert.equal(sizesOf(world), 'blue: 0, green: 0')
})

test('a person ends it', () => {
  const world = running({ scaleDownDelaySeconds: 0 })
  world.experiment = { ...world.experiment, spec: { ...world.experiment.spec, terminate: true } }
  run(world, 3)
  assert.equal(phase(world), 'Successful')
  assert.equal(sizesOf(world), 'blue: 0, green: 0')
})

test('it starts again without a status, with pods that are not taken down by the old deadline', () => {
  const world = running({ duration: '2s', scaleDownDelaySeconds: 2, analyses: [ANALYSIS] })
  verdict(world, 'exp-check', 'Successful')
  run(world, 10)
  assert.equal(sizesOf(world), 'blue: 0, green: 0')
  const { status: _, ...again } = world.experiment
  world.experiment = again
  run(world, 3)
  assert.equal(sizesOf(world), 'blue: 1, green: 2')
  assert.equal(phase(world), 'Running')
  assert.deepEqual(
    world.analysisRuns.map(({ metadata }) => metadata.name),
    ['exp-check', 'exp-check.1'],
  )
})

test('an analysis starts when all templates are available, and its failure fails the Experiment', () => {
  const world = makeWorld({ templates: BOTH, analyses: [ANALYSIS], duration: '1h', scaleDownDelaySeconds: 0 })
  run(world, 2)
  assert.deepEqual(world.analysisRuns, [])
  run(world, 2)
  verdict(world, 'exp-check', 'Running')
  run(world, 1)
  verdict(world, 'exp-check', 'Failed', 'too slow')
  run(world, 3)
  assert.equal(phase(world), 'Failed')
  assert.equal(message(world), 'too slow')
  assert.ok(world.log.includes("Warning AnalysisRunFailed: AnalysisRun 'check' transitioned from Running -> Failed: too slow"))
  assert.deepEqual(world.experiment.status?.analysisRuns, [
    { name: 'check', analysisRun: 'exp-check', phase: 'Failed', message: 'too slow' },
  ])
  assert.equal(sizesOf(world), 'blue: 0, green: 0')
})

test('an inconclusive analysis makes the Experiment inconclusive', () => {
  const world = running({ analyses: [ANALYSIS] })
  run(world, 1)
  verdict(world, 'exp-check', 'Inconclusive')
  run(world, 2)
  assert.equal(phase(world), 'Inconclusive')
})

test('the run of an analysis carries arguments, dry runs, retention and metadata, and belongs to the Experiment', () => {
  const world = running({
    duration: '10m',
    analyses: [{ ...ANALYSIS, args: [{ name: 'hash', value: '{{templates.blue.podTemplateHash}} {{experiment.finishedAt}}' }] }],
    dryRun: [{ metricName: 'm' }],
    measurementRetention: [{ metricName: 'm', limit: 3 }],
    analysisRunMetadata: { labels: { team: 'till' }, annotations: { note: 'x' } },
  })
  const [made] = world.analysisRuns
  const hash = world.replicaSets[0]?.metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH]
  assert.deepEqual(made?.spec.args, [{ name: 'hash', value: `${hash} 2026-01-01T09:10:01Z` }])
  assert.deepEqual(made?.spec.dryRun, [{ metricName: 'm' }])
  assert.deepEqual(made?.spec.measurementRetention, [{ metricName: 'm', limit: 3 }])
  assert.equal(made?.metadata.labels?.['team'], 'till')
  assert.equal(made?.metadata.annotations?.['note'], 'x')
  assert.deepEqual(
    made?.metadata.ownerReferences?.map(({ kind, name }) => [kind, name]),
    [['Experiment', 'exp']],
  )
})

test('an argument that asks for what the Experiment does not know is an error that names it', () => {
  const world = running({ analyses: [{ ...ANALYSIS, args: [{ name: 'hash', value: '{{templates.red.podTemplateHash}}' }] }] })
  run(world, 1)
  assert.equal(phase(world), 'Error')
  assert.match(
    message(world) ?? '',
    /^Failed to create AnalysisRun for analysis 'check': failed to resolve \{\{templates\.red\.podTemplateHash\}\}$/,
  )
})

test('a template of an analysis that is not there is an error before any analysis starts', () => {
  const world = makeWorld({
    templates: BOTH,
    analyses: [
      { name: 'check', templateName: 'gone' },
      { name: 'other', templateName: 'gone', clusterScope: true },
    ],
  })
  run(world, 2)
  assert.equal(phase(world), 'Error')
  assert.match(
    message(world) ?? '',
    /^AnalysisTemplate verification failed for analysis 'check': analysistemplate\.argoproj\.io "gone" not found$/,
  )
  assert.match(world.log.join('\n'), /ClusterAnalysisTemplate verification failed for analysis 'other'/)
})

test('an analysis of a ClusterAnalysisTemplate measures what that says', () => {
  const world = makeWorld({ templates: BOTH, analyses: [{ name: 'check', templateName: 'shared', clusterScope: true }] })
  world.clusterTemplates.push(...makeWorld({ templates: BOTH }, ['shared']).templates)
  run(world, 4)
  assert.deepEqual(
    world.analysisRuns.map(({ metadata, spec }) => [metadata.name, spec.metrics.map(({ name }) => name)]),
    [['exp-check', ['m']]],
  )
})

test('with analyses that are required it ends when they are successful, and ends the others', () => {
  const world = running({
    scaleDownDelaySeconds: 0,
    analyses: [
      { ...ANALYSIS, requiredForCompletion: true },
      { name: 'watch', templateName: 'smoke' },
    ],
  })
  verdict(world, 'exp-watch', 'Running')
  verdict(world, 'exp-check', 'Successful')
  run(world, 4)
  assert.equal(phase(world), 'Successful')
  assert.equal(message(world), 'Required AnalysisRuns completed')
  assert.ok(world.log.includes('AnalysisRunTerminating: Terminating watch (exp-watch)'))
  assert.equal(sizesOf(world), 'blue: 0, green: 0')
})

test('an Experiment that a person ends does not wait for a required analysis without end', () => {
  const world = running({ analyses: [{ ...ANALYSIS, requiredForCompletion: true }] })
  verdict(world, 'exp-check', 'Running')
  run(world, 1)
  world.experiment = { ...world.experiment, spec: { ...world.experiment.spec, terminate: true } }
  run(world, 4)
  assert.equal(phase(world), 'Successful')
})

test('a Service comes with the pods, with the ports of the containers, and goes with them', () => {
  const world = running({
    templates: [template('blue', { service: {} }), template('green', { service: { name: 'green-front' } }), template('red')],
  })
  assert.deepEqual(
    world.services.map(({ metadata, spec }) => [metadata.name, spec.selector, spec.ports]),
    [0, 1].map(i => [['exp-blue', 'green-front'][i], world.replicaSets[i]?.metadata.labels, [{ port: 8080, targetPort: 8080 }]]),
  )
  const [blue] = world.experiment.status?.templateStatuses ?? []
  assert.deepEqual(
    [blue?.serviceName, blue?.podTemplateHash],
    ['exp-blue', world.replicaSets[0]?.metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH]],
  )
  world.experiment = { ...world.experiment, spec: { ...world.experiment.spec, terminate: true, scaleDownDelaySeconds: 0 } }
  run(world, 4)
  assert.deepEqual(world.services, [])
})

test('a ReplicaSet or a Service that the API server refuses is an error with what it said', () => {
  const world = makeWorld({ templates: [template('blue')] })
  world.refused.set('exp-blue', 'exceeded quota')
  run(world, 2)
  assert.deepEqual([phase(world), message(world)], ['Error', "Failed to create ReplicaSet for template 'blue': exceeded quota"])
  const serving = makeWorld({ templates: [template('blue', { service: { name: 'front' } })] })
  serving.refused.set('front', 'already exists')
  run(serving, 3)
  assert.deepEqual(
    [phase(serving), message(serving)],
    ['Error', "Failed to create Service front for template 'blue': already exists"],
  )
})

test('a wrong spec is a condition, and nothing is made', () => {
  const world = makeWorld({ templates: [template('blue'), template('blue')] })
  run(world, 2)
  assert.deepEqual(condition(world), [
    ['InvalidSpec', 'True', 'InvalidSpec', "Experiment exp has repeated template name 'blue' in templates"],
  ])
  assert.deepEqual(world.replicaSets, [])
  world.experiment = { ...world.experiment, spec: { templates: [template('blue')] } }
  run(world, 3)
  assert.equal(phase(world), 'Running')
  assert.deepEqual(
    condition(world)?.map(([type]) => type),
    ['Progressing'],
  )
})

test('what can be wrong is told in the words of Argo Rollouts', () => {
  const problem = (spec: ExperimentSpec) => experimentProblem(makeWorld(spec).experiment)
  assert.equal(problem({ templates: [template('')] }), 'Experiment exp has empty template name at index 0')
  assert.match(
    problem({ templates: [template('a', { selector: {} })] }) ?? '',
    /^This experiment is selecting all pods at index 0\./,
  )
  assert.equal(
    problem({ templates: [template('a', { minReadySeconds: 20 })], progressDeadlineSeconds: 10 }),
    'MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index 0',
  )
  assert.match(problem({ templates: [template('a')], duration: '5 days' }) ?? '', /no duration/)
})

test('the same look twice changes nothing the second time', () => {
  for (const world of [running({ analyses: [ANALYSIS] }), running({ duration: '1s', scaleDownDelaySeconds: 0 })]) {
    run(world, 5)
    world.log.length = 0
    const before = JSON.stringify([world.experiment, world.replicaSets, world.analysisRuns])
    pass(world)
    assert.equal(JSON.stringify([world.experiment, world.replicaSets, world.analysisRuns]), before)
    assert.deepEqual(world.log, [])
  }
})
