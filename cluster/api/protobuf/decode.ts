/**
 * Built-in objects in Kubernetes' protobuf form, as kubectl's typed commands (`kubectl create deployment`, `create namespace`, ...) send
 * them, to JSON. field-numbers.json holds the numbers of the fields as Kubernetes 1.34 publishes them; a nested table stands for a
 * message whose fields are the parent's own in JSON. Answers are always JSON.
 */
import { badRequest } from '../failure.ts'
import type { Draft, JsonObject } from '../json.ts'
import { type FieldType, type StructSchema, structSchema } from '../schema/kubernetes.ts'
import numberTable from './field-numbers.json' with { type: 'json' }
import { readMessage, type WireField } from './wire.ts'

export const PROTOBUF = 'application/vnd.kubernetes.protobuf'

type Numbers = { readonly [number: string]: string | Numbers }

const NUMBERS: { readonly [struct: string]: Numbers } = numberTable as { readonly [struct: string]: Numbers }

/** `k8s\0`, in front of every message. */
const MAGIC = [0x6b, 0x38, 0x73, 0x00]

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8')

const bytesOf = (fields: readonly WireField[], number: number): Uint8Array | undefined => {
  const field = fields.find(one => one.number === number)
  return field?.is === 'bytes' ? field.value : undefined
}

const textAt = (fields: readonly WireField[], number: number): string => text(bytesOf(fields, number) ?? new Uint8Array())

const intAt = (fields: readonly WireField[], number: number): bigint => {
  const field = fields.find(one => one.number === number)
  return field?.is === 'varint' ? BigInt.asIntN(64, field.value) : 0n
}

const timeOf = (bytes: Uint8Array, digits: 0 | 6): string | null => {
  const fields = readMessage(bytes)
  if (fields.length === 0) return null
  const [seconds, nanos] = [Number(intAt(fields, 1)), Number(intAt(fields, 2))]
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  return digits === 0 ? `${whole}Z` : `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`
}

const intOrString = (bytes: Uint8Array): number | string => {
  const fields = readMessage(bytes)
  return intAt(fields, 1) === 0n ? Number(intAt(fields, 2)) : textAt(fields, 3)
}

/** A raw extension holds JSON. */
const rawJson = (bytes: Uint8Array): unknown => {
  const raw = textAt(readMessage(bytes), 1)
  return raw ? JSON.parse(raw) : null
}

const BYTE_SCALARS: { readonly [name: string]: (bytes: Uint8Array) => unknown } = {
  string: text,
  bytes: bytes => Buffer.from(bytes).toString('base64'),
  quantity: bytes => textAt(readMessage(bytes), 1),
  time: bytes => timeOf(bytes, 0),
  microTime: bytes => timeOf(bytes, 6),
  intOrString,
}

const decodeScalar = (name: string, field: WireField): unknown => {
  if (field.is === 'bytes') return BYTE_SCALARS[name]?.(field.value)
  if (field.is === 'varint') return name === 'boolean' ? field.value !== 0n : Number(BigInt.asIntN(64, field.value))
  return field.value
}

const decodeValue = (type: FieldType, field: WireField): unknown => {
  switch (type.is) {
    case 'scalar':
      return decodeScalar(type.name, field)
    case 'any':
      return field.is === 'bytes' ? rawJson(field.value) : undefined
    case 'struct':
      return field.is === 'bytes' ? decodeStruct(type.name, field.value) : undefined
    default:
      throw badRequest(`protobuf: a ${type.is} inside a list or map is not known`)
  }
}

/** Typed clients write empty texts, zeros and false for what is not set; a zero that means something is in a field of its own here. */
const MEANT_ZEROS = new Set([
  'replicas',
  'minReplicas',
  'partition',
  'revisionHistoryLimit',
  'backoffLimit',
  'completions',
  'parallelism',
  'terminationGracePeriodSeconds',
  'gracePeriodSeconds',
  'value',
  'ttlSecondsAfterFinished',
  'automountServiceAccountToken',
  'enableServiceLinks',
  'runAsNonRoot',
  'allowPrivilegeEscalation',
  'ready',
  'serving',
  'terminating',
  'maxUnavailable',
  'maxSurge',
  'targetPort',
  'port',
])

const isUnset = (name: string, value: unknown): boolean =>
  value === undefined || value === null || value === '' || ((value === 0 || value === false) && !MEANT_ZEROS.has(name))

const addMapEntry = (draft: Draft, name: string, of: FieldType, field: WireField): void => {
  if (field.is !== 'bytes') return
  const entry = readMessage(field.value)
  const value = entry.find(one => one.number === 2)
  const map = (draft[name] ?? {}) as Draft
  map[textAt(entry, 1)] = value ? decodeValue(of, value) : of.is === 'scalar' ? '' : {}
  draft[name] = map
}

const addField = (draft: Draft, name: string, schema: StructSchema, field: WireField): void => {
  const type = schema.fields.get(name)?.type
  if (type?.is === 'list') draft[name] = [...((draft[name] as readonly unknown[] | undefined) ?? []), decodeValue(type.of, field)]
  else if (type?.is === 'map') addMapEntry(draft, name, type.of, field)
  else if (type) {
    const value = decodeValue(type, field)
    if (!isUnset(name, value)) draft[name] = value
  }
}

const addFields = (draft: Draft, schema: StructSchema, numbers: Numbers, data: Uint8Array): void => {
  for (const field of readMessage(data)) {
    const name = numbers[field.number]
    if (typeof name === 'string') addField(draft, name, schema, field)
    else if (name && field.is === 'bytes') addFields(draft, schema, name, field.value)
  }
}

const decodeStruct = (name: string, data: Uint8Array): Draft => {
  const [schema, numbers] = [structSchema(name), NUMBERS[name]]
  if (!schema || !numbers) throw badRequest(`protobuf: ${name} is not known; send it as application/json`)
  const draft: Draft = {}
  addFields(draft, schema, numbers, data)
  return draft
}

const structOfKind = (apiVersion: string, kind: string): string => {
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  return kind === 'DeleteOptions' ? 'meta.v1.DeleteOptions' : `${group.split('.')[0] || 'core'}.${version}.${kind}`
}

/** The object in a body of this media type; refuses (400) kinds that are not built in. */
export const decodeProtobuf = (body: Uint8Array): JsonObject => {
  if (MAGIC.some((byte, index) => body[index] !== byte)) throw badRequest('protobuf: the body does not start with "k8s\\0"')
  const envelope = readMessage(body.subarray(MAGIC.length))
  const meta = readMessage(bytesOf(envelope, 1) ?? new Uint8Array())
  const [apiVersion, kind] = [textAt(meta, 1), textAt(meta, 2)]
  return { ...decodeStruct(structOfKind(apiVersion, kind), bytesOf(envelope, 2) ?? new Uint8Array()), apiVersion, kind }
}
