/** Checks a value against a structural schema; errors are worded as the API server words them. */
import { duplicate, type FieldError, invalid, notSupported, required, typeInvalid } from '../field-error.ts'
import { isObject, type JsonObject, objectsOf, sameJson } from '../json.ts'
import { fieldPath, isEmbedded, isIntOrString, itemSchemaOf, propertiesOf, type Schema, valueSchemaOf } from './schema.ts'
import { validateNumber, validateText } from './validate-scalar.ts'

/** The JSON type of a value in the words of a schema. */
const typeOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

const hasType = (value: unknown, wanted: unknown): boolean => {
  const type = typeOf(value)
  return type === wanted || (wanted === 'number' && type === 'integer')
}

const validateType = (value: unknown, schema: Schema, path: string): FieldError | undefined => {
  const wrong = (wanted: string) =>
    typeInvalid(path, typeOf(value), `${path} in body must be of type ${wanted}: ${JSON.stringify(typeOf(value))}`)
  if (isIntOrString(schema)) return hasType(value, 'integer') || hasType(value, 'string') ? undefined : wrong('integer,string')
  const wanted = schema['type']
  return typeof wanted !== 'string' || wanted === '' || hasType(value, wanted) ? undefined : wrong(wanted)
}

const validateEnum = (value: unknown, schema: Schema, path: string): readonly FieldError[] => {
  const allowed = schema['enum']
  if (!Array.isArray(allowed) || allowed.some(one => sameJson(one, value))) return []
  return [notSupported(path, value, allowed.map(String))]
}

type Bounds = { readonly least: unknown; readonly most: unknown; readonly what: string }

const checkCount = (count: number, { least, most, what }: Bounds, path: string): readonly FieldError[] => [
  ...(typeof least === 'number' && count < least
    ? [invalid(path, count, `${path} in body should have at least ${least} ${what}`)]
    : []),
  ...(typeof most === 'number' && count > most
    ? [{ field: path, reason: 'FieldValueTooMany', message: `Too many: ${count}: must have at most ${most} items` }]
    : []),
]

const listKey = (item: unknown, keys: readonly unknown[]): unknown =>
  isObject(item) ? keys.map(key => item[String(key)] ?? null) : item

const validateUnique = (items: readonly unknown[], schema: Schema, path: string): readonly FieldError[] => {
  const kind = schema['x-kubernetes-list-type']
  if (kind !== 'set' && kind !== 'map' && schema['uniqueItems'] !== true) return []
  const keys = Array.isArray(schema['x-kubernetes-list-map-keys']) ? schema['x-kubernetes-list-map-keys'] : []
  const seen = items.map(item => (kind === 'map' ? listKey(item, keys) : item))
  const shown = (index: number) =>
    kind === 'map'
      ? Object.fromEntries(keys.map((key, at) => [String(key), (seen[index] as readonly unknown[])[at]]))
      : items[index]
  return seen.flatMap((key, index) =>
    seen.slice(0, index).some(other => sameJson(other, key)) ? [duplicate(`${path}[${index}]`, shown(index))] : [],
  )
}

const validateArray = (items: readonly unknown[], schema: Schema, path: string): readonly FieldError[] => {
  const itemSchema = itemSchemaOf(schema)
  return [
    ...checkCount(items.length, { least: schema['minItems'], most: schema['maxItems'], what: 'items' }, path),
    ...validateUnique(items, schema, path),
    ...(itemSchema ? items.flatMap((item, index) => validateValue(item, itemSchema, `${path}[${index}]`)) : []),
  ]
}

const requiredOf = (schema: Schema): readonly string[] =>
  Array.isArray(schema['required']) ? schema['required'].map(String) : []

const validateObject = (object: JsonObject, schema: Schema, path: string): readonly FieldError[] => {
  const properties = propertiesOf(schema)
  const values = valueSchemaOf(schema)
  const embedded = isEmbedded(schema)
    ? ['apiVersion', 'kind'].filter(field => !object[field]).map(field => required(fieldPath(path, field)))
    : []
  return [
    ...embedded,
    ...requiredOf(schema)
      .filter(field => object[field] === undefined)
      .map(field => required(fieldPath(path, field))),
    ...checkCount(
      Object.keys(object).length,
      { least: schema['minProperties'], most: schema['maxProperties'], what: 'properties' },
      path,
    ),
    ...Object.entries(object).flatMap(([field, value]) => {
      const known = Object.hasOwn(properties, field) ? properties[field] : values
      return known ? validateValue(value, known, fieldPath(path, field)) : []
    }),
  ]
}

const schemasOf = (schema: Schema, field: string): readonly Schema[] => objectsOf(schema[field])

/** The errors of the alternative that comes nearest. */
const nearest = (alternatives: readonly (readonly FieldError[])[]): readonly FieldError[] =>
  [...alternatives].sort((a, b) => a.length - b.length)[0] ?? []

/** What no, or more than one, alternative allows is told without a field, as the API server does. */
const combined = (path: string, why: string): FieldError => invalid('<nil>', '', `${JSON.stringify(path)} ${why}`)

const validateAlternatives = (value: unknown, schema: Schema, path: string): readonly FieldError[] => {
  const [any, one] = ['anyOf', 'oneOf'].map(name => schemasOf(schema, name).map(each => validateValue(value, each, path)))
  const fits = (alternatives: readonly (readonly FieldError[])[] = []) =>
    alternatives.filter(errors => errors.length === 0).length
  const errors: FieldError[] = []
  if (any?.length && fits(any) === 0) errors.push(combined(path, 'must validate at least one schema (anyOf)'), ...nearest(any))
  if (one?.length && fits(one) === 0)
    errors.push(combined(path, 'must validate one and only one schema (oneOf). Found none valid'), ...nearest(one))
  if (one?.length && fits(one) > 1)
    errors.push(combined(path, `must validate one and only one schema (oneOf). Found ${fits(one)} valid alternatives`))
  return errors
}

const validateCombined = (value: unknown, schema: Schema, path: string): readonly FieldError[] => {
  const forbids = isObject(schema['not']) && validateValue(value, schema['not'], path).length === 0
  return [
    ...schemasOf(schema, 'allOf').flatMap(each => validateValue(value, each, path)),
    ...validateAlternatives(value, schema, path),
    ...(forbids ? [combined(path, 'must not validate the schema (not)')] : []),
  ]
}

/** Errors of a value, with their paths below `path`; none when it fits. */
export const validateValue = (value: unknown, schema: Schema, path: string): readonly FieldError[] => {
  if (value === null && schema['nullable'] === true) return []
  const mistyped = validateType(value, schema, path)
  if (mistyped) return [mistyped]
  return [
    ...validateEnum(value, schema, path),
    ...(typeof value === 'string' ? validateText(value, schema, path) : []),
    ...(typeof value === 'number' ? validateNumber(value, schema, path) : []),
    ...(Array.isArray(value) ? validateArray(value, schema, path) : []),
    ...(isObject(value) ? validateObject(value, schema, path) : []),
    ...validateCombined(value, schema, path),
  ]
}
