/** What a typed server makes of a built-in object: which fields it does not know, which have a wrong type, what it leaves out. */
import { badRequest } from '../failure.ts'
import { arrayOf, type Draft, isObject, type JsonObject, objectOf } from '../json.ts'
import { type Field, type FieldType, type StructSchema, structOf } from './kubernetes.ts'

const goKind = (value: unknown): string => {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return isObject(value) ? 'object' : typeof value
}

const isInteger = (value: unknown) => typeof value === 'number' && Number.isInteger(value)

/** Base64 as Go reads it: line ends do not count. */
const BASE64 = /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/

const firstNoBase64 = (text: string): number => Math.max(0, text.search(/[^A-Za-z0-9+/\r\n]/))

const SCALARS: { readonly [name: string]: (value: unknown) => boolean } = {
  string: value => typeof value === 'string',
  bytes: value => typeof value === 'string' && BASE64.test(value),
  boolean: value => typeof value === 'boolean',
  number: value => typeof value === 'number',
  int32: isInteger,
  int64: isInteger,
  intOrString: value => isInteger(value) || typeof value === 'string',
  quantity: value => typeof value === 'number' || typeof value === 'string',
  time: value => typeof value === 'string',
  microTime: value => typeof value === 'string',
}

const GO_NAMES: { readonly [name: string]: string } = {
  boolean: 'bool',
  bytes: '[]uint8',
  number: 'float64',
  time: 'time.Time',
  microTime: 'v1.MicroTime',
  intOrString: 'intstr.IntOrString',
  quantity: 'resource.Quantity',
}

const wanted = (type: FieldType): string => {
  if (type.is === 'list') return `[]${wanted(type.of)}`
  if (type.is === 'map') return `map[string]${wanted(type.of)}`
  if (type.is === 'any') return 'interface {}'
  return type.is === 'struct' ? type.name.split('.').slice(1).join('.') : (GO_NAMES[type.name] ?? type.name)
}

const fits = (type: FieldType, value: unknown): boolean => {
  switch (type.is) {
    case 'any':
      return true
    case 'list':
      return Array.isArray(value)
    case 'map':
    case 'struct':
      return isObject(value)
    case 'scalar':
      return SCALARS[type.name]?.(value) ?? true
  }
}

type Visit = {
  readonly struct: string
  readonly path: string
  readonly field: string
  readonly value: unknown
  readonly type: FieldType
}

/** Calls back on every known value that has the wrong type and every field that the schema does not know. */
const walk = (
  object: JsonObject,
  schema: StructSchema,
  path: string,
  seen: { unknown: (path: string) => void; mistyped: (visit: Visit) => void },
): void => {
  for (const [field, value] of Object.entries(object)) {
    const here = path ? `${path}.${field}` : field
    const known = schema.fields.get(field)
    if (!known) seen.unknown(here)
    else if (value !== null) walkValue({ struct: schema.name, path: here, field, value, type: known.type }, seen)
  }
}

type Seen = { readonly unknown: (path: string) => void; readonly mistyped: (visit: Visit) => void }

/** Entries of a map of plain values are named by the map, as Go does. */
const walkMap = (visit: Visit, of: FieldType, map: JsonObject, seen: Seen): void => {
  for (const [key, item] of Object.entries(map)) {
    const path = of.is === 'scalar' ? visit.path : `${visit.path}.${key}`
    if (item !== null) walkValue({ ...visit, path, value: item, type: of }, seen)
  }
}

const walkValue = (visit: Visit, seen: Seen): void => {
  const { type, value, path } = visit
  if (!fits(type, value)) {
    seen.mistyped(visit)
    return
  }
  if (type.is === 'list')
    for (const [index, item] of arrayOf(value).entries())
      walkValue({ ...visit, path: `${path}[${index}]`, value: item, type: type.of }, seen)
  if (type.is === 'map') walkMap(visit, type.of, objectOf(value), seen)
  const struct = structOf(type)
  if (struct && isObject(value)) walk(value, struct, path, seen)
}

/** Paths of fields that the schema does not know, e.g. `spec.template.spec.containers[0].imagee`. */
export const unknownFieldsOf = (object: JsonObject, schema: StructSchema): readonly string[] => {
  const found: string[] = []
  walk(object, schema, '', { unknown: path => found.push(path), mistyped: () => {} })
  return found
}

/** Refuses (400) an object with a value of a wrong type, e.g. a text where `spec.replicas` needs a number. */
export const checkTypes = (
  object: JsonObject,
  schema: StructSchema,
  kind: { readonly kind: string; readonly version: string },
): void => {
  const mistyped = ({ struct, path, value, type }: Visit) => {
    if (type.is === 'scalar' && type.name === 'bytes' && typeof value === 'string')
      throw badRequest(
        `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: illegal base64 data at input byte ${firstNoBase64(value)}`,
      )
    const go = `${struct.split('.').at(-1)}.${path.replaceAll(/\[\d+\]/g, '')}`
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: json: cannot unmarshal ${goKind(value)} into Go struct field ${go} of type ${wanted(type)}`,
    )
  }
  walk(object, schema, '', { unknown: () => {}, mistyped })
}

const ZEROS: { readonly [name: string]: unknown } = { string: '', bytes: '', boolean: false, number: 0, int32: 0, int64: 0 }

const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0

const shownZero = ({ type }: Field): unknown => {
  if (type.is === 'struct') return {}
  return type.is === 'scalar' ? (ZEROS[type.name] ?? null) : null
}

const asText = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value)

const isCollection = (type: FieldType) => type.is === 'list' || type.is === 'map'

/** The value of a known field after a typed round trip; undefined where it is left out. */
const roundTripped = (field: Field, value: unknown, fill: boolean): unknown => {
  const { type, zero } = field
  if (value === undefined || value === null || (isCollection(type) && isEmpty(value)))
    return fill && zero === 'shown' ? shownZero(field) : undefined
  if (type.is !== 'scalar') return value
  if (zero === 'left-out' && value === ZEROS[type.name]) return undefined
  return type.name === 'quantity' ? asText(value) : value
}

/**
 * Makes of a draft, in place, what Go's types make of it when they read and write it: nulls, empty lists and most zero values go;
 * with `fill`, fields that are always shown get their zero value. Unknown fields stay.
 */
export const roundTrip = (draft: Draft, schema: StructSchema, fill: boolean): void => {
  for (const [name, field] of schema.fields) {
    const value = roundTripped(field, draft[name], fill)
    if (value === undefined) delete draft[name]
    else draft[name] = value
    roundTripInside(field.type, value, fill)
  }
}

const roundTripMap = (of: FieldType, map: Draft, fill: boolean): void => {
  const quantities = of.is === 'scalar' && of.name === 'quantity'
  for (const [key, item] of Object.entries(map)) {
    if (quantities) map[key] = asText(item)
    else roundTripInside(of, item, fill)
  }
}

const roundTripInside = (type: FieldType, value: unknown, fill: boolean): void => {
  if (type.is === 'list' && Array.isArray(value)) for (const item of value) roundTripInside(type.of, item, fill)
  if (type.is === 'map' && isObject(value)) roundTripMap(type.of, value as Draft, fill)
  const struct = structOf(type)
  if (struct && isObject(value)) roundTrip(value as Draft, struct, fill)
}
