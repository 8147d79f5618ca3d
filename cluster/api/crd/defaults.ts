/** Fills in the defaults of a structural schema, and drops nulls where null is no value. */
import { copyJson, type Draft, isObject } from '../json.ts'
import { itemSchemaOf, propertiesOf, type Schema, valueSchemaOf } from './schema.ts'

const isMissing = (value: unknown, schema: Schema) => value === undefined || (value === null && schema['nullable'] !== true)

const defaultObject = (object: Draft, schema: Schema): void => {
  for (const [field, property] of Object.entries(propertiesOf(schema))) {
    if (property['default'] !== undefined && isMissing(object[field], property)) object[field] = copyJson(property['default'])
    if (object[field] === null && property['nullable'] !== true) delete object[field]
    else if (object[field] !== undefined) applyDefaults(object[field], property)
  }
  const values = valueSchemaOf(schema)
  if (!values) return
  for (const [field, value] of Object.entries(object))
    if (!Object.hasOwn(propertiesOf(schema), field)) applyDefaults(value, values)
}

/** In place; only objects that are there get defaults for their fields. */
export const applyDefaults = (value: unknown, schema: Schema): void => {
  if (Array.isArray(value)) {
    const items = itemSchemaOf(schema)
    if (items) for (const item of value) applyDefaults(item, items)
  } else if (isObject(value)) defaultObject(value as Draft, schema)
}
