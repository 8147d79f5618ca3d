/** A blue-green Rollout as the dashboard shows it: its Services and the stages of an update. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { ReplicaSet } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import type { BlueGreenStrategy, Rollout, RolloutStatus } from '../../api/rollout.ts'
import { makeRolloutView } from '../../view/rollout-view.ts'
import { makeDetail } from './detail.ts'

const [OLD, NEW] = ['oldhash', 'newhash']
const owner = [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'shop', uid: 'uid-rollout', controller: true }]

const replicaSet = (hash: string, revision: number): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    ...{ name: `shop-${hash}`, namespace: 'shop', uid: `uid-${hash}`, ownerReferences: owner },
    labels: { [ROLLOUTS_POD_TEMPLATE_HASH]: hash },
    annotations: { 'rollout.argoproj.io/revision': String(revision) },
  },
  spec: { replicas: 2, selector: {}, template: { spec: { containers: [{ name: 'web', image: `web:${revision}` }] } } },
})

const run = (name: string): AnalysisRun =>
  ({
    ...{ apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun' },
    metadata: { name, namespace: 'shop', ownerReferences: owner, labels: { [ROLLOUTS_POD_TEMPLATE_HASH]: NEW } },
    spec: { metrics: [] },
    status: { phase: 'Running', startedAt: '2026-01-01T12:00:00Z' },
  }) as unknown as AnalysisRun

const detailOf = (blueGreen: Partial<BlueGreenStrategy>, status: RolloutStatus, runs: readonly AnalysisRun[] = []) => {
  const rollout: Rollout = {
    ...{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name: 'shop', namespace: 'shop', uid: 'uid-rollout' } },
    spec: { strategy: { blueGreen: { activeService: 'shop', previewService: 'shop-preview', ...blueGreen } } },
    status: { stableRS: OLD, currentPodHash: NEW, ...status },
  }
  const replicaSets = [replicaSet(OLD, 1), replicaSet(NEW, 2)]
  const none = { pods: [], experiments: [], services: [], routes: [] }
  const view = makeRolloutView({ name: 'shop', rollout, replicaSets, analysisRuns: runs, ...none })
  assert.ok(view)
  return makeDetail({ view, events: [], numbers: undefined, missing: [], now: Date.parse('2026-01-01T12:00:30Z') })
}

const statesOf = ({ steps }: ReturnType<typeof detailOf>) => steps.map(({ text, state }) => `${text}: ${state}`)
const pointed = { activeSelector: OLD, previewSelector: NEW }

test('its Services lead to the version that each selects, and versions go by that', () => {
  const { sides, revisions } = detailOf({}, { blueGreen: pointed })
  assert.deepEqual(
    sides.map(({ side, service, revision, images }) => [side, service, revision, ...images]),
    [
      ['active', 'shop', 1, 'web:1'],
      ['preview', 'shop-preview', 2, 'web:2'],
    ],
  )
  assert.deepEqual(
    revisions.map(({ revision, roles }) => [revision, roles]),
    [
      [2, ['preview']],
      [1, ['active', 'stable']],
    ],
  )
})

test('an update goes from pods over analysis and pause to the switch, and each stage is told', () => {
  const all = { prePromotionAnalysis: {}, postPromotionAnalysis: {}, autoPromotionEnabled: false }
  assert.deepEqual(statesOf(detailOf(all, { blueGreen: pointed })), [
    'pods: running',
    'analysis before: to-come',
    'pause: to-come',
    'switch: to-come',
    'analysis after: to-come',
  ])
  const pre = { name: 'pre', status: 'Running' } as const
  const judged = detailOf(all, { blueGreen: { ...pointed, prePromotionAnalysisRunStatus: pre } }, [run('pre')])
  assert.deepEqual(statesOf(judged).slice(0, 3), ['pods: done', 'analysis before: running', 'pause: to-come'])
  assert.equal(judged.steps[1]?.startedAt, '2026-01-01T12:00:00Z')
  assert.equal(judged.analyses[0]?.current, true)
  const passed = { name: 'pre', status: 'Successful' } as const
  const pauseConditions = [{ reason: 'BlueGreenPause', startTime: '2026-01-01T12:00:10Z' }] as const
  const waiting = detailOf(all, { pauseConditions, blueGreen: { ...pointed, prePromotionAnalysisRunStatus: passed } })
  assert.deepEqual(statesOf(waiting).slice(1, 4), ['analysis before: done', 'pause: running', 'switch: to-come'])
  const post = { name: 'post', status: 'Running' } as const
  const switched = detailOf(all, {
    blueGreen: {
      activeSelector: NEW,
      previewSelector: NEW,
      prePromotionAnalysisRunStatus: passed,
      postPromotionAnalysisRunStatus: post,
    },
  })
  assert.deepEqual(statesOf(switched).slice(2), ['pause: done', 'switch: done', 'analysis after: running'])
  assert.deepEqual(
    statesOf(detailOf(all, { stableRS: NEW, blueGreen: { activeSelector: NEW } })).filter(text => !text.endsWith('done')),
    [],
  )
})

test('a pause that ends by itself says when, and there is none where the switch comes at once', () => {
  const pauseConditions = [{ reason: 'BlueGreenPause', startTime: '2026-01-01T12:00:10Z' }] as const
  const timed = detailOf({ autoPromotionSeconds: 60 }, { pauseConditions, blueGreen: pointed })
  assert.deepEqual(timed.steps[1], {
    ...{ index: 1, text: '60s', kind: 'pause', state: 'running', weight: 0 },
    ...{ startedAt: '2026-01-01T12:00:10Z', endsAt: '2026-01-01T12:01:10Z' },
  })
  assert.deepEqual(statesOf(detailOf({}, { blueGreen: pointed })), ['pods: running', 'switch: to-come'])
})

test('an aborted update leaves every stage out', () => {
  assert.deepEqual(statesOf(detailOf({}, { abort: true, blueGreen: pointed })), ['pods: left-out', 'switch: left-out'])
})
