/** Rules about numbers that several kinds share. */
import { type FieldError, invalid } from '../field-error.ts'

/** Absent is fine. */
export const notNegative = (field: string, value: unknown): readonly FieldError[] =>
  typeof value === 'number' && value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : []

export const positive = (field: string, value: unknown): readonly FieldError[] =>
  typeof value === 'number' && value <= 0 ? [invalid(field, value, 'must be greater than 0')] : []

export const portNumber = (field: string, value: unknown): readonly FieldError[] =>
  typeof value === 'number' && value >= 1 && value <= 65535
    ? []
    : [invalid(field, value, 'must be between 1 and 65535, inclusive')]

const PERCENT = /^\d+%$/

/** A count or a percentage, e.g. 1 or "25%". */
export const countOrPercent = (field: string, value: unknown): readonly FieldError[] => {
  if (value === undefined || value === null) return []
  if (typeof value === 'number') return notNegative(field, value)
  return typeof value === 'string' && PERCENT.test(value)
    ? []
    : [
        invalid(
          field,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      ]
}

export const isZero = (value: unknown): boolean =>
  value === 0 || (typeof value === 'string' && PERCENT.test(value) && Number.parseInt(value, 10) === 0)

export const percentOf = (value: unknown): number | undefined =>
  typeof value === 'string' && PERCENT.test(value) ? Number.parseInt(value, 10) : undefined
