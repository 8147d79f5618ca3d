import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import type { AnalysisRun } from '../api/analysis-run.ts'
import type { KubeObject } from '../api/kubernetes.ts'
import type { Rollout, RolloutStatus } from '../api/rollout.ts'
import type { ChangeHandler } from '../kube/informer-types.ts'
import { addAnalysisMetrics } from './analysis-metrics.ts'
import { addFleetMetrics } from './fleet-metrics.ts'
import { addRolloutGauges, makeRolloutCounters } from './rollout-metrics.ts'
import { isOurRollout } from './user-rollouts/select.ts'

const OURS = { 'argo-rollouts.argoproj.io/controller-instance-id': 'sluice' }
const START = Date.UTC(2026, 0, 1)

const aRollout = (status: RolloutStatus, labels: { [key: string]: string } = OURS): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { namespace: 'shop', name: 'web', uid: 'u1', labels },
  spec: { replicas: 4, strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } } },
  status,
})

const condition = (
  type: string,
  status: 'True' | 'False',
  more: { readonly reason?: string; readonly message?: string } = {},
) => ({
  type,
  status,
  reason: type,
  message: '',
  lastTransitionTime: new Date(START).toISOString(),
  ...more,
})

const AT_REST: RolloutStatus = { phase: 'Healthy', stableRS: 'v1', currentPodHash: 'v1', currentStepIndex: 2 }
const IN_FLIGHT: RolloutStatus = {
  phase: 'Paused',
  stableRS: 'v1',
  currentPodHash: 'v2',
  currentStepIndex: 1,
  replicas: 5,
  canary: { weights: { canary: { weight: 20 }, stable: { weight: 80 } } },
  conditions: [condition('Completed', 'False'), condition('Waiting', 'True', { reason: 'Pause' })],
}
const PROMOTED: RolloutStatus = { phase: 'Healthy', stableRS: 'v2', currentPodHash: 'v2', currentStepIndex: 2 }
const ended = (message: string): RolloutStatus => ({
  ...IN_FLIGHT,
  phase: 'Degraded',
  abort: true,
  conditions: [condition('Progressing', 'False', { reason: 'RolloutAborted', message })],
})

/** A cache whose changes the test makes. */
const aCache = <T extends KubeObject>() => {
  const handlers: ChangeHandler<T>[] = []
  let object: T | undefined
  return {
    list: () => (object === undefined ? [] : [object]),
    onChange: (handler: ChangeHandler<T>) => {
      handlers.push(handler)
      return () => {}
    },
    set: (next: T | undefined) => {
      const before = object
      object = next
      for (const handler of handlers) handler('shop/web', next, before)
    },
  }
}

const setUp = (userRollouts = false) => {
  const registry = new Registry()
  const rollouts = aCache<Rollout>()
  const state = { leads: true, now: START }
  const isOurs = (rollout: Rollout) => isOurRollout(rollout, { userRollouts })
  const source = { rollouts, isOurs, isLeading: () => state.leads, now: () => state.now }
  addRolloutGauges(registry, source)
  makeRolloutCounters(registry, source)()
  const has = async (line: string) => {
    const text = await registry.metrics()
    assert.ok(text.includes(`${line}\n`), `${line} in\n${text}`)
  }
  return { registry, rollouts, state, has }
}

const ID = 'namespace="shop",rollout="web"'

test('a Rollout in flight is shown with its phase, step, weight, replicas, start and what it waits for', async () => {
  const { rollouts, has } = setUp()
  rollouts.set(aRollout(IN_FLIGHT))
  for (const line of [
    `sluice_rollout_phase{${ID},phase="Paused"} 1`,
    `sluice_rollout_phase{${ID},phase="Healthy"} 0`,
    `sluice_rollout_step_index{${ID}} 1`,
    `sluice_rollout_steps{${ID}} 2`,
    `sluice_rollout_canary_weight_ratio{${ID}} 0.2`,
    `sluice_rollout_desired_replicas{${ID}} 4`,
    `sluice_rollout_replicas{${ID}} 5`,
    `sluice_rollout_update_started_timestamp_seconds{${ID}} ${START / 1000}`,
    `sluice_rollout_waiting_since_timestamp_seconds{${ID},reason="Pause"} ${START / 1000}`,
    `sluice_rollout_info{${ID},strategy="canary",stable="v1",canary="v2"} 1`,
    `sluice_rollout_updates_total{${ID},result="promoted"} 0`,
  ])
    await has(line)
})

test('each end is counted once by its result, with the time since it began', async () => {
  const cases = [
    ['promoted', PROMOTED],
    ['rolled_back', ended('Rollout aborted update to revision 2: Metric "success-rate" assessed Failed')],
    ['aborted', ended('Rollout aborted update to revision 2')],
    ['superseded', { ...IN_FLIGHT, currentPodHash: 'v3' }],
    ['superseded', AT_REST],
  ] as const
  for (const [result, status] of cases) {
    const { rollouts, state, has, registry } = setUp()
    rollouts.set(aRollout(AT_REST))
    rollouts.set(aRollout(IN_FLIGHT))
    state.now += 90_000
    rollouts.set(aRollout(status))
    rollouts.set(aRollout(status))
    await has(`sluice_rollout_updates_total{${ID},result="${result}"} 1`)
    await has(`sluice_rollout_update_duration_seconds_sum{result="${result}"} 90`)
    assert.equal((await registry.metrics()).match(/^sluice_rollout_updates_total\{.* 1$/gm)?.length, 1)
  }
})

test('after a restart in mid-update the time counts from when the Rollout stopped being completed', async () => {
  const { rollouts, state, has } = setUp()
  state.now = START + 600_000
  rollouts.set(aRollout(IN_FLIGHT))
  rollouts.set(aRollout(PROMOTED))
  await has('sluice_rollout_update_duration_seconds_sum{result="promoted"} 600')
})

test('a wait is counted by what it was for when it is over, and again when it is for something else', async () => {
  const { rollouts, state, has, registry } = setUp()
  rollouts.set(aRollout(IN_FLIGHT))
  state.now += 30_000
  rollouts.set(aRollout(IN_FLIGHT))
  assert.doesNotMatch(await registry.metrics(), /sluice_rollout_waited_seconds_total\{/)
  rollouts.set(aRollout({ ...IN_FLIGHT, conditions: [condition('Waiting', 'True', { reason: 'Analysis' })] }))
  await has(`sluice_rollout_waited_seconds_total{${ID},reason="Pause"} 30`)
  state.now += 10_000
  rollouts.set(aRollout(PROMOTED))
  await has(`sluice_rollout_waited_seconds_total{${ID},reason="Analysis"} 40`)
})

test('nothing is left of a Rollout that is gone, and others` Rollouts and those of a replica that does not lead are not shown', async () => {
  const { rollouts, state, registry } = setUp()
  rollouts.set(aRollout(IN_FLIGHT))
  rollouts.set(aRollout(PROMOTED))
  rollouts.set(undefined)
  assert.doesNotMatch(await registry.metrics(), /shop/)
  rollouts.set(aRollout(IN_FLIGHT, {}))
  assert.doesNotMatch(await registry.metrics(), /shop/)
  rollouts.set(undefined)
  state.leads = false
  rollouts.set(aRollout(IN_FLIGHT))
  assert.doesNotMatch(await registry.metrics(), /sluice_rollout_phase\{/)
})

test('Rollouts of users are shown where they are run, without a weight that nobody sends', async () => {
  const { weights: _, ...canary } = IN_FLIGHT.canary ?? {}
  const own = aRollout({ ...IN_FLIGHT, canary }, {})
  const { rollouts, has, registry } = setUp(true)
  rollouts.set(own)
  await has(`sluice_rollout_phase{${ID},phase="Paused"} 1`)
  assert.doesNotMatch(await registry.metrics(), /sluice_rollout_canary_weight_ratio\{/)
  rollouts.set(aRollout(PROMOTED, {}))
  await has(`sluice_rollout_updates_total{${ID},result="promoted"} 1`)
  rollouts.set(undefined)
  assert.doesNotMatch(await registry.metrics(), /shop/)
})

const aRun = (phase: 'Running' | 'Failed', name: string): AnalysisRun => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: {
    namespace: 'shop',
    name,
    labels: OURS,
    creationTimestamp: '2026-01-01T00:00:00Z',
    ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'u1' }],
  },
  spec: { metrics: [] },
  status: { phase, metricResults: [{ name: 'success-rate', phase }] },
})

test('the verdicts of the newest run are shown, and its end is counted', async () => {
  const registry = new Registry()
  const [runs, rollouts] = [aCache<AnalysisRun>(), aCache<Rollout>()]
  addAnalysisMetrics(registry, { runs, rollouts, isOurs: () => true, isLeading: () => true })()
  rollouts.set(aRollout(IN_FLIGHT))
  runs.set(aRun('Running', 'web-1'))
  assert.match(await registry.metrics(), /^sluice_analysis_check_phase\{[^}]*check="success-rate",phase="Running"\} 1$/m)
  runs.set(aRun('Failed', 'web-1'))
  runs.set(aRun('Failed', 'web-1'))
  const text = await registry.metrics()
  assert.ok(text.includes(`sluice_analysis_check_phase{${ID},check="success-rate",phase="Failed"} 1\n`), text)
  assert.ok(text.includes(`sluice_analysis_runs_total{${ID},phase="Failed"} 1\n`), text)
  assert.ok(text.includes(`sluice_analysis_runs_total{${ID},phase="Successful"} 0\n`), text)
  runs.set(undefined)
  rollouts.set(undefined)
  assert.doesNotMatch(await registry.metrics(), /shop/)
  runs.set(aRun('Running', 'web-2'))
  runs.set(aRun('Failed', 'web-2'))
  runs.set(undefined)
  assert.doesNotMatch(await registry.metrics(), /shop/)
})

const routerPod = (ready: 'True' | 'False') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `router-${ready}` },
  spec: { containers: [] },
  status: { conditions: [{ type: 'Ready', status: ready }] },
})

test('traffic fails open when there are Routes and no ready router', async () => {
  const route = { metadata: { namespace: 'shop', name: 'web' } }
  const textOf = (pods: readonly unknown[], routes: readonly unknown[]) => {
    const registry = new Registry()
    addFleetMetrics(registry, {
      routerPods: { list: () => pods as never },
      routes: { list: () => routes as never },
      isLeading: () => true,
    })
    return registry.metrics()
  }
  assert.match(await textOf([routerPod('False')], [route]), /^sluice_controller_fail_open 1$/m)
  assert.match(await textOf([routerPod('False')], []), /^sluice_controller_fail_open 0$/m)
  const healthy = await textOf([routerPod('False'), routerPod('True')], [route])
  assert.match(healthy, /^sluice_controller_fail_open 0$/m)
  assert.match(healthy, /^sluice_controller_router_pods\{ready="true"\} 1$/m)
  assert.match(healthy, /^sluice_controller_routes\{namespace="shop"\} 1$/m)
})
