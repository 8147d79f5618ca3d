/** All checks of a custom resource together: schema, then rules, and in an update only what the update is to blame for. */
import { type FieldError, invalid } from '../field-error.ts'
import { isObject, type JsonObject, sameJson } from '../json.ts'
import { hasRules, validateRules } from './rules.ts'
import type { Schema } from './schema.ts'
import { validateValue } from './validate.ts'

/** After an error of these kinds a rule could not rely on the shape of the object. */
const BLOCKING = [
  'FieldValueRequired',
  'FieldValueTypeInvalid',
  'FieldValueNotSupported',
  'FieldValueTooLong',
  'FieldValueTooMany',
]

const NOT_CHECKED = invalid(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
)

const stepsOf = (path: string): readonly string[] => path.split(/[.[\]]+/).filter(Boolean)

const valueAt = (value: unknown, steps: readonly string[]): unknown =>
  steps.reduce<unknown>(
    (current, step) => (Array.isArray(current) ? current[Number(step)] : isObject(current) ? current[step] : undefined),
    value,
  )

/** Is an error about a part of the object that the update left as it was? A missing field is a fault of the object around it. */
const isOld = (error: FieldError, object: JsonObject, old: JsonObject): boolean => {
  if (error.field === '<nil>') return false
  const steps = stepsOf(error.field)
  const blamed = error.reason === 'FieldValueRequired' ? steps.slice(0, -1) : steps
  const [now, before] = [valueAt(object, blamed), valueAt(old, blamed)]
  return now !== undefined && sameJson(now, before)
}

/** Errors of a new object. */
export const checkCreate = (object: JsonObject, schema: Schema): readonly FieldError[] => {
  const errors = validateValue(object, schema, '')
  if (!hasRules(schema)) return errors
  if (errors.some(error => BLOCKING.includes(error.reason))) return [...errors, NOT_CHECKED]
  return [...errors, ...validateRules(object, undefined, schema)]
}

/** Errors of a change; what was wrong before and is left alone is let through, so that a stricter schema does not freeze old objects. */
export const checkUpdate = (object: JsonObject, old: JsonObject, schema: Schema): readonly FieldError[] => {
  const errors = validateValue(object, schema, '').filter(error => !isOld(error, object, old))
  if (!hasRules(schema)) return errors
  if (errors.some(error => BLOCKING.includes(error.reason))) return [...errors, NOT_CHECKED]
  return [...errors, ...validateRules(object, old, schema).filter(error => !isOld(error, object, old))]
}
