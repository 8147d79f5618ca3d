/** Structural schemas of CustomResourceDefinitions, read as plain JSON. */
import { isObject, type JsonObject, objectOf } from '../json.ts'

export type Schema = JsonObject

export const propertiesOf = (schema: Schema): { readonly [name: string]: Schema } =>
  objectOf(schema['properties']) as { readonly [name: string]: Schema }

/** The schema of every value of a map: undefined when there is none, an empty schema for `true`. */
export const valueSchemaOf = (schema: Schema): Schema | undefined => {
  const values = schema['additionalProperties']
  if (values === true) return PRESERVING
  return isObject(values) ? values : undefined
}

export const itemSchemaOf = (schema: Schema): Schema | undefined => (isObject(schema['items']) ? schema['items'] : undefined)

export const preservesUnknown = (schema: Schema): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true

export const isIntOrString = (schema: Schema): boolean => schema['x-kubernetes-int-or-string'] === true

export const isEmbedded = (schema: Schema): boolean => schema['x-kubernetes-embedded-resource'] === true

const PRESERVING: Schema = { 'x-kubernetes-preserve-unknown-fields': true }

/** `spec.steps[0].name`, from the path of the parent. */
export const fieldPath = (parent: string, field: string): string => (parent ? `${parent}.${field}` : field)
