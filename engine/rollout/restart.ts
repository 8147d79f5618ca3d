/** restartAt: pods from before it are evicted one after the other, as many at a time as may be unavailable. */
import type { Pod, ReplicaSet } from '../../api/kubernetes.ts'
import { parseTime } from '../time.ts'
import type { RolloutContext } from './context.ts'
import type { RolloutIntent } from './intents.ts'
import { sumOf } from './replicas/sized.ts'
import { sizedOf } from './versions.ts'

export type Restart = {
  readonly intents: readonly RolloutIntent[]
  /** The restart that is done, for the status; absent while it is under way or none is asked for. */
  readonly restartedAt?: string
  readonly wakeAt?: number
}

/** Between two looks at a restart that waits for pods. */
const RECHECK_MS = 30_000

const isOf = ({ metadata }: Pod, replicaSet: ReplicaSet): boolean =>
  (metadata.ownerReferences ?? []).some(owner => owner.controller && owner.uid === replicaSet.metadata.uid)

const isOld = ({ metadata }: Pod, at: number): boolean =>
  metadata.deletionTimestamp === undefined && (parseTime(metadata.creationTimestamp) ?? at) < at

export const planRestart = ({ rollout, status, seen, now, versions, replicas, limits }: RolloutContext): Restart => {
  const { restartAt } = rollout.spec
  const at = parseTime(restartAt)
  if (restartAt === undefined || at === undefined || status.restartedAt === restartAt)
    return { intents: [], ...(status.restartedAt !== undefined && { restartedAt: status.restartedAt }) }
  if (at > now) return { intents: [], wakeAt: at }
  const { current, stable, older } = versions
  const sets = [...new Set([stable, current, ...older])].filter(set => set !== undefined)
  const old = sets.flatMap(set => seen.pods.filter(pod => isOf(pod, set) && isOld(pod, at)))
  if (old.length === 0) return { intents: [], restartedAt: restartAt }
  const sizes = sets.map(sizedOf)
  const needed = Math.max(replicas, sumOf(sizes, 'spec')) - Math.max(limits.unavailable, 1)
  const spare = Math.max(0, sumOf(sizes, 'available') - needed)
  return {
    intents: old.slice(0, spare).map(({ metadata }) => ({
      kind: 'evictPod',
      name: metadata.name,
      uid: metadata.uid ?? '',
      why: `made before restartAt ${restartAt}`,
    })),
    wakeAt: now + RECHECK_MS,
  }
}
