/** What one look at a Deployment has decided so far: the ReplicaSets as they will be, and the writes that make them so. */
import type { Condition, Deployment, Labels, Pod, ReplicaSet } from '../../../api/kubernetes.ts'
import { DESIRED_REPLICAS } from '../../../api/names.ts'
import { conditionOf, timestamp, withCondition } from '../conditions.ts'
import { fenceposts, replicasOf } from './size.ts'

export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas'

export type DeploymentStatus = NonNullable<Deployment['status']> & { readonly terminatingReplicas?: number }

/** Writes in order; a failed one ends the sync. ReplicaSet updates carry the resourceVersion that was read, so that a stale view gets a 409. */
export type DeploymentWrite =
  | {
      readonly type: 'updateReplicaSet'
      readonly name: string
      readonly replicas?: number
      readonly minReadySeconds?: number
      readonly annotations?: Labels
    }
  | { readonly type: 'createReplicaSet'; readonly replicaSet: ReplicaSet }
  | { readonly type: 'deleteReplicaSet'; readonly name: string }
  | { readonly type: 'updateStatus'; readonly status: DeploymentStatus; readonly revision?: string }
  | { readonly type: 'event'; readonly eventType: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }

export type DeploymentSeen = {
  readonly deployment: Deployment
  /** ReplicaSets that the Deployment controls. */
  readonly replicaSets: readonly ReplicaSet[]
  /** Pods of those ReplicaSets; read under Recreate only. */
  readonly pods: readonly Pod[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type Draft = {
  readonly seen: DeploymentSeen
  readonly writes: DeploymentWrite[]
  newest: ReplicaSet | undefined
  old: readonly ReplicaSet[]
  conditions: readonly Condition[]
  /** The revision to be written to the Deployment, when it differs. */
  revision: string | undefined
}

export const startDraft = (seen: DeploymentSeen): Draft => ({
  seen,
  writes: [],
  newest: undefined,
  old: [],
  conditions: seen.deployment.status?.conditions ?? [],
  revision: undefined,
})

export const allOf = (draft: Draft): readonly ReplicaSet[] => (draft.newest ? [...draft.old, draft.newest] : draft.old)

export const progressing = (draft: Draft): Condition | undefined => conditionOf(draft.conditions, 'Progressing')

export function setProgressing(draft: Draft, status: Condition['status'], reason: string, message: string): void {
  draft.conditions = withCondition(
    draft.conditions,
    newCondition('Progressing', status, { reason, message, now: draft.seen.now }),
  )
}

export function newCondition(
  type: string,
  status: Condition['status'],
  { reason, message, now }: { readonly reason: string; readonly message: string; readonly now: number },
): Condition {
  const time = timestamp(now)
  return { type, status, reason, message, lastUpdateTime: time, lastTransitionTime: time }
}

/** Puts a changed ReplicaSet into the draft in place of the one of the same name. */
export function replaceInDraft(draft: Draft, changed: ReplicaSet): void {
  const swap = (replicaSet: ReplicaSet) => (replicaSet.metadata.name === changed.metadata.name ? changed : replicaSet)
  draft.newest = draft.newest && swap(draft.newest)
  draft.old = draft.old.map(swap)
}

/**
 * Scales a ReplicaSet and rewrites its desired-replicas and max-replicas annotations; nothing is written when all three are right already.
 * The only place that writes those annotations to an existing ReplicaSet. Returns whether the size changed.
 */
export function scaleAndAnnotate(draft: Draft, replicaSet: ReplicaSet, size: number): boolean {
  const wanted = replicaAnnotations(draft.seen.deployment)
  const right = Object.entries(wanted).every(([key, value]) => replicaSet.metadata.annotations?.[key] === value)
  const before = replicasOf(replicaSet)
  if (before === size && right) return false
  const name = replicaSet.metadata.name
  draft.writes.push({ type: 'updateReplicaSet', name, annotations: wanted, ...(before === size ? {} : { replicas: size }) })
  const annotations = { ...replicaSet.metadata.annotations, ...wanted }
  replaceInDraft(draft, {
    ...replicaSet,
    metadata: { ...replicaSet.metadata, annotations },
    spec: { ...replicaSet.spec, replicas: size },
  })
  if (before === size) return false
  const direction = before < size ? 'up' : 'down'
  recordNormal(draft, 'ScalingReplicaSet', `Scaled ${direction} replica set ${name} from ${before} to ${size}`)
  return true
}

/** As scaleAndAnnotate, but leaves the annotations alone when the size is right. */
export const scaleTo = (draft: Draft, replicaSet: ReplicaSet, size: number): boolean =>
  replicasOf(replicaSet) !== size && scaleAndAnnotate(draft, replicaSet, size)

export function replicaAnnotations(deployment: Deployment): Labels {
  const desired = replicasOf(deployment)
  return { [DESIRED_REPLICAS]: String(desired), [MAX_REPLICAS]: String(desired + fenceposts(deployment).maxSurge) }
}

export function recordNormal(draft: Draft, reason: string, message: string): void {
  draft.writes.push({ type: 'event', eventType: 'Normal', reason, message })
}
