/** Minimal JSON patch operations on the string maps of an object's metadata. */
import { type JsonPatchOp, pointer } from '../api/json-patch.ts'
import type { KubeObject, Labels } from '../api/kubernetes.ts'

/** Wanted values by key; undefined = the key must be absent. Keys that are not named stay as they are. */
export type WantedKeys = { readonly [key: string]: string | undefined }

/** Operations that bring `metadata.annotations` or `metadata.labels` to what is wanted; none where it is so already. */
export const metadataOps = (object: KubeObject, map: 'annotations' | 'labels', wanted: WantedKeys): readonly JsonPatchOp[] => {
  const current: Labels | undefined = object.metadata[map] ?? undefined
  const changed = Object.entries(wanted).filter(([key, value]) => current?.[key] !== value)
  if (changed.length === 0) return []
  if (current === undefined) return [{ op: 'add', path: pointer('metadata', map), value: Object.fromEntries(changed) }]
  return changed.map(([key, value]) => {
    const path = pointer('metadata', map, key)
    if (value === undefined) return { op: 'remove', path }
    return { op: current[key] === undefined ? 'add' : 'replace', path, value }
  })
}
