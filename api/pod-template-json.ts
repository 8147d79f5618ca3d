/**
 * A pod template as Go's `json.Marshal(PodTemplateSpec)` writes it, and the hash that Argo Rollouts makes of that text. The field order
 * is that of the Go structs, map keys are sorted, what is empty is left out as the struct's tags say, unknown fields are dropped,
 * quantities are canonical, and `<`, `>`, `&` are escaped.
 */
import type { PodTemplate } from './kubernetes.ts'
import { perObject } from './per-object.ts'
import { POD_TEMPLATE_FIELDS } from './pod-template-fields.ts'
import { canonicalQuantityText } from './quantity-text.ts'

type Field = { readonly name: string; readonly mark: string; readonly type: string }

/** A name may end in a letter that is also a mark: the longest name whose rest is a known type is meant. */
const readField = (text: string): Field => {
  for (let end = text.length - 1; end > 0; end -= 1) {
    const [mark = '', type = ''] = [text[end], text.slice(end + 1)]
    const base = type.replaceAll(/\[\]|\{\}/g, '')
    if ('!?npsz'.includes(mark) && isType(base)) return { name: text.slice(0, end), mark, type }
  }
  throw new Error(`${text} is not a field of the form NAME MARK TYPE`)
}

const PLAIN = ['string', 'bool', 'int', 'bytes', 'Quantity', 'IntOrString', 'Time', 'FieldsV1']
const isType = (name: string): boolean => PLAIN.includes(name) || Object.hasOwn(POD_TEMPLATE_FIELDS, name)

const known = new Map<string, readonly Field[]>()

const fieldsOf = (type: string): readonly Field[] => {
  const before = known.get(type)
  if (before !== undefined) return before
  const text = POD_TEMPLATE_FIELDS[type] ?? ''
  const fields = text === '' ? [] : text.split(' ').map(readField)
  known.set(type, fields)
  return fields
}

type Json = { readonly [key: string]: unknown }
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const ESCAPES: { readonly [character: string]: string } = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

const writeString = (text: string): string =>
  JSON.stringify(text).replaceAll(/[<>&\u2028\u2029]/g, found => ESCAPES[found] ?? found)

const writeMap = (value: Json, type: string): string =>
  `{${Object.keys(value)
    .sort(byBytes)
    .map(key => `${writeString(key)}:${write(value[key], type)}`)
    .join(',')}}`

/** Go compares strings by their UTF-8 bytes, which is the order of code points. */
const byBytes = (a: string, b: string): number => {
  const [left, right] = [[...a], [...b]]
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

const writePlain = (value: unknown, type: string): string => {
  switch (type) {
    case 'Quantity':
      return writeString(canonicalQuantityText(value as string | number) ?? '0')
    case 'bool':
      return String(value === true)
    case 'int':
      return String(value ?? 0)
    case 'IntOrString':
      return typeof value === 'string' ? writeString(value) : String(value ?? 0)
    default:
      return typeof value === 'string' ? writeString(value) : '""'
  }
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === 0 ||
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (isJson(value) && Object.keys(value).length === 0)

const isLeftOut = (value: unknown, mark: string): boolean => {
  if (mark === '?') return isEmpty(value)
  if (mark === 'p' || mark === 'z') return value === undefined || value === null
  return false
}

const writeField = (value: unknown, { name, mark, type }: Field): readonly string[] => {
  if (isLeftOut(value, mark)) return []
  const written = mark === 'n' && (value === undefined || value === null) ? 'null' : write(value, type)
  return [`"${name}":${written}`]
}

const write = (value: unknown, type: string): string => {
  if (type.endsWith('[]')) {
    const items = Array.isArray(value) ? value : []
    return `[${items.map(item => write(item, type.slice(0, -2))).join(',')}]`
  }
  if (type.endsWith('{}')) return writeMap(isJson(value) ? value : {}, type.slice(0, -2))
  if (PLAIN.includes(type)) return writePlain(value, type)
  const object = isJson(value) ? value : {}
  return `{${fieldsOf(type)
    .flatMap(field => writeField(object[field.name], field))
    .join(',')}}`
}

/** The text that Go's json.Marshal makes of the template. */
export const podTemplateJson = (template: PodTemplate): string => write(template, 'PodTemplateSpec')

/** FNV-1a of 32 bits, begun with `start` where bytes went before. */
export const fnv1a32 = (bytes: Iterable<number>, start = 0x811c9dc5): number => {
  let hash = start
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash >>> 0
}

const SAFE = 'bcdfghjklmnpqrstvwxz2456789'

/** Kubernetes' rand.SafeEncodeString: no vowels and no digit that reads as a letter. */
export const safeEncode = (text: string): string => [...text].map(c => SAFE[(c.codePointAt(0) ?? 0) % SAFE.length]).join('')

/** The eight bytes of binary.LittleEndian.PutUint32 in a buffer of eight. */
const collisionBytes = (count: number): readonly number[] => [
  count & 255,
  (count >>> 8) & 255,
  (count >>> 16) & 255,
  (count >>> 24) & 255,
  0,
  0,
  0,
  0,
]

const encoder = new TextEncoder()

const hashNumber = perObject((template: PodTemplate): number => fnv1a32(encoder.encode(podTemplateJson(template))))

/**
 * `rollouts-pod-template-hash` of a template, as Argo Rollouts 1.9 and newer compute it (utils/hash). A name only: other versions of it
 * and of its libraries compute another one, so what is the same version is said by the template (sameTemplate).
 */
export const argoPodTemplateHash = (template: PodTemplate, collisionCount?: number): string => {
  const hash = hashNumber(template)
  return safeEncode(String(collisionCount === undefined ? hash : fnv1a32(collisionBytes(collisionCount), hash)))
}

const textHash = (text: string): string => safeEncode(String(fnv1a32(encoder.encode(text))))

const stepHash = perObject((steps: readonly unknown[]): string => textHash(JSON.stringify(steps)))

/** `status.currentStepHash`: the same over the JSON of the steps. */
export const argoStepHash = (steps: readonly unknown[] | undefined): string =>
  steps === undefined ? textHash('') : stepHash(steps)
