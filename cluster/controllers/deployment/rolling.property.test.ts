import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Deployment, ReplicaSet } from '../../../api/kubernetes.ts'
import { REVISION } from '../../../api/names.ts'
import { deploymentOf, replicaSetOf, T0 } from '../../testing/objects.ts'
import { type DeploymentWrite, planDeployment } from './plan.ts'
import { fenceposts } from './size.ts'

/** Applies a plan's writes to the ReplicaSets, as the API server would. */
function applyPlan(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
): { readonly deployment: Deployment; readonly replicaSets: readonly ReplicaSet[]; readonly writes: number } {
  const { writes } = planDeployment({ deployment, replicaSets, pods: [], now: T0 })
  let sets = [...replicaSets]
  let next = deployment
  for (const write of writes) {
    if (write.type === 'createReplicaSet')
      sets.push({
        ...write.replicaSet,
        metadata: { ...write.replicaSet.metadata, uid: 'new', creationTimestamp: new Date(T0 + 60_000).toISOString() },
      })
    if (write.type === 'deleteReplicaSet') sets = sets.filter(({ metadata }) => metadata.name !== write.name)
    if (write.type === 'updateStatus') next = withStatus(next, write)
    if (write.type !== 'updateReplicaSet') continue
    sets = sets.map(set => {
      if (set.metadata.name !== write.name) return set
      const annotations = { ...set.metadata.annotations, ...write.annotations }
      return {
        ...set,
        metadata: { ...set.metadata, annotations },
        spec: { ...set.spec, replicas: write.replicas ?? set.spec.replicas ?? 1 },
      }
    })
  }
  return { deployment: next, replicaSets: sets, writes: writes.length }
}

function withStatus(
  deployment: Deployment,
  { status, revision }: Extract<DeploymentWrite, { readonly type: 'updateStatus' }>,
): Deployment {
  const annotations = { ...deployment.metadata.annotations, ...(revision === undefined ? {} : { [REVISION]: revision }) }
  return { ...deployment, metadata: { ...deployment.metadata, annotations }, status }
}

/** Pods follow the sizes; of those that are new, `ready` of 4 become available each time. */
function settlePods(set: ReplicaSet, ready: number): ReplicaSet {
  const size = set.spec.replicas ?? 1
  const before = Math.min(size, set.status?.availableReplicas ?? 0)
  const available = Math.min(size, before + Math.ceil(((size - before) * ready) / 4))
  return {
    ...set,
    status: {
      replicas: size,
      readyReplicas: available,
      availableReplicas: available,
      observedGeneration: 1,
      terminatingReplicas: 0,
    },
  }
}

const fence = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 100 }).map(percent => `${percent}%`),
)

describe('a rolling update', () => {
  it('keeps between N - maxUnavailable available and N + maxSurge wanted pods, and ends with all pods new', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fence,
        fence,
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 }),
        (replicas, maxSurge, maxUnavailable, steps) => {
          const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } as const
          let deployment = deploymentOf({ replicas, strategy, version: 'v2' })
          let replicaSets: readonly ReplicaSet[] = [
            replicaSetOf({
              version: 'v1',
              replicas,
              desired: replicas,
              max: replicas + fenceposts(deployment).maxSurge,
              revision: 1,
            }),
          ]
          const fences = fenceposts(deployment)
          // After the random part every pod becomes ready, so that the update can end.
          const all = [...steps, ...Array.from({ length: 4 * replicas + 10 }, () => 4)]
          for (const ready of all) {
            const next = applyPlan(deployment, replicaSets)
            deployment = next.deployment
            const sizes = next.replicaSets.reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0)
            assert.ok(sizes <= replicas + fences.maxSurge, `${sizes} pods wanted`)
            const available = next.replicaSets.reduce(
              (sum, { spec, status }) => sum + Math.min(spec.replicas ?? 1, status?.availableReplicas ?? 0),
              0,
            )
            assert.ok(available >= replicas - fences.maxUnavailable, `${available} pods available`)
            replicaSets = next.replicaSets.map(set => settlePods(set, ready))
          }
          assert.deepEqual(
            replicaSets.map(({ spec }) => spec.replicas),
            [0, replicas],
          )
          assert.equal(applyPlan(deployment, replicaSets).writes, 0)
        },
      ),
      { numRuns: 300 },
    )
  })
})
