/** Facts about a pod that several controllers ask for. Rules: pkg/api/v1/pod/util.go and pkg/controller/controller_utils.go. */
import type { Pod } from '../../../api/kubernetes.ts'
import { conditionOf } from '../conditions.ts'

export const isReady = (pod: Pod): boolean => conditionOf(pod.status?.conditions, 'Ready')?.status === 'True'

export const isTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined

export const isFinished = (pod: Pod): boolean => pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded'

/** Counts towards its ReplicaSet's size: neither finished nor on its way out. */
export const isActivePod = (pod: Pod): boolean => !isFinished(pod) && !isTerminating(pod)

/** When the pod became ready, in milliseconds since the epoch; 0 when it is not. */
export function readySince(pod: Pod): number {
  const ready = conditionOf(pod.status?.conditions, 'Ready')
  return ready?.status === 'True' ? Date.parse(ready.lastTransitionTime ?? '') || 0 : 0
}

export const createdAt = (pod: Pod): number => Date.parse(pod.metadata.creationTimestamp ?? '') || 0

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  if (!isReady(pod)) return false
  return minReadySeconds === 0 || (readySince(pod) > 0 && readySince(pod) + minReadySeconds * 1000 <= now)
}

/** When a ready pod will be available; `undefined` when it is already or is not ready. */
export function availableAt(pod: Pod, minReadySeconds: number, now: number): number | undefined {
  if (!isReady(pod) || isAvailable(pod, minReadySeconds, now)) return undefined
  return readySince(pod) + minReadySeconds * 1000
}
