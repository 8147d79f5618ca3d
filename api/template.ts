/** When two pod templates are the same version, and the short name of a version. */
import type { PodTemplate } from './kubernetes.ts'
import { POD_TEMPLATE_HASH } from './names.ts'
import { perObject } from './per-object.ts'
import { quantityNanos } from './quantity.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Maps of quantities wherever they stand in a pod template; all other maps with free keys hold plain strings. */
const QUANTITY_MAPS = new Set(['limits', 'requests', 'overhead'])

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const canonicalQuantity = (value: unknown): Json => {
  const nanos = typeof value === 'string' || typeof value === 'number' ? quantityNanos(value) : undefined
  return nanos === undefined ? (canonical(value) ?? null) : String(nanos)
}

const canonicalObject = (value: { readonly [key: string]: unknown }, inside: string): Json | undefined => {
  const read = QUANTITY_MAPS.has(inside) ? canonicalQuantity : canonical
  const entries: [string, Json][] = []
  for (const key of Object.keys(value).sort()) {
    const member = value[key]
    const read1 = inside === 'emptyDir' && key === 'sizeLimit' ? canonicalQuantity(member) : read(member, key)
    if (read1 !== undefined && read1 !== null) entries.push([key, read1])
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** The value with sorted keys and without nulls and empties; undefined when nothing is left of it. Array elements keep their places. */
const canonical = (value: unknown, key = ''): Json | undefined => {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(element => canonical(element) ?? null)
  if (isObject(value)) return canonicalObject(value, key)
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value
  return undefined
}

const withoutHash = (template: PodTemplate): unknown => {
  const { [POD_TEMPLATE_HASH]: _, ...labels } = template.metadata?.labels ?? {}
  return { ...template, metadata: { ...template.metadata, labels } }
}

const canonicalText = (template: PodTemplate): string => JSON.stringify(canonical(withoutHash(template)) ?? {})

/**
 * True when both templates make the same pods: equal but for the label pod-template-hash. Null, absent, and an empty object or
 * array are the same, and so are quantities of the same size, as in apimachinery's Semantic.DeepEqual, by which the native
 * controller recognises a ReplicaSet (EqualIgnoreHash in pkg/controller/deployment/util).
 */
export const sameTemplate = (a: PodTemplate, b: PodTemplate): boolean => canonicalText(a) === canonicalText(b)

/** Kubernetes' alphabet for generated names: no vowels, so that no word is formed, and no digit that reads as a letter. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const HASH_LENGTH = 10

/** FNV-1a of 64 bits over the UTF-8 bytes, in two 32-bit halves: the prime is 2^40 + 0x1b3. */
const fnv1a64 = (text: string): bigint => {
  let high = 0xcbf29ce4
  let low = 0x84222325
  for (const byte of new TextEncoder().encode(text)) {
    low = (low ^ byte) >>> 0
    const product = low * 0x1b3
    high = (high * 0x1b3 + Math.floor(product / 2 ** 32) + low * 2 ** 8) % 2 ** 32
    low = product % 2 ** 32
  }
  return (BigInt(high) << 32n) | BigInt(low)
}

/** `length` characters of ALPHABET that depend on every byte of the text. For names that must be unique, not for secrets. */
export const shortHash = (text: string, length: number): string => {
  let rest = fnv1a64(text)
  let hash = ''
  for (let i = 0; i < length; i += 1) {
    hash += ALPHABET[Number(rest % 27n)]
    rest /= 27n
  }
  return hash
}

/** Ten characters that name the version: equal for templates that are the same (sameTemplate), different otherwise. */
export const templateHash: (template: PodTemplate) => string = perObject(template =>
  shortHash(canonicalText(template), HASH_LENGTH),
)
