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

const hasBounds = (
  count: number,
  schema: Schema,
  [least, most]: readonly [string, string],
  what: string,
  value: unknown,
  path: string,
): readonly FieldError[] => {
  const [min, max] = [schema[least], schema[most]]
  return [
    ...(typeof min === 'number' && count < min
      ? [invalid(path, value, `${path} in body should have at least ${min} ${what}`)]
      : []),
    ...(typeof max === 'number' && count > max
      ? [{ field: path, reason: 'FieldValueTooMany', message: `Too many: ${count}: must have at most ${max} ${what}` }]
      : []),
  ]
}

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
    ...hasBounds(items.length, schema, ['minItems', 'maxItems'], 'items', items, path),
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
    ? ['apiVersion', 'kind'].filter(field => !object[field]).map(field => required(fieldPath(path, field), 'must not be empty'))
    : []
  return [
    ...embedded,
    ...requiredOf(schema)
      .filter(field => object[field] === undefined)
      .map(field => required(fieldPath(path, field))),
    ...hasBounds(Object.keys(object).length, schema, ['minProperties', 'maxProperties'], 'properties', object, path),
    ...Object.entries(object).flatMap(([field, value]) => {
      const known = Object.hasOwn(properties, field) ? properties[field] : values
      return known ? validateValue(value, known, fieldPath(path, field)) : []
    }),
  ]
}

const schemasOf = (schema: Schema, field: string): readonly Schema[] => objectsOf(schema[field])

const validateCombined = (value: unknown, schema: Schema, path: string): readonly FieldError[] => {
  const passes = (one: Schema) => validateValue(value, one, path).length === 0
  const [any, one] = [schemasOf(schema, 'anyOf'), schemasOf(schema, 'oneOf')]
  const fails = (why: string) => [invalid(path || '<nil>', value, `${path || '""'} ${why}`)]
  return [
    ...schemasOf(schema, 'allOf').flatMap(each => validateValue(value, each, path)),
    ...(any.length > 0 && !any.some(passes) ? fails('must validate at least one schema (anyOf)') : []),
    ...(one.length > 0 && one.filter(passes).length !== 1 ? fails('must validate one and only one schema (oneOf)') : []),
    ...(isObject(schema['not']) && passes(schema['not']) ? fails('must not validate the schema (not)') : []),
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
