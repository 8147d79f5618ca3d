/**
 * Sizes outside a rollout: while paused, and when spec.replicas changed in mid-rollout. Cases as in scale() of
 * pkg/controller/deployment/sync.go: A, at most one active ReplicaSet; B, the new one is saturated; C, proportional (RollingUpdate only).
 */
import type { Deployment, ReplicaSet } from '../../../api/kubernetes.ts'
import { DESIRED_REPLICAS } from '../../../api/names.ts'
import type { Draft } from './draft.ts'
import { allOf, MAX_REPLICAS, scaleAndAnnotate, scaleTo } from './draft.ts'
import { byCreation, fenceposts, isActive, isRollingUpdate, replicasOf, sumOf } from './size.ts'

export function scale(draft: Draft): void {
  const { deployment } = draft.seen
  if (allOf(draft).length === 0) return
  const active = allOf(draft).filter(isActive)
  if (active.length <= 1) {
    const only = active[0] ?? draft.newest ?? draft.old.toSorted(byCreation).at(-1)
    if (only) scaleTo(draft, only, replicasOf(deployment))
  } else if (isSaturated(deployment, draft.newest)) {
    for (const old of draft.old.filter(isActive)) scaleTo(draft, old, 0)
  } else if (isRollingUpdate(deployment)) {
    scaleInProportion(draft, active)
  }
}

/**
 * Whether Deployment and new ReplicaSet agree that it holds all desired pods and all are available. They agree through the annotation
 * desired-replicas: without it a ReplicaSet is never saturated.
 */
export function isSaturated(deployment: Deployment, replicaSet: ReplicaSet | undefined): boolean {
  const desired = replicaSet?.metadata.annotations?.[DESIRED_REPLICAS]
  if (!replicaSet || desired === undefined || !/^[+-]?\d+$/.test(desired)) return false
  const wanted = replicasOf(deployment)
  return replicasOf(replicaSet) === wanted && Number(desired) === wanted && (replicaSet.status?.availableReplicas ?? 0) === wanted
}

/** Whether spec.replicas changed since an active ReplicaSet was last scaled; one without the annotation has no say. */
export function isScalingEvent(deployment: Deployment, replicaSets: readonly ReplicaSet[]): boolean {
  return replicaSets.filter(isActive).some(replicaSet => {
    const desired = annotatedNumber(replicaSet, DESIRED_REPLICAS)
    return desired !== undefined && desired !== replicasOf(deployment)
  })
}

function annotatedNumber(replicaSet: ReplicaSet, key: string): number | undefined {
  const text = replicaSet.metadata.annotations?.[key]
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

/** Spreads N + maxSurge over the active ReplicaSets in proportion to their sizes; what rounding leaves goes to the largest. */
function scaleInProportion(draft: Draft, active: readonly ReplicaSet[]): void {
  const { deployment } = draft.seen
  const desired = replicasOf(deployment)
  const allowed = desired > 0 ? desired + fenceposts(deployment).maxSurge : 0
  const toAdd = allowed - sumOf(active, replicasOf)
  const sorted =
    toAdd === 0
      ? active
      : active.toSorted((a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? byCreation(b, a) : byCreation(a, b)))
  let added = 0
  const sizes = sorted.map(replicaSet => {
    const share = toAdd === 0 ? 0 : proportion(deployment, replicaSet, { toAdd, added })
    added += share
    return replicasOf(replicaSet) + share
  })
  sorted.forEach((replicaSet, index) => {
    const leftover = index === 0 ? toAdd - added : 0
    scaleAndAnnotate(draft, replicaSet, Math.max(0, (sizes[index] ?? 0) + leftover))
  })
}

function proportion(
  deployment: Deployment,
  replicaSet: ReplicaSet,
  { toAdd, added }: { readonly toAdd: number; readonly added: number },
): number {
  if (toAdd === added) return 0
  const share = fraction(deployment, replicaSet)
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added)
}

function fraction(deployment: Deployment, replicaSet: ReplicaSet): number {
  const desired = replicasOf(deployment)
  const size = replicasOf(replicaSet)
  if (desired === 0) return -size
  const before = annotatedNumber(replicaSet, MAX_REPLICAS) || (deployment.status?.replicas ?? 0)
  if (before === 0) return 0
  return Math.round((size * (desired + fenceposts(deployment).maxSurge)) / before) - size
}
