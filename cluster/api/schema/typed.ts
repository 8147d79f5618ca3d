/** What a typed server makes of a built-in object: which fields it does not know, which have a wrong type, what it leaves out. */
import { badRequest } from '../failure.ts'
import { type Draft, isObject, type JsonObject } from '../json.ts'
import { type Field, type FieldType, type StructSchema, structOf } from './kubernetes.ts'

const goKind = (value: unknown): string => {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return isObject(value) ? 'object' : typeof value
}

const isInteger = (value: unknown) => typeof value === 'number' && Number.isInteger(value)

const SCALARS: { readonly [name: string]: (value: unknown) => boolean } = {
  string: value => typeof value === 'string',
  bytes: value => typeof value === 'string',
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

const walkValue = (visit: Visit, seen: { unknown: (path: string) => void; mistyped: (visit: Visit) => void }): void => {
  const { type, value, path } = visit
  if (!fits(type, value)) {
    seen.mistyped(visit)
    return
  }
  if (type.is === 'list')
    for (const [index, item] of (value as readonly unknown[]).entries())
      walkValue({ ...visit, path: `${path}[${index}]`, value: item, type: type.of }, seen)
  if (type.is === 'map')
    for (const [key, item] of Object.entries(value as JsonObject))
      if (item !== null) walkValue({ ...visit, path: `${path}.${key}`, value: item, type: type.of }, seen)
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
    const go = `${struct.split('.').at(-1)}.${path.replaceAll(/\[\d+\]/g, '')}`
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: json: cannot unmarshal ${goKind(value)} into Go struct field ${go} of type ${wanted(type)}`,
    )
  }
  walk(object, schema, '', { unknown: () => {}, mistyped })
}

const isLeftOut = (field: Field, value: unknown): boolean => {
  if (value === null) return true
  if (field.required) return false
  if (field.type.is === 'list') return Array.isArray(value) && value.length === 0
  return field.type.is === 'map' && isObject(value) && Object.keys(value).length === 0
}

/** Takes away, in place, what a typed round trip does not keep: nulls, and optional lists and maps that are empty. Unknown fields stay. */
export const leaveOutEmpty = (draft: Draft, schema: StructSchema): void => {
  for (const [field, value] of Object.entries(draft)) {
    const known = schema.fields.get(field)
    if (known && isLeftOut(known, value)) delete draft[field]
    else if (known) leaveOutInside(known.type, value)
  }
}

const leaveOutInside = (type: FieldType, value: unknown): void => {
  if (type.is === 'list' && Array.isArray(value)) for (const item of value) leaveOutInside(type.of, item)
  if (type.is === 'map' && isObject(value)) for (const item of Object.values(value)) leaveOutInside(type.of, item)
  const struct = structOf(type)
  if (struct && isObject(value)) leaveOutEmpty(value as Draft, struct)
}
