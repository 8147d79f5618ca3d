import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { KubeObject } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { ChangeHandler } from '../../kube/informer-types.ts'
import { type ArgoMetricsOptions, makeArgoMetrics } from './index.ts'
import { phaseOf } from './rollouts.ts'

const OURS = { 'argo-rollouts.argoproj.io/controller-instance-id': 'sluice' }
const ID = 'namespace="shop",name="web"'

/** A cache whose objects the test puts and takes. */
const aCache = <T extends KubeObject>() => {
  const objects = new Map<string, T>()
  const handlers = new Set<ChangeHandler<T>>()
  const change = (key: string, next: T | undefined) => {
    const before = objects.get(key)
    if (next === undefined) objects.delete(key)
    else objects.set(key, next)
    for (const handler of handlers) handler(key, next, before)
  }
  const keyOf = ({ metadata }: KubeObject) => `${metadata.namespace ?? ''}/${metadata.name}`
  return {
    get: (namespace: string | undefined, name: string) => objects.get(`${namespace ?? ''}/${name}`),
    list: () => [...objects.values()],
    onChange: (handler: ChangeHandler<T>) => {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
    put: (object: T) => change(keyOf(object), object),
    take: (object: T) => change(keyOf(object), undefined),
  }
}

const setUp = (userRollouts = true) => {
  const registry = new Registry()
  const caches = {
    rollouts: aCache<Rollout>(),
    deployments: aCache<KubeObject>(),
    analysisRuns: aCache<AnalysisRun>(),
    experiments: aCache<KubeObject>(),
    analysisTemplates: aCache<KubeObject>(),
    clusterAnalysisTemplates: aCache<KubeObject>(),
  }
  const state = { leads: true, ms: 0 }
  const metrics = makeArgoMetrics(registry, {
    caches: caches as unknown as ArgoMetricsOptions['caches'],
    isLeading: () => state.leads,
    scope: { userRollouts },
    monotonic: () => state.ms,
  })
  const has = async (...lines: readonly string[]) => {
    const text = await registry.metrics()
    for (const line of lines) assert.ok(text.includes(`${line}\n`), `${line} in\n${text}`)
  }
  return { registry, caches, state, metrics, has }
}

type Strategy = Rollout['spec']['strategy']
type Routing = NonNullable<NonNullable<Strategy['canary']>['trafficRouting']>
type Status = NonNullable<Rollout['status']>
const progressing = (reason: string, ...types: readonly string[]): Status => ({
  conditions: [
    { type: 'Progressing', status: 'True', reason, message: '' },
    ...types.map(type => ({ type, status: 'True' as const, reason: type, message: '' })),
  ],
})

const aRollout = ({
  status = {},
  strategy = { canary: {} },
  labels = {},
}: {
  status?: Status
  strategy?: Strategy
  labels?: { [key: string]: string }
}): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { namespace: 'shop', name: 'web', uid: 'u1', labels },
  spec: { replicas: 4, strategy },
  status,
})

const object = (kind: string, rest: object = {}, metadata: object = {}) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind,
  metadata: { namespace: 'shop', name: 'web', ...metadata },
  ...rest,
})

test('the phase of a Rollout in metrics is what its conditions say', () => {
  const cases: readonly (readonly [Status, string])[] = [
    [{}, 'Progressing'],
    [progressing('ReplicaSetUpdated'), 'Progressing'],
    [progressing('NewReplicaSetAvailable'), 'Completed'],
    [progressing('RolloutPaused'), 'Paused'],
    [progressing('ReplicaSetCreateError'), 'Error'],
    [progressing('ProgressDeadlineExceeded'), 'Timeout'],
    [progressing('RolloutAborted'), 'Abort'],
    [progressing('NewReplicaSetAvailable', 'InvalidSpec'), 'InvalidSpec'],
  ]
  for (const [status, phase] of cases) assert.equal(phaseOf(aRollout({ status })), phase)
})

test('how long an update took, and how long it waited for a person, is told by how it ended', async () => {
  const { caches, has, state, registry } = setUp()
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString()
  const look = (duration: Status['duration']) => caches.rollouts.put(aRollout({ status: { ...(duration && { duration }) } }))
  look({ rolloutStartedAt: at(0) })
  look({ rolloutStartedAt: at(0), manualPauseStartedAt: at(100) })
  const done = {
    rolloutStartedAt: at(0),
    totalManualPauseDurationSeconds: 400,
    finishedAt: at(700),
    completionStatus: 'Promoted',
  }
  look(done)
  look(done)
  // Another one came while this one waited.
  look({ rolloutStartedAt: at(1000), manualPauseStartedAt: at(1010) })
  look({ rolloutStartedAt: at(1040) })
  await has(
    'rollout_duration_seconds_sum{status="Promoted"} 700',
    'rollout_duration_seconds_count{status="Promoted"} 1',
    'rollout_duration_seconds_bucket{le="28800",status="Promoted"} 1',
    'rollout_progression_duration_seconds_sum{status="Promoted"} 300',
    'rollout_manual_pause_duration_seconds_sum{status="Promoted"} 400',
    'rollout_duration_seconds_sum{status="Superseded"} 40',
    'rollout_manual_pause_duration_seconds_sum{status="Superseded"} 30',
  )
  state.leads = false
  look({ rolloutStartedAt: at(1040), finishedAt: at(1050), completionStatus: 'Aborted' })
  assert.doesNotMatch(await registry.metrics(), /Aborted/)
})

test('rollout_info has strategy, traffic router and phase of each Rollout', async () => {
  const { caches, has } = setUp()
  const info = (strategy: string, router: string) =>
    `rollout_info{${ID},strategy="${strategy}",traffic_router="${router}",phase="Paused"} 1`
  const status = progressing('RolloutPaused')
  const routed = (trafficRouting: Routing): Strategy => ({ canary: { trafficRouting } })
  const cases: readonly (readonly [Strategy, string])[] = [
    [{ canary: {} }, info('canary', '')],
    [{ blueGreen: { activeService: 'web' } }, info('blueGreen', '')],
    [{}, info('none', '')],
    [routed({ plugins: { 'sluice/router': {} } }), info('canary', 'sluice/router')],
    [routed({ nginx: {} }), info('canary', 'Nginx')],
    [routed({ alb: {} }), info('canary', 'ALB')],
    [routed({ istio: {} }), info('canary', 'Istio')],
  ]
  for (const [strategy, line] of cases) {
    caches.rollouts.put(aRollout({ status, strategy }))
    await has(line)
  }
})

test('pods of a Rollout are counted as desired, updated, available and unavailable', async () => {
  const { caches, has } = setUp()
  caches.rollouts.put(aRollout({ status: { replicas: 5, availableReplicas: 3, updatedReplicas: 1 } }))
  await has(
    `rollout_info_replicas_desired{${ID}} 4`,
    `rollout_info_replicas_updated{${ID}} 1`,
    `rollout_info_replicas_available{${ID}} 3`,
    `rollout_info_replicas_unavailable{${ID}} 2`,
  )
})

test('rollout_phase is 1 for one phase and 0 for the others', async () => {
  const { caches, has, registry } = setUp()
  caches.rollouts.put(aRollout({ status: progressing('RolloutAborted') }))
  const line = (phase: string, value: number) => `rollout_phase{${ID},strategy="canary",phase="${phase}"} ${value}`
  await has(line('Abort', 1), ...['Completed', 'Progressing', 'Paused', 'Timeout', 'Error'].map(phase => line(phase, 0)))
  caches.rollouts.put(aRollout({ status: progressing('NewReplicaSetAvailable', 'InvalidSpec') }))
  assert.doesNotMatch(await registry.metrics(), /^rollout_phase\{.* 1$/m)
})

test('only the leader tells of Rollouts, and only of those that Sluice runs', async () => {
  const told = async (leads: boolean, labels: { [key: string]: string }, userRollouts: boolean) => {
    const { caches, registry, state } = setUp(userRollouts)
    state.leads = leads
    caches.rollouts.put(aRollout({ labels }))
    return (await registry.metrics()).includes('rollout_info{')
  }
  assert.equal(await told(true, OURS, false), true)
  assert.equal(await told(false, OURS, false), false)
  assert.equal(await told(true, {}, false), false)
  assert.equal(await told(true, {}, true), true)
  assert.equal(await told(true, { 'argo-rollouts.argoproj.io/controller-instance-id': 'theirs' }, true), false)
})

test('an AnalysisRun has its phase, and each of its metrics has its type and phase', async () => {
  const { caches, has } = setUp()
  const spec = {
    metrics: [
      { name: 'errors', provider: { prometheus: {} } },
      { name: 'smoke', provider: { web: {} } },
      { name: 'rate', provider: { plugin: { 'sluice/router': {} } } },
      { name: 'odd', provider: {} },
    ],
    dryRun: [{ metricName: 'smoke' }],
  }
  const status = { phase: 'Running', metricResults: [{ name: 'errors', phase: 'Failed' }] }
  const run = object('AnalysisRun', { spec, status }, { labels: OURS }) as unknown as AnalysisRun
  caches.analysisRuns.put(run)
  const phase = (metric: string, type: string, dry: boolean, word: string, value: number) =>
    `analysis_run_metric_phase{${ID},metric="${metric}",type="${type}",dry_run="${dry}",phase="${word}"} ${value}`
  await has(
    `analysis_run_info{${ID},phase="Running"} 1`,
    `analysis_run_phase{${ID},phase="Running"} 1`,
    `analysis_run_phase{${ID},phase="Failed"} 0`,
    `analysis_run_metric_type{${ID},metric="errors",type="Prometheus"} 1`,
    `analysis_run_metric_type{${ID},metric="rate",type="RPCPlugin"} 1`,
    `analysis_run_metric_type{${ID},metric="odd",type="Unknown Provider"} 1`,
    phase('errors', 'Prometheus', false, 'Failed', 1),
    phase('errors', 'Prometheus', false, 'Successful', 0),
    phase('smoke', 'Web', true, 'Pending', 1),
  )
})

test('templates and their metrics are told, those of the cluster without a namespace', async () => {
  const { caches, has } = setUp()
  const spec = { metrics: [{ name: 'errors', provider: { datadog: {} } }] }
  caches.analysisTemplates.put(object('AnalysisTemplate', { spec }))
  caches.clusterAnalysisTemplates.put({ ...object('ClusterAnalysisTemplate', { spec: {} }), metadata: { name: 'all' } })
  await has(
    `analysis_template_info{${ID}} 1`,
    'analysis_template_info{namespace="",name="all"} 1',
    `analysis_template_metric_info{${ID},metric="errors",type="Datadog"} 1`,
  )
})

test('an Experiment has its phase, and is told of only where Experiments are run', async () => {
  const { caches, has } = setUp()
  caches.experiments.put(object('Experiment', { status: { phase: 'Successful' } }))
  await has(
    `experiment_info{${ID},phase="Successful"} 1`,
    `experiment_phase{${ID},phase="Successful"} 1`,
    `experiment_phase{${ID},phase="Pending"} 0`,
  )
  const other = setUp(false)
  other.caches.experiments.put(object('Experiment'))
  assert.doesNotMatch(await other.registry.metrics(), /^experiment_info\{/m)
})

const KINDS = [
  ['a Rollout', 'rollout', 'rolloutPasses', 'rollouts'],
  ['an AnalysisRun', 'analysis_run', 'analysisPasses', 'analysisRuns'],
  ['an Experiment', 'experiment', 'experimentPasses', 'experiments'],
] as const

for (const [kind, prefix, passes, cache] of KINDS)
  test(`passes over ${kind} are timed, those that fail are counted, and all of it goes with it`, async () => {
    const { caches, metrics, has, state, registry } = setUp()
    const spec = { metrics: [], strategy: {} }
    const labels = cache === 'analysisRuns' ? OURS : {}
    const there = object('Any', { spec }, { labels }) as unknown as Rollout & AnalysisRun
    caches[cache].put(there)
    const pass = metrics[passes](async (key: string) => {
      state.ms += 200
      if (key === 'shop/web' && state.ms > 200) throw new Error('refused')
      return 'done'
    })
    assert.equal(await pass('shop/web'), 'done')
    await assert.rejects(pass('shop/web'), /refused/)
    await pass('shop/gone')
    await has(
      `${prefix}_reconcile_bucket{le="0.15",${ID}} 0`,
      `${prefix}_reconcile_bucket{le="0.25",${ID}} 2`,
      `${prefix}_reconcile_count{${ID}} 2`,
      `${prefix}_reconcile_error{${ID}} 1`,
    )
    assert.doesNotMatch(await registry.metrics(), /gone/)
    caches[cache].take(there)
    await assert.rejects(pass('shop/web'), /refused/)
    assert.doesNotMatch(await registry.metrics(), /shop/)
  })

test('events of a Rollout and of the Deployment that it is made for are counted, and recorded all the same', async () => {
  const { caches, metrics, has, registry } = setUp()
  const recorded: string[] = []
  const { record } = metrics.countEvents({
    record: (about, { reason }) => void recorded.push(`${about.kind} ${reason}`),
    flush: async () => {},
  })
  const [rollout, deployment] = [aRollout({}), object('Deployment')]
  caches.rollouts.put(rollout)
  caches.deployments.put(deployment)
  const paused = { type: 'Normal', reason: 'RolloutPaused', message: 'now' } as const
  record(rollout, paused)
  record(deployment, paused)
  record(rollout, { type: 'Warning', reason: 'RolloutAborted', message: 'bad' })
  record(object('AnalysisRun'), paused)
  await has(
    `rollout_events_total{${ID},type="Normal",reason="RolloutPaused"} 2`,
    `rollout_events_total{${ID},type="Warning",reason="RolloutAborted"} 1`,
  )
  assert.deepEqual(recorded, [
    'Rollout RolloutPaused',
    'Deployment RolloutPaused',
    'Rollout RolloutAborted',
    'AnalysisRun RolloutPaused',
  ])
  caches.rollouts.take(rollout)
  await has(`rollout_events_total{${ID},type="Normal",reason="RolloutPaused"} 2`)
  caches.deployments.take(deployment)
  record(deployment, paused)
  assert.doesNotMatch(await registry.metrics(), /shop/)
})

test('notifications are counted by the event that they tell of, and timed', async () => {
  const { caches, metrics, has, registry } = setUp()
  const rollout = aRollout({})
  caches.rollouts.put(rollout)
  const sent = { namespace: 'shop', name: 'web', type: 'Normal', reason: 'RolloutCompleted', seconds: 0.2 }
  metrics.noteNotification({ ...sent, isSent: true })
  metrics.noteNotification({ ...sent, isSent: false })
  metrics.noteNotification({ ...sent, isSent: false })
  await has(
    `notification_send_success{${ID},type="Normal",reason="RolloutCompleted"} 1`,
    `notification_send_error{${ID},type="Normal",reason="RolloutCompleted"} 2`,
    `notification_send_bucket{le="0.15",${ID}} 0`,
    `notification_send_bucket{le="0.25",${ID}} 3`,
  )
  caches.rollouts.take(rollout)
  assert.doesNotMatch(await registry.metrics(), /shop/)
})
