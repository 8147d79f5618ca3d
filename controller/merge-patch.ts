/** The merge patch (RFC 7386) that turns one JSON object into another; undefined when they are equal. Pure. */
export const mergePatchBetween = (from: unknown, to: unknown): unknown => {
  if (!isRecord(from) || !isRecord(to)) return isSame(from, to) ? undefined : to
  const patch: Record<string, unknown> = {}
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const after = to[key]
    if (after === undefined) {
      if (from[key] !== undefined && from[key] !== null) patch[key] = null
    } else {
      const change = mergePatchBetween(from[key], after)
      if (change !== undefined) patch[key] = change
    }
  }
  return Object.keys(patch).length > 0 ? patch : undefined
}

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Deep equality of JSON values; an absent field and one that is undefined are the same. */
export const isSame = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => isSame(item, b[i]))
  if (!isRecord(a) || !isRecord(b)) return false
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every(key => isSame(a[key], b[key]))
}
