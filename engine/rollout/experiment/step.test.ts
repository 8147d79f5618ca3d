/** The step `experiment` of a canary: what is made, when it goes on, and what a bad end does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Experiment } from '../../../api/experiment.ts'
import type { ReplicaSet } from '../../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../../api/names.ts'
import { argoPodTemplateHash, argoStepHash } from '../../../api/pod-template-json.ts'
import type { Rollout, RolloutStatus } from '../../../api/rollout.ts'
import { planUserRollout } from '../plan.ts'
import type { RolloutSeen } from '../seen.ts'
import { START, templateOf } from '../testing/world.ts'

const STEPS: NonNullable<NonNullable<Rollout['spec']['strategy']['canary']>['steps']> = [
  {
    experiment: {
      templates: [
        { name: 'baseline', specRef: 'stable', metadata: { labels: { role: 'base' }, annotations: { note: 'x' } } },
        { name: 'candidate', specRef: 'canary', replicas: 2, service: { name: 'candidate' } },
      ],
      duration: '10m',
      analyses: [
        {
          name: 'compare',
          templateName: 'compare',
          requiredForCompletion: true,
          args: [
            { name: 'new', valueFrom: { podTemplateHashValue: 'Latest' } },
            { name: 'app', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
          ] as never,
        },
      ],
      analysisRunMetadata: { labels: { team: 'till' } },
    },
  },
  { setWeight: 50 },
]

const OLD = argoPodTemplateHash(templateOf('v1'))
const NEW = argoPodTemplateHash(templateOf('v2'))
const NAME = `web-${NEW}-2-0`

const setOf = (image: string, hash: string, revision: number, replicas: number): ReplicaSet => {
  const labels = { app: 'web', [ROLLOUTS_POD_TEMPLATE_HASH]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${hash}`,
      namespace: 'shop',
      uid: `uid-${hash}`,
      labels,
      annotations: { 'rollout.argoproj.io/revision': String(revision) },
      creationTimestamp: `2026-01-01T0${revision}:00:00Z`,
    },
    spec: {
      replicas,
      minReadySeconds: 3,
      selector: { matchLabels: labels },
      template: { ...templateOf(image), metadata: { labels } },
    },
    status: { replicas, readyReplicas: replicas, availableReplicas: replicas },
  }
}

type Given = {
  readonly status?: Partial<RolloutStatus>
  readonly experiments?: readonly Experiment[]
  readonly analysis?: Rollout['spec']['analysis']
}

const seen = ({ status = {}, experiments = [], analysis }: Given = {}): RolloutSeen => ({
  namespace: 'shop',
  name: 'web',
  rollout: {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'uid-rollout',
      generation: 2,
      labels: { app: 'web' },
      annotations: { 'rollout.argoproj.io/revision': '2' },
    },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: templateOf('v2'),
      progressDeadlineSeconds: 60,
      minReadySeconds: 3,
      strategy: { canary: { steps: STEPS } },
      ...(analysis && { analysis }),
    },
    status: {
      stableRS: OLD,
      currentPodHash: NEW,
      currentStepHash: argoStepHash(STEPS),
      currentStepIndex: 0,
      observedGeneration: '2',
      ...status,
    },
  },
  replicaSets: [setOf('v1', OLD, 1, 4), setOf('v2', NEW, 2, 0)],
  pods: [],
  services: [],
  analyses: { runs: [], templates: [], clusterTemplates: [] },
  experiments,
})

const experiment = (phase?: string, message?: string, name = NAME): Experiment => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Experiment',
  metadata: {
    name,
    namespace: 'shop',
    uid: `uid-${name}`,
    labels: { [ROLLOUTS_POD_TEMPLATE_HASH]: NEW },
    creationTimestamp: `2026-01-01T00:00:${String(name.length).padStart(2, '0')}Z`,
  },
  spec: { templates: [] },
  ...(phase && { status: { phase, ...(message && { message }) } }),
})

const plan = (given?: Given) => planUserRollout(seen(given), START)
const events = ({ intents }: ReturnType<typeof plan>) =>
  intents.flatMap(one => (one.kind === 'event' ? [`${one.reason}: ${one.message}`] : []))
const pointed = { canary: { currentExperiment: NAME } }
const kinds = ({ intents }: ReturnType<typeof plan>) => intents.map(({ kind }) => kind).filter(kind => kind !== 'event')

test('its Experiment has the name, labels, annotation and owner of Argo Rollouts, and the status points to it', () => {
  const planned = plan()
  const made = planned.intents.find(({ kind }) => kind === 'createExperiment')
  assert.ok(made?.kind === 'createExperiment')
  const { metadata } = made.experiment
  assert.equal(metadata.name, NAME)
  assert.deepEqual(metadata.labels, { app: 'web', [ROLLOUTS_POD_TEMPLATE_HASH]: NEW })
  assert.deepEqual(metadata.annotations, { 'rollout.argoproj.io/revision': '2' })
  assert.equal(metadata.ownerReferences?.[0]?.uid, 'uid-rollout')
  assert.ok(events(planned).includes(`ExperimentCreated: Created Experiment '${NAME}'`))
  assert.equal(planned.status?.canary?.currentExperiment, NAME)
})

test('its templates are those of the stable version and of the canary, told apart by the labels that the step adds', () => {
  const made = plan().intents.find(({ kind }) => kind === 'createExperiment')
  assert.ok(made?.kind === 'createExperiment')
  const { templates, duration, progressDeadlineSeconds, analyses, analysisRunMetadata } = made.experiment.spec
  const stable = { app: 'web', [ROLLOUTS_POD_TEMPLATE_HASH]: OLD, role: 'base' }
  const [base, candidate] = templates
  assert.deepEqual(base?.selector.matchLabels, stable)
  assert.deepEqual(base?.template.metadata, { labels: stable, annotations: { note: 'x' } })
  assert.equal(base?.minReadySeconds, 3)
  assert.equal(base?.service, undefined)
  assert.deepEqual([candidate?.replicas, candidate?.service], [2, { name: 'candidate' }])
  assert.deepEqual(candidate?.template.spec, templateOf('v2').spec)
  assert.deepEqual([duration, progressDeadlineSeconds, analysisRunMetadata], ['10m', 60, { labels: { team: 'till' } }])
  assert.deepEqual(analyses, [
    {
      name: 'compare',
      templateName: 'compare',
      requiredForCompletion: true,
      args: [
        { name: 'new', value: NEW },
        { name: 'app', value: 'web' },
      ],
    },
  ])
})

test('it is waited for while it runs, and is not made twice', () => {
  for (const status of [pointed, {}]) {
    const planned = plan({ status, experiments: [experiment('Running')] })
    assert.deepEqual(kinds(planned), [])
    assert.equal(planned.status?.canary?.currentExperiment, NAME)
    assert.equal(planned.status?.currentStepIndex, 0)
  }
})

test('its success completes the step', () => {
  const planned = plan({ status: pointed, experiments: [experiment('Successful')] })
  assert.ok(events(planned).includes('RolloutStepCompleted: Rollout step 1/2 completed (experiment)'))
  assert.equal(planned.status?.currentStepIndex, 1)
  assert.equal(planned.status?.canary?.currentExperiment, undefined)
})

test('its failure aborts the update with its message', () => {
  for (const phase of ['Failed', 'Error']) {
    const planned = plan({ status: pointed, experiments: [experiment(phase, 'too slow')] })
    assert.equal(planned.status?.abort, true)
    assert.equal(
      planned.status?.message,
      'RolloutAborted: Rollout aborted update to revision 2: Experiment analysis phase is error/failed: too slow',
    )
  }
})

test('an inconclusive one pauses, and a person who goes on passes over it', () => {
  const experiments = [experiment('Inconclusive')]
  const paused = plan({ status: pointed, experiments })
  assert.deepEqual(paused.status?.pauseConditions, [{ reason: 'InconclusiveExperiment', startTime: '2026-01-01T09:00:00Z' }])
  assert.equal(paused.status?.message, 'InconclusiveExperiment')
  const { pauseConditions: _, ...resumed } = paused.status ?? {}
  assert.equal(plan({ status: resumed, experiments }).status?.currentStepIndex, 1)
})

test('an abort and a full promotion end it', () => {
  for (const status of [
    { ...pointed, abort: true },
    { ...pointed, promoteFull: true },
  ]) {
    const planned = plan({ status, experiments: [experiment('Running')] })
    assert.ok(kinds(planned).includes('terminateExperiment'), JSON.stringify(status))
    assert.equal(planned.status?.canary?.currentExperiment, undefined)
  }
})

test('a retry makes another one, under a name that is free', () => {
  const planned = plan({ experiments: [experiment('Failed')] })
  const made = planned.intents.find(({ kind }) => kind === 'createExperiment')
  assert.equal(made?.kind === 'createExperiment' && made.experiment.metadata.name, `${NAME}-1`)
})

test('an Experiment of another step of which the name begins alike is not taken for its own', () => {
  const planned = plan({ experiments: [experiment('Running', undefined, `web-${NEW}-2-01`)] })
  assert.deepEqual(kinds(planned).sort(), ['createExperiment', 'terminateExperiment'])
})

test('old ones are kept as many as the history says, and none of a version that is gone', () => {
  const old = ['a', 'bb', 'ccc'].map(name => experiment('Successful', undefined, name))
  const orphan = {
    ...experiment('Failed', undefined, 'orphan'),
    metadata: { ...experiment().metadata, name: 'orphan', labels: {} },
  }
  const planned = plan({
    status: pointed,
    experiments: [...old, orphan, experiment('Running')],
    analysis: { successfulRunHistoryLimit: 1 },
  })
  const gone = planned.intents.flatMap(one => (one.kind === 'deleteExperiment' ? [one.name] : []))
  assert.deepEqual(gone.sort(), ['a', 'bb', 'orphan'])
})

test('the progress deadline does not count while it runs', () => {
  const conditions = [
    { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', lastUpdateTime: '2026-01-01T05:00:00Z' },
  ] as const
  const planned = plan({ status: { ...pointed, conditions }, experiments: [experiment('Running')] })
  assert.ok(!planned.status?.conditions?.some(({ reason }) => reason === 'ProgressDeadlineExceeded'))
})
