/** Sizes and sums of a Deployment and its ReplicaSets. */
import { resolveIntOrPercent } from '../../../api/int-or-percent.ts'
import type { Deployment, ReplicaSet } from '../../../api/kubernetes.ts'

export const MAX_INT32 = 2147483647

export const replicasOf = (object: Deployment | ReplicaSet): number => object.spec.replicas ?? 1

export const isActive = (replicaSet: ReplicaSet): boolean => replicasOf(replicaSet) > 0

export const isRollingUpdate = (deployment: Deployment): boolean => deployment.spec.strategy?.type !== 'Recreate'

/** Sum of a number over ReplicaSets; `undefined` counts as 0. */
export const sumOf = (replicaSets: readonly ReplicaSet[], pick: (replicaSet: ReplicaSet) => number | undefined): number =>
  replicaSets.reduce((sum, replicaSet) => sum + (pick(replicaSet) ?? 0), 0)

const DEFAULT_FENCE = '25%'

/**
 * maxSurge (rounded up) and maxUnavailable (rounded down) in pods. Both resolving to 0 makes maxUnavailable 1, so that a rollout can move.
 * Rule: ResolveFenceposts, MaxSurge and MaxUnavailable in pkg/controller/deployment/util/deployment_util.go: both are 0 under Recreate.
 */
export function fenceposts(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  if (!isRollingUpdate(deployment)) return { maxSurge: 0, maxUnavailable: 0 }
  const desired = replicasOf(deployment)
  const rolling = deployment.spec.strategy?.rollingUpdate
  const maxSurge = resolveIntOrPercent(rolling?.maxSurge ?? DEFAULT_FENCE, desired, 'up')
  const unavailable = resolveIntOrPercent(rolling?.maxUnavailable ?? DEFAULT_FENCE, desired, 'down')
  const maxUnavailable = maxSurge === 0 && unavailable === 0 ? 1 : unavailable
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, desired) }
}

const createdAt = (replicaSet: ReplicaSet): number => Date.parse(replicaSet.metadata.creationTimestamp ?? '') || 0

/** Oldest first; equal times by name. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  return createdAt(a) - createdAt(b) || (a.metadata.name < b.metadata.name ? -1 : 1)
}

export const hasProgressDeadline = (deployment: Deployment): boolean =>
  deployment.spec.progressDeadlineSeconds !== undefined && deployment.spec.progressDeadlineSeconds !== MAX_INT32

export const hasRevisionHistoryLimit = (deployment: Deployment): boolean =>
  deployment.spec.revisionHistoryLimit !== undefined && deployment.spec.revisionHistoryLimit !== MAX_INT32
