/** Checks of texts and numbers against a structural schema. */
import { type FieldError, invalid, tooLong, typeInvalid } from '../field-error.ts'
import type { Schema } from './schema.ts'

const patterns = new Map<string, RegExp | undefined>()

/** A pattern of a schema (RE2 syntax); undefined where JavaScript does not understand it. */
export const patternOf = (text: string): RegExp | undefined => {
  if (!patterns.has(text)) patterns.set(text, compile(text))
  return patterns.get(text)
}

const compile = (text: string): RegExp | undefined => {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(text, flags)
    } catch {
      // Tried again without the stricter syntax; a pattern that fits neither is refused with the definition.
    }
  }
  return undefined
}

const FORMATS: { readonly [format: string]: RegExp } = {
  'date-time': /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  uuid: /^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$/,
  ipv4: /^\d{1,3}(\.\d{1,3}){3}$/,
}

export const validateText = (value: string, schema: Schema, path: string): readonly FieldError[] => {
  const length = [...value].length
  const { minLength, maxLength, pattern, format } = schema
  const shape = typeof format === 'string' ? FORMATS[format] : undefined
  return [
    ...(typeof minLength === 'number' && length < minLength
      ? [invalid(path, value, `${path} in body should be at least ${minLength} chars long`)]
      : []),
    ...(typeof maxLength === 'number' && length > maxLength ? [tooLong(path, maxLength)] : []),
    ...(typeof pattern === 'string' && patternOf(pattern)?.test(value) === false
      ? [invalid(path, value, `${path} in body should match '${pattern}'`)]
      : []),
    ...(shape && !shape.test(value)
      ? [typeInvalid(path, value, `${path} in body must be of type ${String(format)}: ${JSON.stringify(value)}`)]
      : []),
  ]
}

export const validateNumber = (value: number, schema: Schema, path: string): readonly FieldError[] => {
  const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum } = schema
  const under = typeof minimum === 'number' && (exclusiveMinimum === true ? value <= minimum : value < minimum)
  const over = typeof maximum === 'number' && (exclusiveMaximum === true ? value >= maximum : value > maximum)
  return [
    ...(under
      ? [
          invalid(
            path,
            value,
            `${path} in body should be greater than ${exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`,
          ),
        ]
      : []),
    ...(over
      ? [invalid(path, value, `${path} in body should be less than ${exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`)]
      : []),
    ...(typeof multipleOf === 'number' && value % multipleOf !== 0
      ? [invalid(path, value, `${path} in body should be a multiple of ${multipleOf}`)]
      : []),
  ]
}
