import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Deployment, ReplicaSet } from '../../../api/kubernetes.ts'
import { deploymentOf, podOf, replicaSetOf, T0 } from '../../testing/objects.ts'
import { planDeployment } from './plan.ts'
import { MAX_INT32 } from './size.ts'

type Case = {
  readonly name: string
  readonly deployment: Deployment
  readonly replicaSets: readonly ReplicaSet[]
  /** New sizes by version; nothing for a ReplicaSet that must not be scaled. */
  readonly sizes: { readonly [name: string]: number }
  readonly deletes?: readonly string[]
}

const PAUSED = {
  paused: true,
  strategy: { type: 'Recreate' },
  revisionHistoryLimit: MAX_INT32,
  progressDeadlineSeconds: MAX_INT32,
} as const
const rolling = (maxSurge: number | string, maxUnavailable: number | string) =>
  ({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } }) as const

const CASES: readonly Case[] = [
  {
    name: 'W5: paused, one active ReplicaSet is driven to N under Recreate',
    deployment: deploymentOf({ ...PAUSED, version: 'v2' }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 3 })],
    sizes: { 'web-v1': 4 },
  },
  {
    name: 'W5: paused, one active ReplicaSet is driven to N under RollingUpdate',
    deployment: deploymentOf({ paused: true, version: 'v2' }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 6 })],
    sizes: { 'web-v1': 4 },
  },
  {
    name: 'W5: nothing active, the new ReplicaSet is woken when N rises from 0, proven or not',
    deployment: deploymentOf({ ...PAUSED, version: 'v2' }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 0, age: 0 }), replicaSetOf({ version: 'v2', replicas: 0, age: 9 })],
    sizes: { 'web-v2': 4 },
  },
  {
    name: 'W5: nothing active and no new ReplicaSet, the youngest old one is woken',
    deployment: deploymentOf({ ...PAUSED, version: 'v3' }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 0, age: 0 }), replicaSetOf({ version: 'v2', replicas: 0, age: 9 })],
    sizes: { 'web-v2': 4 },
  },
  {
    name: 'held with two active ReplicaSets and no annotation: no write to any size',
    deployment: deploymentOf({ ...PAUSED, version: 'v2' }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 3 }), replicaSetOf({ version: 'v2', replicas: 1, age: 9 })],
    sizes: {},
  },
  {
    name: 'held, N raised from 4 to 8 at 3+1: no write to any size',
    deployment: deploymentOf({ ...PAUSED, version: 'v2', replicas: 8 }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 3 }), replicaSetOf({ version: 'v2', replicas: 1, age: 9 })],
    sizes: {},
  },
  {
    name: 'W6: template reverted in mid-update with the annotation left: the other ReplicaSet goes to 0 at once',
    deployment: deploymentOf({ ...PAUSED, version: 'v1' }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 4, desired: 4 }), replicaSetOf({ version: 'v2', replicas: 1, age: 9 })],
    sizes: { 'web-v2': 0 },
  },
  {
    name: 'W6 disarmed: template reverted in mid-update without the annotation: no write',
    deployment: deploymentOf({ ...PAUSED, version: 'v1' }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 4 }), replicaSetOf({ version: 'v2', replicas: 1, age: 9 })],
    sizes: {},
  },
  {
    name: 'W6: N=1 and an annotated canary of 1: stable goes to 0',
    deployment: deploymentOf({ ...PAUSED, version: 'v2', replicas: 1 }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 1 }), replicaSetOf({ version: 'v2', replicas: 1, desired: 1, age: 9 })],
    sizes: { 'web-v1': 0 },
  },
  {
    name: 'W6: blue-green at full size with the annotation: stable goes to 0',
    deployment: deploymentOf({ ...PAUSED, version: 'v2' }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 4 }), replicaSetOf({ version: 'v2', replicas: 4, desired: 4, age: 9 })],
    sizes: { 'web-v1': 0 },
  },
  {
    name: 'W6: full size but one pod not available: not saturated, no write',
    deployment: deploymentOf({ ...PAUSED, version: 'v2' }),
    replicaSets: [
      replicaSetOf({ version: 'v1', replicas: 4 }),
      replicaSetOf({ version: 'v2', replicas: 4, available: 3, desired: 4, age: 9 }),
    ],
    sizes: {},
  },
  {
    name: 'W7: paused under RollingUpdate the sum of active ReplicaSets is forced to N + maxSurge',
    deployment: deploymentOf({ ...rolling(1, 0), paused: true, version: 'v2' }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 3 }), replicaSetOf({ version: 'v2', replicas: 1, age: 9 })],
    sizes: { 'web-v1': 4 },
  },
  {
    name: 'W7: scaling 10 to 20 in mid-rollout spreads in proportion to the annotated maximum',
    deployment: deploymentOf({ ...rolling(0, 1), replicas: 20, paused: true, version: 'v2' }),
    replicaSets: [
      replicaSetOf({ version: 'v1', replicas: 8, desired: 10, max: 10 }),
      replicaSetOf({ version: 'v2', replicas: 2, desired: 10, max: 10, age: 9 }),
    ],
    sizes: { 'web-v1': 16, 'web-v2': 4 },
  },
  {
    name: 'W8: paused, spent old ReplicaSets beyond the limit are deleted, oldest revision first',
    deployment: deploymentOf({ paused: true, strategy: { type: 'Recreate' }, revisionHistoryLimit: 1, version: 'v3' }),
    replicaSets: [
      replicaSetOf({ version: 'v1', replicas: 0, revision: 1 }),
      replicaSetOf({ version: 'v2', replicas: 0, revision: 2 }),
      replicaSetOf({ version: 'v3', replicas: 4, revision: 3, age: 9 }),
    ],
    sizes: {},
    deletes: ['web-v1'],
  },
  {
    name: 'W8: a limit of 2147483647 keeps everything',
    deployment: deploymentOf({ ...PAUSED, version: 'v3' }),
    replicaSets: [
      replicaSetOf({ version: 'v1', replicas: 0, revision: 1 }),
      replicaSetOf({ version: 'v3', replicas: 4, age: 9 }),
    ],
    sizes: {},
  },
  {
    name: 'W8: an old ReplicaSet with pods is kept though it is beyond the limit',
    deployment: deploymentOf({ ...PAUSED, revisionHistoryLimit: 0, version: 'v2' }),
    replicaSets: [
      replicaSetOf({ version: 'v1', replicas: 3, revision: 1 }),
      replicaSetOf({ version: 'v2', replicas: 1, age: 9 }),
    ],
    sizes: {},
  },
  {
    name: 'the trap: un-paused with Recreate left in, every old pod goes at once',
    deployment: deploymentOf({ strategy: { type: 'Recreate' }, version: 'v2' }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 3 }), replicaSetOf({ version: 'v2', replicas: 1, age: 9 })],
    sizes: { 'web-v1': 0 },
  },
  {
    name: 'finish: one patch back to RollingUpdate with the new ReplicaSet at N writes no size',
    deployment: deploymentOf({ version: 'v2', progressDeadlineSeconds: 600 }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 0 }), replicaSetOf({ version: 'v2', replicas: 4, age: 9 })],
    sizes: {},
  },
  {
    name: 'rolling: surge first',
    deployment: deploymentOf({ ...rolling(1, 0), version: 'v2' }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 4, desired: 4 }), replicaSetOf({ version: 'v2', replicas: 0, age: 9 })],
    sizes: { 'web-v2': 1 },
  },
  {
    name: 'rolling: the surge pod is available, one old pod may go',
    deployment: deploymentOf({ ...rolling(1, 0), version: 'v2' }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 4 }), replicaSetOf({ version: 'v2', replicas: 1, age: 9 })],
    sizes: { 'web-v1': 3 },
  },
  {
    name: 'rolling: nothing may go while the surge pod is not available',
    deployment: deploymentOf({ ...rolling(1, 0), version: 'v2' }),
    replicaSets: [
      replicaSetOf({ version: 'v1', replicas: 4 }),
      replicaSetOf({ version: 'v2', replicas: 1, available: 0, age: 9 }),
    ],
    sizes: {},
  },
  {
    name: 'rolling: an old pod that is not available goes first',
    deployment: deploymentOf({ ...rolling(1, 1), version: 'v2' }),
    replicaSets: [
      replicaSetOf({ version: 'v1', replicas: 4, available: 3 }),
      replicaSetOf({ version: 'v2', replicas: 1, available: 0, age: 9 }),
    ],
    sizes: { 'web-v1': 3 },
  },
  {
    name: 'a change of N seen through the annotation is scaling, not rolling',
    deployment: deploymentOf({ version: 'v1', replicas: 6 }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 4, desired: 4 })],
    sizes: { 'web-v1': 6 },
  },
  {
    name: 'a terminating Deployment scales nothing',
    deployment: deploymentOf({ deleted: true, version: 'v1', replicas: 6 }),
    replicaSets: [replicaSetOf({ version: 'v1', replicas: 4 })],
    sizes: {},
  },
]

describe('sizes that the Deployment controller writes', () => {
  for (const { name, deployment, replicaSets, sizes, deletes = [] } of CASES) {
    it(name, () => {
      const { writes } = planDeployment({ deployment, replicaSets, pods: [], now: T0 })
      const scaled = writes.flatMap(write =>
        write.type === 'updateReplicaSet' && write.replicas !== undefined ? [[write.name, write.replicas]] : [],
      )
      const deleted = writes.flatMap(write => (write.type === 'deleteReplicaSet' ? [write.name] : []))
      assert.deepEqual(Object.fromEntries(scaled), sizes)
      assert.deepEqual(deleted, deletes)
    })
  }
})

describe('Recreate', () => {
  const deployment = deploymentOf({ strategy: { type: 'Recreate' }, version: 'v2' })
  const old = replicaSetOf({ version: 'v1', replicas: 0 })

  it('waits for the old pods to be gone before it makes the new ReplicaSet', () => {
    const seen = { deployment, replicaSets: [old], now: T0 }
    const waiting = planDeployment({ ...seen, pods: [podOf({ name: 'a', deleted: true })] })
    const gone = planDeployment({ ...seen, pods: [] })
    assert.equal(
      waiting.writes.find(write => write.type === 'createReplicaSet'),
      undefined,
    )
    const created = gone.writes.find(write => write.type === 'createReplicaSet')
    assert.equal(created?.replicaSet.spec.replicas, 4)
  })
})
