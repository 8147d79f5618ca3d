/** The note on a ReplicaSet of how long it keeps pods that nobody needs: put on, and taken off. */
import { type JsonPatchOp, pointer } from '../../api/json-patch.ts'
import type { ReplicaSet } from '../../api/kubernetes.ts'
import type { RolloutIntent } from './intents.ts'
import { SCALE_DOWN_DEADLINE } from './replicas/scale-down-delay.ts'

export const deadlineOf = (set: ReplicaSet | undefined): string | undefined => set?.metadata.annotations?.[SCALE_DOWN_DEADLINE]

const patched = ({ metadata }: ReplicaSet, patch: readonly JsonPatchOp[], why: string): readonly RolloutIntent[] => [
  { kind: 'patchReplicaSet', name: metadata.name, patch, why },
]

/** `at`: text of a time; other notes that go with it. */
export const putDeadline = (
  set: ReplicaSet,
  at: string,
  more: { readonly [key: string]: string } = {},
): readonly RolloutIntent[] => {
  const notes = { [SCALE_DOWN_DEADLINE]: at, ...more }
  const { annotations } = set.metadata
  const patch: readonly JsonPatchOp[] =
    annotations === undefined
      ? [{ op: 'add', path: '/metadata/annotations', value: notes }]
      : Object.entries(notes).map(([key, value]) => ({ op: 'add', path: pointer('metadata', 'annotations', key), value }))
  return patched(set, patch, `it keeps its pods until ${at}`)
}

/** Nothing where there is no such note. */
export const dropDeadline = (set: ReplicaSet, more: readonly string[] = []): readonly RolloutIntent[] => {
  const keys = [SCALE_DOWN_DEADLINE, ...more].filter(key => set.metadata.annotations?.[key] !== undefined)
  if (keys.length === 0) return []
  const patch = keys.map(key => ({ op: 'remove' as const, path: pointer('metadata', 'annotations', key) }))
  return patched(set, patch, 'no time to end its pods is set any more')
}
