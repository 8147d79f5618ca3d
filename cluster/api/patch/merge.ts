/** JSON merge patch (RFC 7396). */
import { copyJson, type Draft, isObject } from '../json.ts'

/** The target with the patch merged in: null removes, objects merge, everything else replaces. */
export const applyMergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) return copyJson(patch)
  const merged: Draft = isObject(target) ? { ...target } : {}
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field]
    else merged[field] = applyMergePatch(merged[field], value)
  }
  return merged
}
