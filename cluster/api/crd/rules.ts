/** `x-kubernetes-validations`: rules in CEL over parts of a custom resource, with `self` and, for changes, `oldSelf`. */
import { celValue, evaluateCel } from '../cel.ts'
import { type FieldError, forbiddenField, invalid } from '../field-error.ts'
import { isObject, type JsonObject, objectsOf, textOf } from '../json.ts'
import { fieldPath, itemSchemaOf, propertiesOf, type Schema, valueSchemaOf } from './schema.ts'

const isTransition = (rule: string) => /\boldSelf\b/.test(rule)

const messageOf = (validation: JsonObject, variables: { readonly [name: string]: unknown }): string => {
  const made = textOf(validation['messageExpression'])
    ? evaluateCel(textOf(validation['messageExpression']), variables)
    : undefined
  if (made && 'value' in made && typeof made.value === 'string') return made.value
  return textOf(validation['message']) || `failed rule: ${textOf(validation['rule'])}`
}

/** Objects and lists stand in messages only by their type. */
const shown = (value: unknown): unknown => (Array.isArray(value) ? 'array' : isObject(value) ? 'object' : value)

const applyRule = (validation: JsonObject, { value, old, path }: Place): readonly FieldError[] => {
  const rule = textOf(validation['rule'])
  if (isTransition(rule) && old === undefined && validation['optionalOldSelf'] !== true) return []
  const variables = { self: celValue(value), ...(old === undefined ? {} : { oldSelf: celValue(old) }) }
  const result = evaluateCel(rule, variables)
  if ('error' in result) {
    const why = result.error.replace(/^No such key/, 'no such key')
    return [invalid(path, shown(value), `${why} evaluating rule: ${textOf(validation['message']) || rule}`)]
  }
  if (result.value === true) return []
  const message = messageOf(validation, variables)
  return [validation['reason'] === 'FieldValueForbidden' ? forbiddenField(path, message) : invalid(path, shown(value), message)]
}

type Place = { readonly value: unknown; readonly old: unknown; readonly path: string }

const inside = (schema: Schema, { value, old, path }: Place): readonly FieldError[] => {
  if (Array.isArray(value)) {
    const items = itemSchemaOf(schema)
    // Items of a list have no identity over a change, so rules about a change do not apply to them.
    return items ? value.flatMap((item, index) => walk(items, { value: item, old: undefined, path: `${path}[${index}]` })) : []
  }
  if (!isObject(value)) return []
  const properties = propertiesOf(schema)
  const values = valueSchemaOf(schema)
  return Object.entries(value).flatMap(([field, child]) => {
    const known = Object.hasOwn(properties, field) ? properties[field] : values
    return known ? walk(known, { value: child, old: isObject(old) ? old[field] : undefined, path: fieldPath(path, field) }) : []
  })
}

const walk = (schema: Schema, place: Place): readonly FieldError[] => {
  const rules = place.value === null ? [] : objectsOf(schema['x-kubernetes-validations'])
  const here = { ...place, path: place.path || '<nil>' }
  return [...rules.flatMap(rule => applyRule(rule, here)), ...inside(schema, place)]
}

/** Errors of the rules of a schema for a whole object; `old` is the object before a change. */
export const validateRules = (object: JsonObject, old: JsonObject | undefined, schema: Schema): readonly FieldError[] =>
  walk(schema, { value: object, old, path: '' })

const known = new WeakMap<Schema, boolean>()

/** Has the schema, or anything inside it, a rule? */
export const hasRules = (schema: Schema): boolean => {
  const before = known.get(schema)
  if (before !== undefined) return before
  const values = valueSchemaOf(schema)
  const items = itemSchemaOf(schema)
  const inside = [...Object.values(propertiesOf(schema)), ...(values ? [values] : []), ...(items ? [items] : [])]
  const found = objectsOf(schema['x-kubernetes-validations']).length > 0 || inside.some(hasRules)
  known.set(schema, found)
  return found
}
