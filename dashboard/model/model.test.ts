import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject, Pod, ReplicaSet, Service } from '../../api/kubernetes.ts'
import type { RolloutStatus } from '../../api/rollout.ts'
import { aRunWithMetrics } from '../../cli/testing/numbers.ts'
import {
  aDeployment,
  aPod,
  aReplicaSet,
  aRollout,
  aRoute,
  CANARY,
  healthy,
  midUpdate,
  NOW,
  STABLE,
  template,
} from '../../cli/testing/objects.ts'
import { makeRolloutView, type RolloutView } from '../../view/rollout-view.ts'
import { numbersIn } from './checks.ts'
import { makeDecisions } from './decisions.ts'
import { makeDetail } from './detail.ts'
import { diffTemplates } from './diff.ts'
import type { KubeEvent } from './events.ts'
import { pointsOf } from './numbers.ts'
import { makeRow } from './row.ts'
import { thresholdOf } from './thresholds.ts'

const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString().replace('.000', '')

const anEvent = (reason: string, message: string, secondsAgo: number, version = 1): KubeEvent => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: `web.${reason}.${secondsAgo}`, namespace: 'shop', resourceVersion: String(version) },
  involvedObject: { kind: 'Rollout', name: 'web' },
  type: 'Normal',
  reason,
  message,
  lastTimestamp: ago(secondsAgo),
  count: 1,
})

const ofKind = <T extends KubeObject>(kind: string): readonly T[] =>
  midUpdate().filter(one => one.kind === kind) as unknown as readonly T[]

const aView = (status: RolloutStatus = {}): RolloutView => {
  const view = makeRolloutView({
    name: 'web',
    rollout: aRollout({ duration: { rolloutStartedAt: ago(400) }, ...status }),
    deployment: aDeployment(),
    replicaSets: ofKind<ReplicaSet>('ReplicaSet'),
    pods: ofKind<Pod>('Pod'),
    analysisRuns: [aRunWithMetrics()],
    experiments: [],
    services: ofKind<Service>('Service'),
    routes: [aRoute()],
  })
  assert.ok(view)
  return view
}

const EVENTS = [
  anEvent('RolloutUpdated', 'Rollout updated to revision 2', 400),
  anEvent('RolloutStepCompleted', 'Rollout step 1/5 completed (setWeight: 5)', 390),
  anEvent('RolloutStepCompleted', 'Rollout step 2/5 completed (pause: 2m)', 270),
  anEvent('RolloutStepCompleted', 'Rollout step 3/5 completed (setWeight: 25)', 180),
  anEvent('RolloutPaused', 'Rollout is paused (CanaryPauseStep)', 180, 2),
]

const detailOf = (view: RolloutView, events: readonly KubeEvent[] = EVENTS) =>
  makeDetail({ view, events, numbers: undefined, missing: [], now: NOW })

test('a rollout at a pause without an end waits for a person, since the pause began', () => {
  const row = makeRow(aView())
  assert.equal(row.attention, 'waiting')
  assert.equal(row.since, ago(180))
  assert.deepEqual(row.step, { index: 3, count: 5, text: 'pause' })
  assert.deepEqual(row.weight, { set: 25, actual: 25, confirmed: true })
  assert.deepEqual(row.images, ['registry.example/web:v2'])
})

test('a rollout at a timed pause goes on by itself', () => {
  assert.equal(makeRow(aView({ currentStepIndex: 1 })).attention, 'in-flight')
})

test('an aborted rollout is rolled back, and says why in the words of its status', () => {
  const row = makeRow(
    aView({ abort: true, abortedAt: ago(60), phase: 'Degraded', message: 'RolloutAborted: success-rate failed' }),
  )
  assert.deepEqual([row.attention, row.sentence, row.since], ['rolled-back', 'RolloutAborted: success-rate failed', ago(60)])
})

test('a rollout on its stable version is at rest', () => {
  const at = { name: 'web', namespace: 'shop', rollout: aRollout(healthy), deployment: aDeployment({ held: false }) }
  assert.equal(makeRow(at).attention, 'at-rest')
})

test('steps have the times that events and the pause tell', () => {
  const { steps } = detailOf(aView())
  assert.deepEqual(
    steps.map(({ text, state, startedAt, endedAt }) => [text, state, startedAt, endedAt]),
    [
      ['5%', 'done', ago(400), ago(390)],
      ['2m', 'done', ago(390), ago(270)],
      ['25%', 'done', ago(270), ago(180)],
      ['pause', 'running', ago(180), undefined],
      ['100%', 'to-come', undefined, undefined],
    ],
  )
})

test('a timed pause says when it ends', () => {
  const { steps } = detailOf(aView({ currentStepIndex: 1, pauseConditions: [{ reason: 'CanaryPauseStep', startTime: ago(50) }] }))
  assert.equal(steps[1]?.endsAt, ago(-70))
})

test('steps of an aborted update are left out', () => {
  const { steps } = detailOf(aView({ abort: true }))
  assert.deepEqual(new Set(steps.map(({ state }) => state)), new Set(['left-out']))
})

test('events of an earlier update say nothing about the steps of this one', () => {
  const { steps } = detailOf(aView(), [anEvent('RolloutStepCompleted', 'Rollout step 1/5 completed (setWeight: 5)', 5000)])
  assert.equal(steps[0]?.endedAt, undefined)
})

test('the decision log tells the update in sentences, the newest first', () => {
  assert.deepEqual(
    detailOf(aView()).decisions.map(({ text }) => text),
    [
      'The update stands at a pause of its steps.',
      'Step 3 of 5 is done (setWeight: 25).',
      'Step 2 of 5 is done (pause: 2m).',
      'Step 1 of 5 is done (setWeight: 5).',
      'Rollout updated to revision 2.',
    ],
  )
})

test('a check that failed is a decision, with its reason', () => {
  const [analysis] = detailOf(aView()).analyses
  assert.ok(analysis?.checks[2])
  const failed = { ...analysis.checks[2], phase: 'Failed' as const, message: 'value 17 is not below 10' }
  const [decision] = makeDecisions([], [{ ...analysis, checks: [failed] }])
  assert.deepEqual(decision, {
    at: '2026-01-01T11:59:48.000Z',
    kind: 'bad',
    text: 'The check queue failed: value 17 is not below 10.',
  })
})

test('the split of a Service is that of its Route', () => {
  assert.deepEqual(detailOf(aView()).services, [
    {
      service: 'web',
      path: 'routers',
      shares: [
        { role: 'stable', hash: STABLE, weight: 75 },
        { role: 'canary', hash: CANARY, weight: 25 },
      ],
      routeVersion: 7,
    },
  ])
})

test('checks have their measurements, limits and providers', () => {
  const [analysis] = detailOf(aView()).analyses
  assert.deepEqual(
    analysis?.checks.map(({ name, provider, unit, threshold }) => [name, provider, unit, threshold?.plot]),
    [
      ['success-rate >= 99%', 'sluice/router', 'share', 'success'],
      ['p99 <= stable * 1.2', 'sluice/router', 'ms', 'p99'],
      ['queue', 'prometheus', 'number', undefined],
    ],
  )
  assert.deepEqual(analysis?.checks[0]?.measurements[0]?.numbers, { canary: 0.996, stable: 0.999 })
  assert.deepEqual(analysis?.checks[2]?.measurements[0]?.numbers, { value: 7 })
})

test('numbers are found in values of every kind, and not in texts', () => {
  assert.deepEqual(numbersIn('canary p99 84ms of 512, stable p99 1.2s of 1530'), { canary: 84, stable: 1200 })
  assert.deepEqual(numbersIn('canary unknown of 0, stable 99.9% of 10'), { stable: 0.999 })
  assert.deepEqual(numbersIn('0.25'), { value: 0.25 })
  assert.deepEqual(numbersIn('3 errors'), {})
  assert.deepEqual(numbersIn(undefined), {})
})

test('limits are lines in the plot of their quantity', () => {
  assert.deepEqual(thresholdOf('success-rate >= 99.5%'), {
    plot: 'success',
    op: '>=',
    value: 0.995,
    text: 'success-rate >= 99.5%',
  })
  assert.deepEqual(thresholdOf('p99.9 < 1s'), { plot: 'p99.9', op: '<', value: 1000, text: 'p99.9 < 1s' })
  assert.deepEqual(thresholdOf('p95 <= stable * 1.2'), { plot: 'p95', op: '<=', timesStable: 1.2, text: 'p95 <= stable * 1.2' })
  assert.equal(thresholdOf('nonsense'), undefined)
})

test('revisions say which has the present template, and pods whose they are', () => {
  const { revisions, pods, containers } = detailOf(aView())
  assert.deepEqual(
    revisions.map(({ revision, roles, present, pods: { ready } }) => [revision, roles, present, ready]),
    [
      [2, ['canary'], true, 1],
      [1, ['stable'], false, 4],
    ],
  )
  assert.deepEqual(pods[0] && [pods[0].role, pods[0].state, pods[0].containersReady], ['canary', 'Running', '1/1'])
  assert.deepEqual(containers, [{ name: 'web', image: 'registry.example/web:v2', init: false }])
})

test('a pod that crashes says so, with its restarts', () => {
  const crashing = makeRolloutView({
    ...{ name: 'web', deployment: aDeployment(), analysisRuns: [], experiments: [], services: [], routes: [] },
    replicaSets: [aReplicaSet()],
    pods: [aPod({ ready: false, waiting: 'CrashLoopBackOff' })],
  })
  assert.ok(crashing)
  const [pod] = detailOf(crashing).pods
  assert.deepEqual(pod && [pod.state, pod.ready, pod.containersReady, pod.restarts], ['CrashLoopBackOff', false, '0/1', 3])
})

test('a diff names each field by the path a person would say', () => {
  const before = template('registry.example/web:v1')
  const after = {
    ...template('registry.example/web:v2'),
    spec: { containers: [{ name: 'web', image: 'registry.example/web:v2', env: [{ name: 'SEARCH', value: 'fast' }] }] },
  }
  assert.deepEqual(diffTemplates(before, after), [
    { path: 'spec.containers[web].image', before: '"registry.example/web:v1"', after: '"registry.example/web:v2"' },
    { path: 'spec.containers[web].env', after: '[{"name":"SEARCH","value":"fast"}]' },
  ])
  assert.deepEqual(diffTemplates(before, before), [])
})

test('points are whole spans of five seconds, with the share and the quantiles of each version', () => {
  const tally = {
    ...{ requests: 4, status2xx: 3, status3xx: 0, status4xx: 0, status5xx: 1, upstreamFailures: 0, clientAborts: 0 },
    latency: [0, 0, 0, 0, 4],
  }
  const none = { ...tally, requests: 0, status2xx: 0, status5xx: 0, latency: [] }
  const points = pointsOf(
    [
      { second: 101, canary: tally, stable: none },
      { second: 104, canary: tally, stable: none },
      { second: 106, canary: tally, stable: none },
    ],
    109,
  )
  assert.equal(points.length, 1)
  const [point] = points
  assert.deepEqual([point?.at, point?.canary.requests, point?.canary.success], [100, 8, 0.75])
  assert.deepEqual(point?.stable, { requests: 0 })
  assert.equal(typeof point?.canary.p99, 'number')
})
