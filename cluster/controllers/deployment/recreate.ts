/**
 * Recreate: all old pods go at once, then the new ones come. Un-pausing a Deployment that still carries this strategy takes every old
 * pod down together. Rule: pkg/controller/deployment/recreate.go.
 */
import type { Pod } from '../../../api/kubernetes.ts'
import { controllerRefOf } from '../claims.ts'
import type { Draft } from './draft.ts'
import { scaleTo } from './draft.ts'
import { syncRevision } from './revision.ts'
import { isActive, replicasOf, sumOf } from './size.ts'

/** Returns whether the new ReplicaSet has its turn: no old one was scaled just now and no old pod is left. */
export function stepRecreate(draft: Draft): boolean {
  const active = draft.old.filter(isActive)
  for (const replicaSet of active) scaleTo(draft, replicaSet, 0)
  if (active.length > 0 || oldPodsRunning(draft)) return false
  if (!draft.newest) syncRevision(draft, true)
  if (draft.newest) scaleTo(draft, draft.newest, replicasOf(draft.seen.deployment))
  return true
}

function oldPodsRunning(draft: Draft): boolean {
  if (sumOf(draft.old, replicaSet => replicaSet.status?.replicas) > 0) return true
  const newest = draft.newest?.metadata.uid
  return draft.seen.pods.some(pod => controllerRefOf(pod)?.uid !== newest && !isTerminal(pod))
}

const isTerminal = (pod: Pod): boolean => pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded'
