/** The merge patch (RFC 7386) that turns one JSON object into another; undefined when they are equal. Pure. */
export const mergePatchBetween = (from: unknown, to: unknown): unknown => {
  if (!isRecord(from) || !isRecord(to)) return isSame(from, to) ? undefined : to
  const changes = [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap(key => {
    const change = fieldChange(from[key], to[key])
    return change === undefined ? [] : [[key, change] as const]
  })
  return changes.length > 0 ? Object.fromEntries(changes) : undefined
}

/** A field that is not wanted any more is named as null. */
const fieldChange = (before: unknown, after: unknown): unknown => {
  if (after !== undefined) return mergePatchBetween(before, after)
  return before === undefined || before === null ? undefined : null
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
