/** `status` of a Deployment. Rules: calculateStatus in pkg/controller/deployment/sync.go, syncRolloutStatus in progress.go. */
import { isDeepStrictEqual } from 'node:util'
import type { Condition, Deployment, ReplicaSet } from '../../../api/kubernetes.ts'
import { conditionOf, withCondition, withoutCondition } from '../conditions.ts'
import type { DeploymentStatus, Draft } from './draft.ts'
import { allOf, newCondition } from './draft.ts'
import { fenceposts, hasProgressDeadline, replicasOf, sumOf } from './size.ts'

/** Counts over all owned ReplicaSets and the Available condition; zero counts are absent, as in Kubernetes' JSON. */
export function calculateStatus(draft: Draft): DeploymentStatus {
  const { deployment, now } = draft.seen
  const all = allOf(draft)
  const available = sumOf(all, replicaSet => replicaSet.status?.availableReplicas)
  const enough = available >= replicasOf(deployment) - fenceposts(deployment).maxUnavailable
  const condition = enough
    ? newCondition('Available', 'True', {
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
        now,
      })
    : newCondition('Available', 'False', {
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
        now,
      })
  return {
    ...(deployment.metadata.generation === undefined ? {} : { observedGeneration: deployment.metadata.generation }),
    ...countsOf(draft, available),
    ...(deployment.status?.collisionCount === undefined ? {} : { collisionCount: deployment.status.collisionCount }),
    conditions: withCondition(draft.conditions, condition),
  }
}

function countsOf(draft: Draft, available: number): Partial<DeploymentStatus> {
  const all = allOf(draft)
  const counts = {
    replicas: sumOf(all, replicaSet => replicaSet.status?.replicas),
    updatedReplicas: draft.newest?.status?.replicas ?? 0,
    readyReplicas: sumOf(all, replicaSet => replicaSet.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sumOf(all, replicasOf) - available),
  }
  const nonZero = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
  const terminating = terminatingOf(all)
  return { ...nonZero, ...(terminating === undefined ? {} : { terminatingReplicas: terminating }) }
}

/** Absent when a ReplicaSet that was synced does not report the number. */
function terminatingOf(all: readonly ReplicaSet[]): number | undefined {
  const silent = all.some(({ status }) => status?.observedGeneration !== undefined && status.terminatingReplicas === undefined)
  return silent ? undefined : sumOf(all, replicaSet => replicaSet.status?.terminatingReplicas)
}

/** All desired pods are updated and available, no old pod is left, and this spec was observed. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const desired = replicasOf(deployment)
  return (
    (status?.updatedReplicas ?? 0) === desired &&
    (status?.replicas ?? 0) === desired &&
    (status?.availableReplicas ?? 0) === desired &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  )
}

function hasProgressed(before: DeploymentStatus | undefined, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus | undefined) => (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0)
  return (
    (after.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  )
}

/** As calculateStatus, with the conditions Progressing and ReplicaFailure: what an un-paused Deployment reports. */
export function rolloutStatus(draft: Draft): DeploymentStatus {
  const { deployment } = draft.seen
  const status = calculateStatus(draft)
  const progress = hasProgressDeadline(deployment)
    ? withProgress(draft, status)
    : withoutCondition(status.conditions ?? [], 'Progressing')
  const failure = replicaFailure(draft)
  return { ...status, conditions: failure ? withCondition(progress, failure) : withoutCondition(progress, 'ReplicaFailure') }
}

function withProgress(draft: Draft, status: DeploymentStatus): readonly Condition[] {
  const { deployment, now } = draft.seen
  const conditions = status.conditions ?? []
  const current = conditionOf(conditions, 'Progressing')
  const settled = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable'
  if (settled) return conditions
  const subject = draft.newest ? `ReplicaSet "${draft.newest.metadata.name}"` : `Deployment "${deployment.metadata.name}"`
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`
    return withCondition(conditions, newCondition('Progressing', 'True', { reason: 'NewReplicaSetAvailable', message, now }))
  }
  if (hasProgressed(deployment.status, status)) {
    const next = newCondition('Progressing', 'True', { reason: 'ReplicaSetUpdated', message: `${subject} is progressing.`, now })
    const since = current?.status === 'True' ? current.lastTransitionTime : undefined
    // lastUpdateTime is the clock of the progress deadline: it moves with every sign of progress, even under the same reason.
    return [...withoutCondition(conditions, 'Progressing'), since === undefined ? next : { ...next, lastTransitionTime: since }]
  }
  if (hasTimedOut(deployment, current, now)) {
    const message = `${subject} has timed out progressing.`
    return withCondition(conditions, newCondition('Progressing', 'False', { reason: 'ProgressDeadlineExceeded', message, now }))
  }
  return conditions
}

function hasTimedOut(deployment: Deployment, current: Condition | undefined, now: number): boolean {
  if (!current || current.reason === 'NewReplicaSetAvailable') return false
  return current.reason === 'ProgressDeadlineExceeded' || progressDeadline(deployment, current) < now
}

const progressDeadline = (deployment: Deployment, current: Condition): number =>
  (Date.parse(current.lastUpdateTime ?? '') || 0) + (deployment.spec.progressDeadlineSeconds ?? 0) * 1000

/** When to look again for the progress deadline, in milliseconds since the epoch; `undefined` when nothing is waited for. */
export function progressCheckAt(deployment: Deployment, status: DeploymentStatus): number | undefined {
  const current = conditionOf(status.conditions, 'Progressing')
  if (!hasProgressDeadline(deployment) || !current || isComplete(deployment, status)) return undefined
  return current.reason === 'ProgressDeadlineExceeded' ? undefined : progressDeadline(deployment, current) + 1000
}

function replicaFailure(draft: Draft): Condition | undefined {
  const ordered = draft.newest ? [draft.newest, ...draft.old] : draft.old
  return ordered
    .map(replicaSet => conditionOf(replicaSet.status?.conditions, 'ReplicaFailure'))
    .find(condition => condition !== undefined)
}

export const sameStatus = (a: DeploymentStatus | undefined, b: DeploymentStatus): boolean =>
  isDeepStrictEqual(settle(a ?? {}), settle(b))

/** Zero counts and absent ones are the same. */
function settle(status: DeploymentStatus): unknown {
  const { conditions, collisionCount, terminatingReplicas, ...counts } = status
  const nonZero = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
  return { conditions: conditions ?? [], collisionCount: collisionCount ?? 0, terminatingReplicas, ...nonZero }
}
