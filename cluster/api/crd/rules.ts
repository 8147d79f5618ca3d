/** `x-kubernetes-validations`: rules in CEL over parts of a custom resource. */
import type { FieldError } from '../field-error.ts'
import type { JsonObject } from '../json.ts'
import type { Schema } from './schema.ts'

export const validateRules = (_object: JsonObject, _old: JsonObject | undefined, _schema: Schema): readonly FieldError[] => []
