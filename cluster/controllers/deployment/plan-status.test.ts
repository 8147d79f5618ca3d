import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Deployment, ReplicaSet } from '../../../api/kubernetes.ts'
import { deploymentOf, replicaSetOf, T0 } from '../../testing/objects.ts'
import { planDeployment } from './plan.ts'
import { MAX_INT32 } from './size.ts'

const PAUSED = {
  paused: true,
  strategy: { type: 'Recreate' },
  revisionHistoryLimit: MAX_INT32,
  progressDeadlineSeconds: MAX_INT32,
} as const
const rolling = (maxSurge: number | string, maxUnavailable: number | string) =>
  ({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } }) as const

describe('revisions and annotations', () => {
  it('gives the new ReplicaSet the next revision and copies the annotations of the Deployment, but not the skipped ones', () => {
    const annotations = { 'sluice.dev/strategy': 'canary', 'kubectl.kubernetes.io/last-applied-configuration': '{}' }
    const { writes } = planDeployment({
      deployment: deploymentOf({ ...PAUSED, annotations, version: 'v2' }),
      replicaSets: [
        replicaSetOf({ version: 'v1', replicas: 3, revision: 7 }),
        replicaSetOf({ version: 'v2', replicas: 1, age: 9 }),
      ],
      pods: [],
      now: T0,
    })
    const [update] = writes.filter(write => write.type === 'updateReplicaSet')
    assert.deepEqual(update, {
      type: 'updateReplicaSet',
      name: 'web-v2',
      annotations: { 'sluice.dev/strategy': 'canary', 'deployment.kubernetes.io/revision': '8' },
    })
    const [status] = writes.filter(write => write.type === 'updateStatus')
    assert.equal(status?.revision, '8')
  })

  it('keeps the old revision in the history when an old ReplicaSet becomes the new one again', () => {
    const { writes } = planDeployment({
      deployment: deploymentOf({ ...PAUSED, version: 'v1' }),
      replicaSets: [
        replicaSetOf({ version: 'v1', replicas: 4, revision: 1 }),
        replicaSetOf({ version: 'v2', replicas: 1, revision: 2, age: 9 }),
      ],
      pods: [],
      now: T0,
    })
    const [update] = writes.filter(write => write.type === 'updateReplicaSet')
    assert.deepEqual(update?.annotations, {
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    })
  })

  it('does not create the new ReplicaSet while paused, and leaves the revision as it is', () => {
    const { writes } = planDeployment({
      deployment: deploymentOf({ ...PAUSED, version: 'v2' }),
      replicaSets: [replicaSetOf({ version: 'v1', replicas: 4, revision: 1 })],
      pods: [],
      now: T0,
    })
    assert.deepEqual(
      writes.map(write => write.type),
      ['updateStatus'],
    )
    assert.equal(writes[0]?.type === 'updateStatus' && writes[0].revision, undefined)
  })

  it('takes the oldest of two ReplicaSets with the template of the Deployment', () => {
    const twin = {
      ...replicaSetOf({ version: 'v2', replicas: 2, age: 1 }),
      metadata: { ...replicaSetOf({ version: 'v2', replicas: 2, age: 1 }).metadata, name: 'twin', uid: 'twin' },
    }
    const { writes } = planDeployment({
      deployment: deploymentOf({ ...PAUSED, version: 'v2' }),
      replicaSets: [replicaSetOf({ version: 'v2', replicas: 2, age: 9 }), twin],
      pods: [],
      now: T0,
    })
    assert.deepEqual(
      writes.flatMap(write => (write.type === 'updateReplicaSet' ? [write.name] : [])),
      ['twin'],
    )
  })

  it('creates the first ReplicaSet at N with both annotations, the hash label and the owner', () => {
    const { writes } = planDeployment({ deployment: deploymentOf({ version: 'v1' }), replicaSets: [], pods: [], now: T0 })
    const created = writes.find(write => write.type === 'createReplicaSet')?.replicaSet
    assert.equal(created?.spec.replicas, 4)
    assert.equal(created?.metadata.annotations?.['deployment.kubernetes.io/desired-replicas'], '4')
    assert.equal(created?.metadata.annotations?.['deployment.kubernetes.io/max-replicas'], '5')
    const hash = created?.metadata.labels?.['pod-template-hash']
    assert.equal(created?.metadata.name, `web-${hash}`)
    assert.equal(created?.spec.selector.matchLabels?.['pod-template-hash'], hash)
    assert.equal(created?.metadata.ownerReferences?.[0]?.uid, 'deployment-uid')
  })

  it('chooses another name after a collision', () => {
    const nameAt = (collisionCount?: number) => {
      const status = collisionCount === undefined ? undefined : { collisionCount }
      const plan = planDeployment({
        deployment: deploymentOf({ version: 'v1', ...(status ? { status } : {}) }),
        replicaSets: [],
        pods: [],
        now: T0,
      })
      return plan.writes.find(write => write.type === 'createReplicaSet')?.replicaSet.metadata.name
    }
    assert.notEqual(nameAt(), nameAt(1))
  })
})

describe('status', () => {
  const statusOf = (deployment: Deployment, replicaSets: readonly ReplicaSet[], now = T0) =>
    planDeployment({ deployment, replicaSets, pods: [], now }).writes.find(write => write.type === 'updateStatus')?.status

  it('sums over all ReplicaSets, counts the new one as updated and leaves zeros out', () => {
    const status = statusOf(deploymentOf({ ...PAUSED, version: 'v2' }), [
      replicaSetOf({ version: 'v1', replicas: 3 }),
      replicaSetOf({ version: 'v2', replicas: 1, available: 0, age: 9 }),
    ])
    const { conditions, ...counts } = status ?? {}
    assert.deepEqual(counts, {
      observedGeneration: 1,
      replicas: 4,
      updatedReplicas: 1,
      readyReplicas: 3,
      availableReplicas: 3,
      unavailableReplicas: 1,
      terminatingReplicas: 0,
    })
    assert.deepEqual(
      conditions?.map(({ type, status: is, reason }) => [type, is, reason]),
      [['Available', 'False', 'MinimumReplicasUnavailable']],
    )
  })

  it('marks a paused Deployment with a deadline, and leaves Progressing alone without one', () => {
    const sets = [replicaSetOf({ version: 'v1', replicas: 4 })]
    const reason = (deadline: number) =>
      statusOf(deploymentOf({ paused: true, version: 'v2', progressDeadlineSeconds: deadline }), sets)?.conditions?.find(
        c => c.type === 'Progressing',
      )?.reason
    assert.equal(reason(600), 'DeploymentPaused')
    assert.equal(reason(MAX_INT32), undefined)
  })

  it('never overwrites ProgressDeadlineExceeded while paused', () => {
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] as const
    const deployment = deploymentOf({ paused: true, version: 'v2', progressDeadlineSeconds: 600, status: { conditions } })
    const status = statusOf(deployment, [replicaSetOf({ version: 'v1', replicas: 4 })])
    assert.equal(status?.conditions?.find(c => c.type === 'Progressing')?.reason, 'ProgressDeadlineExceeded')
  })

  it('reports success when all pods are new and available', () => {
    const status = statusOf(deploymentOf({ version: 'v2', progressDeadlineSeconds: 600 }), [
      replicaSetOf({ version: 'v2', replicas: 4, revision: 1 }),
    ])
    const progressing = status?.conditions?.find(c => c.type === 'Progressing')
    assert.deepEqual([progressing?.status, progressing?.reason], ['True', 'NewReplicaSetAvailable'])
  })

  it('times out after the deadline and asks to be woken for it before', () => {
    const since = '2026-01-01T00:00:00Z'
    const conditions = [
      { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', lastUpdateTime: since, lastTransitionTime: since },
      { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', lastUpdateTime: since, lastTransitionTime: since },
    ] as const
    const counts = {
      replicas: 5,
      updatedReplicas: 1,
      readyReplicas: 4,
      availableReplicas: 4,
      unavailableReplicas: 1,
      terminatingReplicas: 0,
    }
    const deployment = deploymentOf({
      ...rolling(1, 0),
      version: 'v2',
      progressDeadlineSeconds: 10,
      status: { observedGeneration: 1, ...counts, conditions },
    })
    const replicaSets = [
      replicaSetOf({ version: 'v1', replicas: 4, revision: 1 }),
      replicaSetOf({ version: 'v2', replicas: 1, available: 0, revision: 2, age: 9 }),
    ]
    const early = planDeployment({
      deployment: {
        ...deployment,
        metadata: { ...deployment.metadata, annotations: { 'deployment.kubernetes.io/revision': '2' } },
      },
      replicaSets,
      pods: [],
      now: T0 + 5000,
    })
    assert.deepEqual(early, { writes: [], wakeAt: T0 + 11_000 })
    const late = statusOf(deployment, replicaSets, T0 + 10_001)
    assert.equal(late?.conditions?.find(c => c.type === 'Progressing')?.reason, 'ProgressDeadlineExceeded')
  })
})
