/** maxSurge and maxUnavailable of a Rollout, in pods, and minPodsPerReplicaSet. */
import { isIntOrPercent, resolveIntOrPercent } from '../../../api/int-or-percent.ts'

export type Limits = { readonly surge: number; readonly unavailable: number }

const DEFAULT = '25%'

const podsOf = (value: unknown, replicas: number, rounding: 'up' | 'down'): number =>
  resolveIntOrPercent(isIntOrPercent(value) ? value : DEFAULT, replicas, rounding)

/** Surge is rounded up, unavailable down; both zero mean that one pod may be missing, and never more than all. */
export const readLimits = (maxSurge: unknown, maxUnavailable: unknown, replicas: number): Limits => {
  const surge = podsOf(maxSurge, replicas, 'up')
  const unavailable = podsOf(maxUnavailable, replicas, 'down')
  return { surge, unavailable: Math.min(surge === 0 && unavailable === 0 ? 1 : unavailable, replicas) }
}

/** A ReplicaSet that has pods has at least so many, but never more for it than the Rollout wants. */
export const atLeast = (minPods: number | undefined, pods: number, replicas: number): number =>
  pods === 0 ? 0 : Math.max(pods, Math.min(minPods ?? 1, replicas))
