/** A Rollout after a patch that its planner asks for: a merge patch of annotations and fields of the spec. */
import type { Labels } from '../../../api/kubernetes.ts'
import type { Rollout } from '../../../api/rollout.ts'
import type { RolloutIntent } from '../../rollout/intents.ts'

/** Null takes a key out. */
export const mergedMap = (map: Labels = {}, patch: { readonly [key: string]: string | null } = {}): Labels =>
  Object.fromEntries(Object.entries({ ...map, ...patch }).flatMap(([key, value]) => (value === null ? [] : [[key, value]])))

export const patchedRollout = (
  rollout: Rollout,
  { metadata, spec }: Extract<RolloutIntent, { kind: 'patchRollout' }>['patch'],
): Rollout => ({
  ...rollout,
  metadata: { ...rollout.metadata, annotations: mergedMap(rollout.metadata.annotations, metadata?.annotations) },
  spec: { ...rollout.spec, ...spec },
})
