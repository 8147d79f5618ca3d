/** Validation errors of single fields, worded as Kubernetes words them, and the 422 answer made of them. */
import { type Cause, Failure } from './failure.ts'

export type FieldError = { readonly field: string; readonly reason: string; readonly message: string }

/** A value as it stands in a message: text quoted, everything else as JSON. */
const shown = (value: unknown) => JSON.stringify(value) ?? 'null'

export const required = (field: string, why = ''): FieldError => ({
  field,
  reason: 'FieldValueRequired',
  message: why ? `Required value: ${why}` : 'Required value',
})

export const invalid = (field: string, value: unknown, why: string): FieldError => ({
  field,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${shown(value)}: ${why}`,
})

export const typeInvalid = (field: string, value: unknown, why: string): FieldError => ({
  field,
  reason: 'FieldValueTypeInvalid',
  message: `Invalid value: ${shown(value)}: ${why}`,
})

export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  field,
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${shown(value)}: supported values: ${supported.map(shown).join(', ')}`,
})

export const forbiddenField = (field: string, why: string): FieldError => ({
  field,
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
})

export const duplicate = (field: string, value: unknown): FieldError => ({
  field,
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${shown(value)}`,
})

export const tooLong = (field: string, limit: number): FieldError => ({
  field,
  reason: 'FieldValueTooLong',
  message: `Too long: may not be more than ${limit} bytes`,
})

const asCause = ({ field, reason, message }: FieldError): Cause => ({ reason, message, field })

/** The 422 answer for an object with these errors; there must be at least one. */
export const invalidObject = (
  what: { readonly group: string; readonly kind: string; readonly name: string },
  errors: readonly FieldError[],
): Failure => {
  const lines = [...new Set(errors.map(error => `${error.field}: ${error.message}`))]
  const told = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`
  const kind = what.group ? `${what.kind}.${what.group}` : what.kind
  return new Failure(422, 'Invalid', `${kind} "${what.name}" is invalid: ${told}`, {
    name: what.name,
    ...(what.group ? { group: what.group } : {}),
    kind: what.kind,
    causes: errors.map(asCause),
  })
}
