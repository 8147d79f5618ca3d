/** Old ReplicaSets without pods that are kept for going back to, and those that go. */
import type { ReplicaSet } from '../../api/kubernetes.ts'
import type { RolloutIntent } from './intents.ts'
import { SCALE_DOWN_DEADLINE } from './replicas/scale-down-delay.ts'

const LIMIT = 10

const isEmpty = ({ metadata, spec, status }: ReplicaSet): boolean =>
  spec.replicas === 0 && (status?.replicas ?? 0) === 0 && metadata.annotations?.[SCALE_DOWN_DEADLINE] === undefined

/** `older`: newest revision first. Those beyond the limit go, but none that still has pods. */
export const cleanUpHistory = (older: readonly ReplicaSet[], limit: number | undefined): readonly RolloutIntent[] =>
  older
    .slice(Math.max(0, limit ?? LIMIT))
    .filter(isEmpty)
    .map(({ metadata }) => ({
      kind: 'deleteReplicaSet',
      name: metadata.name,
      uid: metadata.uid ?? '',
      why: 'there are more old revisions than revisionHistoryLimit',
    }))
