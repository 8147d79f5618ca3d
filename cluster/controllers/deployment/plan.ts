/**
 * The native Deployment controller as a function: what it writes when it looks at a Deployment. Order and rules are those of
 * pkg/controller/deployment of Kubernetes 1.34, traps included: pausing stops the rollout, not the scaling.
 * Left out: the annotation deprecated.deployment.rollback.to, which only the removed API extensions/v1beta1 could set properly.
 */
import type { ReplicaSet } from '../../../api/kubernetes.ts'
import { REVISION } from '../../../api/names.ts'
import type { DeploymentSeen, DeploymentStatus, DeploymentWrite, Draft } from './draft.ts'
import { progressing, setProgressing, startDraft } from './draft.ts'
import { stepRecreate } from './recreate.ts'
import { syncRevision } from './revision.ts'
import { stepRolling } from './rolling.ts'
import { isScalingEvent, scale } from './scale.ts'
import { hasProgressDeadline, hasRevisionHistoryLimit, isRollingUpdate, replicasOf } from './size.ts'
import { calculateStatus, isComplete, progressCheckAt, rolloutStatus, sameStatus } from './status.ts'

export type { DeploymentSeen, DeploymentStatus, DeploymentWrite } from './draft.ts'

export type DeploymentPlan = {
  readonly writes: readonly DeploymentWrite[]
  /** When to look again though nothing changes (progress deadline), in milliseconds since the epoch. */
  readonly wakeAt?: number
}

export function planDeployment(seen: DeploymentSeen): DeploymentPlan {
  const { deployment } = seen
  const draft = startDraft(seen)
  if (selectsEverything(seen)) return refuseSelector(seen)
  if (deployment.metadata.deletionTimestamp !== undefined) {
    syncRevision(draft, false)
    return finish(draft, calculateStatus(draft))
  }
  notePause(draft)
  syncRevision(draft, false)
  if (deployment.spec.paused) {
    scale(draft)
    cleanUp(draft)
    return finish(draft, calculateStatus(draft))
  }
  if (isScalingEvent(deployment, seen.replicaSets)) {
    scale(draft)
    return finish(draft, calculateStatus(draft))
  }
  return rollOut(draft)
}

function rollOut(draft: Draft): DeploymentPlan {
  const { deployment } = draft.seen
  let settled: boolean
  if (isRollingUpdate(deployment)) {
    syncRevision(draft, true)
    settled = draft.newest !== undefined && !stepRolling(draft, draft.newest)
  } else {
    settled = stepRecreate(draft)
  }
  if (settled && isComplete(deployment, deployment.status)) cleanUp(draft)
  const status = rolloutStatus(draft)
  return finish(draft, status, progressCheckAt(deployment, status))
}

function finish(draft: Draft, status: DeploymentStatus, wakeAt?: number): DeploymentPlan {
  const { deployment } = draft.seen
  if (draft.revision !== undefined || !sameStatus(deployment.status, status)) {
    draft.writes.push({ type: 'updateStatus', status, ...(draft.revision === undefined ? {} : { revision: draft.revision }) })
  }
  return { writes: draft.writes, ...(wakeAt === undefined ? {} : { wakeAt }) }
}

function selectsEverything({ deployment }: DeploymentSeen): boolean {
  const { matchLabels, matchExpressions } = deployment.spec.selector
  return Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0
}

function refuseSelector({ deployment }: DeploymentSeen): DeploymentPlan {
  const { generation } = deployment.metadata
  const message = 'This deployment is selecting all pods. A non-empty selector is required.'
  const event: DeploymentWrite = { type: 'event', eventType: 'Warning', reason: 'SelectingAll', message }
  const seen = deployment.status?.observedGeneration ?? 0
  if (generation === undefined || seen >= generation) return { writes: [event] }
  return { writes: [event, { type: 'updateStatus', status: { ...deployment.status, observedGeneration: generation } }] }
}

/** Progressing becomes Unknown on pausing and on resuming, so that the pause does not count as lack of progress; a timeout is never overwritten. */
function notePause(draft: Draft): void {
  const { deployment } = draft.seen
  const reason = progressing(draft)?.reason
  if (!hasProgressDeadline(deployment) || reason === 'ProgressDeadlineExceeded') return
  if (deployment.spec.paused && reason !== 'DeploymentPaused')
    setProgressing(draft, 'Unknown', 'DeploymentPaused', 'Deployment is paused')
  if (!deployment.spec.paused && reason === 'DeploymentPaused')
    setProgressing(draft, 'Unknown', 'DeploymentResumed', 'Deployment is resumed')
}

/** Deletes the oldest revisions beyond revisionHistoryLimit that have no pods. */
function cleanUp(draft: Draft): void {
  const { deployment } = draft.seen
  if (!hasRevisionHistoryLimit(deployment)) return
  const alive = draft.old.filter(replicaSet => replicaSet.metadata.deletionTimestamp === undefined).toSorted(byRevision)
  const excess = alive.length - (deployment.spec.revisionHistoryLimit ?? 0)
  for (const replicaSet of alive.slice(0, Math.max(0, excess))) {
    if (isSpent(replicaSet)) draft.writes.push({ type: 'deleteReplicaSet', name: replicaSet.metadata.name })
  }
}

function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const revision = (replicaSet: ReplicaSet) => Number(replicaSet.metadata.annotations?.[REVISION] ?? 0) || 0
  const age = (replicaSet: ReplicaSet) => Date.parse(replicaSet.metadata.creationTimestamp ?? '') || 0
  return revision(a) - revision(b) || age(a) - age(b)
}

function isSpent(replicaSet: ReplicaSet): boolean {
  const { metadata, status } = replicaSet
  return (
    replicasOf(replicaSet) === 0 &&
    (status?.replicas ?? 0) === 0 &&
    (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0)
  )
}
