/** The native ReplicaSet controller as a function. Rules: pkg/controller/replicaset of Kubernetes 1.34. */
import { isDeepStrictEqual } from 'node:util'
import type { Condition, Pod, ReplicaSet } from '../../../api/kubernetes.ts'
import { controllerRef } from '../claims.ts'
import { conditionOf, timestamp, withCondition, withoutCondition } from '../conditions.ts'
import { replicasOf } from '../deployment/size.ts'
import { availableAt, isActivePod, isAvailable, isReady, isTerminating } from './pods.ts'
import { podsToDelete } from './rank.ts'

/** No more pods than this are made or deleted in one go. */
const BURST = 500

export type ReplicaSetSeen = {
  readonly replicaSet: ReplicaSet
  /** Pods that the ReplicaSet controls, finished and terminating ones too. */
  readonly pods: readonly Pod[]
  /** Pods of all ReplicaSets of the same owner. */
  readonly related: readonly Pod[]
  readonly now: number
}

export type PodChanges = { readonly create: number; readonly delete: readonly Pod[] }

/** How many pods to make, and which to delete. A terminating ReplicaSet does neither. */
export function planPods({ replicaSet, pods, related, now }: ReplicaSetSeen): PodChanges {
  const active = pods.filter(isActivePod)
  const excess = active.length - replicasOf(replicaSet)
  if (replicaSet.metadata.deletionTimestamp !== undefined || excess === 0) return { create: 0, delete: [] }
  if (excess < 0) return { create: Math.min(-excess, BURST), delete: [] }
  return { create: 0, delete: podsToDelete(active, related, { count: Math.min(excess, BURST), now }) }
}

export type ReplicaSetStatus = NonNullable<ReplicaSet['status']>

/** The status to write, or `undefined` when it is right already. `failure` is what making or deleting pods failed with. */
export function planStatus({ replicaSet, pods, now }: ReplicaSetSeen, failure?: string): ReplicaSetStatus | undefined {
  const active = pods.filter(isActivePod)
  const ready = active.filter(isReady)
  const minReady = replicaSet.spec.minReadySeconds ?? 0
  const status: ReplicaSetStatus = {
    replicas: active.length,
    fullyLabeledReplicas: active.filter(pod => hasTemplateLabels(replicaSet, pod)).length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter(pod => isAvailable(pod, minReady, now)).length,
    terminatingReplicas: pods.filter(isTerminating).length,
    ...(replicaSet.metadata.generation === undefined ? {} : { observedGeneration: replicaSet.metadata.generation }),
    conditions: failureConditions({ replicaSet, excess: active.length - replicasOf(replicaSet), now }, failure),
  }
  return isDeepStrictEqual(settle(replicaSet.status), settle(status)) ? undefined : status
}

/** When the next ready pod becomes available, in milliseconds since the epoch. */
export function nextAvailabilityAt({ replicaSet, pods, now }: ReplicaSetSeen): number | undefined {
  const minReady = replicaSet.spec.minReadySeconds ?? 0
  const times = pods.filter(isActivePod).map(pod => availableAt(pod, minReady, now) ?? Number.POSITIVE_INFINITY)
  const next = Math.min(Number.POSITIVE_INFINITY, ...times)
  return Number.isFinite(next) ? next : undefined
}

function hasTemplateLabels(replicaSet: ReplicaSet, pod: Pod): boolean {
  return Object.entries(replicaSet.spec.template.metadata?.labels ?? {}).every(
    ([key, value]) => pod.metadata.labels?.[key] === value,
  )
}

function failureConditions(
  { replicaSet, excess, now }: { readonly replicaSet: ReplicaSet; readonly excess: number; readonly now: number },
  failure: string | undefined,
): readonly Condition[] {
  const conditions = replicaSet.status?.conditions ?? []
  if (failure === undefined) return withoutCondition(conditions, 'ReplicaFailure')
  if (conditionOf(conditions, 'ReplicaFailure')) return conditions
  const reason = excess < 0 ? 'FailedCreate' : 'FailedDelete'
  return withCondition(conditions, {
    type: 'ReplicaFailure',
    status: 'True',
    reason,
    message: failure,
    lastTransitionTime: timestamp(now),
  })
}

function settle(status: ReplicaSetStatus | undefined): unknown {
  const { conditions, terminatingReplicas, ...counts } = status ?? {}
  const nonZero = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
  return { conditions: conditions ?? [], terminatingReplicas, ...nonZero }
}

/** A pod of the ReplicaSet. The name is given here, not by the API server, so that its arrival in a cache can be told beforehand. */
export function renderPod(replicaSet: ReplicaSet, suffix: string): Pod {
  const { metadata, spec } = replicaSet.spec.template
  const generateName = `${replicaSet.metadata.name.slice(0, 57)}-`
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: generateName + suffix,
      generateName,
      ...(replicaSet.metadata.namespace === undefined ? {} : { namespace: replicaSet.metadata.namespace }),
      labels: { ...metadata?.labels },
      ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ownerReferences: [controllerRef(replicaSet)],
    },
    spec,
  }
}
