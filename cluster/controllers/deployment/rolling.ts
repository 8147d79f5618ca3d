/** One step of a rolling update. Rule: pkg/controller/deployment/rolling.go. */
import type { ReplicaSet } from '../../../api/kubernetes.ts'
import type { Draft } from './draft.ts'
import { allOf, scaleTo } from './draft.ts'
import { newReplicas } from './revision.ts'
import { byCreation, fenceposts, isActive, replicasOf, sumOf } from './size.ts'

const availableOf = (replicaSet: ReplicaSet): number => replicaSet.status?.availableReplicas ?? 0

/** Scales the new ReplicaSet up or the old ones down, as far as maxSurge and maxUnavailable allow. Returns whether anything was scaled. */
export function stepRolling(draft: Draft, newest: ReplicaSet): boolean {
  return scaleNewest(draft, newest) || scaleOld(draft, newest)
}

function scaleNewest(draft: Draft, newest: ReplicaSet): boolean {
  const desired = replicasOf(draft.seen.deployment)
  const size = replicasOf(newest)
  if (size === desired) return false
  return scaleTo(draft, newest, size > desired ? desired : newReplicas(draft, newest))
}

function scaleOld(draft: Draft, newest: ReplicaSet): boolean {
  const { deployment } = draft.seen
  const old = draft.old.filter(isActive).toSorted(byCreation)
  if (old.length === 0) return false
  const minAvailable = replicasOf(deployment) - fenceposts(deployment).maxUnavailable
  const newUnavailable = replicasOf(newest) - availableOf(newest)
  const room = sumOf(allOf(draft), replicasOf) - minAvailable - newUnavailable
  if (room <= 0) return false
  const unhealthy = scaleDownUnhealthy(draft, old, room)
  const spare = sumOf(old, availableOf) + availableOf(newest) - minAvailable
  const healthy = scaleDownAvailable(draft, old, spare)
  return unhealthy + healthy > 0
}

/** Pods of old ReplicaSets that are not available go first: they would only hold the rollout up. */
function scaleDownUnhealthy(draft: Draft, old: readonly ReplicaSet[], room: number): number {
  let done = 0
  for (const replicaSet of old) {
    const size = replicasOf(replicaSet)
    const count = Math.min(room - done, size - availableOf(replicaSet))
    if (count <= 0) continue
    scaleTo(draft, replicaSet, size - count)
    done += count
  }
  return done
}

function scaleDownAvailable(draft: Draft, old: readonly ReplicaSet[], spare: number): number {
  let done = 0
  for (const { metadata } of old) {
    const replicaSet = draft.old.find(candidate => candidate.metadata.name === metadata.name)
    const size = replicaSet ? replicasOf(replicaSet) : 0
    const count = Math.min(spare - done, size)
    if (!replicaSet || count <= 0) continue
    scaleTo(draft, replicaSet, size - count)
    done += count
  }
  return done
}
