import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { podOf, replicaSetOf, T0 } from '../../testing/objects.ts'
import { nextAvailabilityAt, planPods, planStatus, renderPod } from './plan.ts'
import { podsToDelete } from './rank.ts'

const DAY = 86_400
const now = T0 + DAY * 1000

describe('which pods a ReplicaSet gives up first', () => {
  const rows = [
    ['unscheduled before scheduled', podOf({ name: 'lose', node: '' }), podOf({ name: 'keep', ready: false })],
    ['pending before running', podOf({ name: 'lose', phase: 'Pending', ready: false }), podOf({ name: 'keep', ready: false })],
    ['not ready before ready', podOf({ name: 'lose', ready: false }), podOf({ name: 'keep' })],
    [
      'lower deletion cost before higher',
      podOf({ name: 'lose', annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-1' } }),
      podOf({ name: 'keep', age: DAY - 1 }),
    ],
    ['shorter ready before longer ready', podOf({ name: 'lose', age: DAY - 10 }), podOf({ name: 'keep', age: 0 })],
    ['more restarts before fewer', podOf({ name: 'lose', restarts: 3 }), podOf({ name: 'keep' })],
  ] as const
  for (const [name, lose, keep] of rows) {
    it(name, () => {
      for (const pods of [
        [lose, keep],
        [keep, lose],
      ]) {
        assert.deepEqual(
          podsToDelete(pods, pods, { count: 1, now }).map(pod => pod.metadata.name),
          ['lose'],
        )
      }
    })
  }

  it('doubled up on a node before alone', () => {
    const pods = [podOf({ name: 'keep', node: 'a', age: DAY - 10 }), podOf({ name: 'lose', node: 'b' })]
    const related = [...pods, podOf({ name: 'sibling', node: 'b', owner: 'uid-v2' })]
    assert.deepEqual(
      podsToDelete(pods, related, { count: 1, now }).map(pod => pod.metadata.name),
      ['lose'],
    )
  })
})

describe('how many pods', () => {
  const seen = (replicas: number, pods: readonly ReturnType<typeof podOf>[]) => ({
    replicaSet: replicaSetOf({ version: 'v1', replicas }),
    pods,
    related: pods,
    now,
  })

  it('makes what is missing; terminating and finished pods do not count', () => {
    const pods = [podOf({ name: 'a' }), podOf({ name: 'b', deleted: true }), podOf({ name: 'c', phase: 'Failed' })]
    assert.deepEqual(planPods(seen(3, pods)), { create: 2, delete: [] })
  })

  it('deletes what is too much', () => {
    const pods = [podOf({ name: 'a' }), podOf({ name: 'b', ready: false })]
    assert.deepEqual(
      planPods(seen(1, pods)).delete.map(pod => pod.metadata.name),
      ['b'],
    )
  })

  it('does nothing while it is being deleted itself', () => {
    const { replicaSet, ...rest } = seen(3, [])
    const going = { ...replicaSet, metadata: { ...replicaSet.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
    assert.deepEqual(planPods({ ...rest, replicaSet: going }), { create: 0, delete: [] })
  })
})

describe('status of a ReplicaSet', () => {
  const base = replicaSetOf({ version: 'v1', replicas: 3 })
  const replicaSet = { ...base, spec: { ...base.spec, minReadySeconds: 30 } }
  const labels = replicaSet.spec.template.metadata?.labels ?? {}
  const pods = [
    podOf({ name: 'long', labels }),
    podOf({ name: 'fresh', labels, age: DAY - 10 }),
    podOf({ name: 'going', labels, deleted: true }),
    podOf({ name: 'unready', ready: false }),
  ]

  it('counts ready, available after minReadySeconds, fully labelled and terminating pods', () => {
    const status = planStatus({ replicaSet, pods, related: pods, now })
    assert.deepEqual(status, {
      replicas: 3,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 1,
      conditions: [],
    })
    assert.equal(planStatus({ replicaSet: { ...replicaSet, status: status ?? {} }, pods, related: pods, now }), undefined)
  })

  it('knows when the next pod becomes available', () => {
    assert.equal(nextAvailabilityAt({ replicaSet, pods, related: pods, now }), now + 20_000)
  })

  it('reports a failure to make pods and takes it back', () => {
    const failed = planStatus({ replicaSet, pods: [], related: [], now }, 'quota')
    assert.deepEqual(
      failed?.conditions?.map(({ type, reason, message }) => [type, reason, message]),
      [['ReplicaFailure', 'FailedCreate', 'quota']],
    )
    const after = planStatus({ replicaSet: { ...replicaSet, status: failed ?? {} }, pods: [], related: [], now })
    assert.deepEqual(after?.conditions, [])
  })

  it('makes pods with the template of the ReplicaSet and itself as the controller', () => {
    const pod = renderPod(replicaSet, 'abcde')
    assert.equal(pod.metadata.name, 'web-v1-abcde')
    assert.equal(pod.metadata.labels?.['pod-template-hash'], 'v1')
    assert.equal(pod.metadata.ownerReferences?.[0]?.uid, 'uid-v1')
    assert.deepEqual(pod.spec, replicaSet.spec.template.spec)
  })
})
