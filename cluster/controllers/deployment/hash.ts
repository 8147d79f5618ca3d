/** Names of ReplicaSets. */
import type { PodTemplate } from '../../../api/kubernetes.ts'

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const NAME_LENGTH = 253

/**
 * A short name for a template: 32-bit FNV-1a of its canonical JSON and the collision count, in letters that spell no words. Not Kubernetes' own value
 * (that hashes a Go dump), which nothing may rely on: an existing ReplicaSet is recognised by its template, never by this.
 */
export function replicaSetHash(template: PodTemplate, collisionCount: number | undefined): string {
  let hash = FNV_OFFSET
  for (const byte of new TextEncoder().encode(canonical(template) + (collisionCount ?? ''))) {
    hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0
  }
  return [...String(hash)].map(digit => ALPHABET[(digit.charCodeAt(0) * 7) % ALPHABET.length]).join('')
}

/** DEPLOYMENT-HASH, the first part cut where the whole would be longer than a name may be. */
export const replicaSetName = (deployment: string, hash: string): string =>
  `${deployment.slice(0, NAME_LENGTH - 1 - hash.length)}-${hash}`

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const entries = Object.entries(value).filter(([, member]) => member !== undefined && member !== null)
  return `{${entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
    .join(',')}}`
}
