/** Takes fields away that a structural schema does not know. */
import { type Draft, draftOf, isObject, type JsonObject } from '../json.ts'
import { structSchema } from '../schema/kubernetes.ts'
import { fieldPath, isEmbedded, itemSchemaOf, preservesUnknown, propertiesOf, type Schema, valueSchemaOf } from './schema.ts'

type OnUnknown = (path: string) => void

/** Fields that the root, and every embedded resource, has whatever its schema says. */
const OF_EVERY_OBJECT = ['apiVersion', 'kind', 'metadata']

const pruneMetadata = (object: Draft, path: string, onUnknown: OnUnknown): void => {
  const metadata = object['metadata']
  const known = structSchema('meta.v1.ObjectMeta')?.fields
  if (!isObject(metadata) || !known) return
  for (const field of Object.keys(metadata)) {
    if (known.has(field)) continue
    onUnknown(fieldPath(fieldPath(path, 'metadata'), field))
    delete (metadata as Draft)[field]
  }
}

const pruneObject = (object: Draft, schema: Schema, path: string, onUnknown: OnUnknown): void => {
  const properties = propertiesOf(schema)
  const values = valueSchemaOf(schema)
  for (const [field, value] of Object.entries(object)) {
    const here = fieldPath(path, field)
    const known = Object.hasOwn(properties, field) ? properties[field] : values
    if (known) pruneValue(value, known, here, onUnknown)
    else if (isEmbedded(schema) && OF_EVERY_OBJECT.includes(field)) continue
    else if (!preservesUnknown(schema)) {
      onUnknown(here)
      delete object[field]
    }
  }
  if (isEmbedded(schema)) pruneMetadata(object, path, onUnknown)
}

const pruneValue = (value: unknown, schema: Schema, path: string, onUnknown: OnUnknown): void => {
  if (Array.isArray(value)) {
    const items = itemSchemaOf(schema)
    if (items) for (const [index, item] of value.entries()) pruneValue(item, items, `${path}[${index}]`, onUnknown)
  } else if (isObject(value)) pruneObject(value as Draft, schema, path, onUnknown)
}

/** Prunes a custom resource in place; `onUnknown` hears of each field that went. */
export const pruneCustom = (object: Draft, schema: Schema, onUnknown: OnUnknown = () => {}): void =>
  pruneObject(object, { ...schema, 'x-kubernetes-embedded-resource': true }, '', onUnknown)

/** Paths of the fields that pruning would take away. */
export const unknownInCustom = (object: JsonObject, schema: Schema): readonly string[] => {
  const found: string[] = []
  pruneCustom(draftOf(object), schema, path => found.push(path))
  return found
}
