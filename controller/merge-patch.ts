import { isSame } from '../engine/same.ts'

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
