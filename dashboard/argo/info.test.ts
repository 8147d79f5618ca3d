/** RolloutInfo of a Rollout with an Experiment and Jobs, as clients of Argo Rollouts' dashboard read it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { Experiment } from '../../api/experiment.ts'
import type { KubeObject, ReplicaSet } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import type { Rollout } from '../../api/rollout.ts'
import { makeRolloutView } from '../../view/rollout-view.ts'
import { rolloutInfo } from './info.ts'

const argo = 'argoproj.io/v1alpha1'
const HASH = 'newhash'
const owned = (kind: string, uid: string): KubeObject['metadata']['ownerReferences'] => [
  { apiVersion: argo, kind, name: uid, uid, controller: true },
]
const pods = { spec: { containers: [{ name: 'web', image: 'web:2' }] } }

const replicaSet = (name: string, owner: readonly [kind: string, uid: string], replicas: number): ReplicaSet => ({
  ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  metadata: {
    ...{ name, namespace: 'shop', uid: name, labels: { [ROLLOUTS_POD_TEMPLATE_HASH]: HASH } },
    ...{ ownerReferences: owned(...owner) ?? [], annotations: { 'rollout.argoproj.io/revision': '2' } },
  },
  spec: { replicas, selector: {}, template: pods },
  status: { replicas, availableReplicas: 0 },
})

const run = (name: string, owner: readonly [kind: string, uid: string]): AnalysisRun =>
  ({
    ...{ apiVersion: argo, kind: 'AnalysisRun' },
    metadata: { name, namespace: 'shop', ownerReferences: owned(...owner), labels: { [ROLLOUTS_POD_TEMPLATE_HASH]: HASH } },
    spec: { metrics: [{ name: 'smoke', provider: { job: { spec: {} } } }] },
    status: {
      phase: 'Running',
      metricResults: [
        {
          ...{ name: 'smoke', phase: 'Running', successful: 1 },
          measurements: [{ phase: 'Successful', value: '1', startedAt: 'then', metadata: { 'job-name': 'x.smoke.1' } }],
        },
      ],
    },
  }) as unknown as AnalysisRun

test('experiments have their ReplicaSets and AnalysisRuns, and a measurement by a Job is a Job', () => {
  const rollout: Rollout = {
    ...{ apiVersion: argo, kind: 'Rollout', metadata: { name: 'web', namespace: 'shop', uid: 'r' } },
    spec: { strategy: { canary: { steps: [] } } },
    status: { stableRS: 'old', currentPodHash: HASH },
  }
  const experiment = {
    ...{ apiVersion: argo, kind: 'Experiment' },
    metadata: {
      ...{ name: 'web-x', namespace: 'shop', uid: 'e', ownerReferences: owned('Rollout', 'r') },
      labels: { [ROLLOUTS_POD_TEMPLATE_HASH]: HASH },
    },
    spec: { templates: [{ name: 'new', selector: {}, template: pods }] },
    status: { phase: 'Running', message: 'so far so good' },
  } as Experiment
  const view = makeRolloutView({
    ...{ name: 'web', rollout, pods: [], services: [], routes: [], experiments: [experiment] },
    replicaSets: [replicaSet('web-newhash', ['Rollout', 'r'], 4), replicaSet('web-x-new', ['Experiment', 'e'], 1)],
    analysisRuns: [run('web-smoke', ['Rollout', 'r']), run('web-x-smoke', ['Experiment', 'e'])],
  })
  assert.ok(view)
  // What goes over the wire.
  const info = JSON.parse(JSON.stringify(rolloutInfo(view, 0)))
  const [one] = info.experiments
  assert.deepEqual(
    [one.objectMeta.name, one.status, one.message, one.revision, one.icon],
    ['web-x', 'Running', 'so far so good', 2, 'fa-check-circle'],
  )
  assert.deepEqual(
    one.replicaSets.map((set: { objectMeta: { name: string }; template: string; images: string[]; status: string }) => [
      set.objectMeta.name,
      set.template,
      ...set.images,
      set.status,
    ]),
    [['web-x-new', 'new', 'web:2', 'Progressing']],
  )
  assert.deepEqual(
    info.replicaSets.map((set: { objectMeta: { name: string } }) => set.objectMeta.name),
    ['web-newhash'],
  )
  const job = {
    objectMeta: { name: 'x.smoke.1' },
    icon: 'fa-check-circle',
    status: 'Successful',
    metricName: 'smoke',
    startedAt: 'then',
  }
  for (const analysis of [info.analysisRuns[0], one.analysisRuns[0]])
    assert.deepEqual([analysis.jobs, analysis.nonJobInfo], [[job], []])
})
