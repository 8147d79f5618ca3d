/** A schema as the structural OpenAPI v3 that a CustomResourceDefinition holds. */
import type { Fields, Node } from './schema.ts'

export type OpenApi = { readonly [key: string]: unknown }

/** Leaves out what is undefined, so that the written file has no nulls. */
const present = (members: OpenApi): OpenApi =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

const requiredNames = (fields: Fields): readonly string[] | undefined => {
  const names = Object.keys(fields).filter(name => fields[name]?.required)
  return names.length > 0 ? names : undefined
}

const properties = (fields: Fields): OpenApi =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, openApi(field)]))

const text = ({ pattern, minLength, maxLength, format }: Node & { kind: 'string' | 'intOrString' }): OpenApi => ({
  pattern,
  minLength,
  maxLength,
  format,
})

const objectBody = (node: Node & { kind: 'object' }): OpenApi => ({
  type: 'object',
  required: requiredNames(node.fields),
  properties: Object.keys(node.fields).length > 0 ? properties(node.fields) : undefined,
  'x-kubernetes-preserve-unknown-fields': node.open || undefined,
  'x-kubernetes-validations': node.immutable ? [{ rule: 'self == oldSelf', message: 'is immutable' }] : undefined,
})

/** Structural schemas have no unions: all fields stand side by side, and value validations say which go together. */
const taggedBody = (node: Node & { kind: 'tagged' }): OpenApi => {
  const cases = Object.entries(node.cases)
  const all = Object.assign({}, ...cases.map(([, fields]) => properties(fields)))
  return {
    type: 'object',
    required: [node.tag],
    properties: { [node.tag]: { type: 'string', enum: Object.keys(node.cases) }, ...all },
    oneOf: cases.map(([value, fields]) =>
      present({ properties: { [node.tag]: { enum: [value] } }, required: requiredNames(fields) }),
    ),
  }
}

const exactlyOneBody = (node: Node & { kind: 'exactlyOne' }): OpenApi => ({
  type: 'object',
  properties: properties(node.fields),
  oneOf: Object.keys(node.fields).map(name => ({ required: [name] })),
})

const arrayBody = (node: Node & { kind: 'array' }): OpenApi => ({
  type: 'array',
  minItems: node.minItems,
  maxItems: node.maxItems,
  items: openApi(node.items),
  'x-kubernetes-list-type': node.keys && 'map',
  'x-kubernetes-list-map-keys': node.keys,
})

const body = (node: Node): OpenApi => {
  switch (node.kind) {
    case 'string':
      return { type: 'string', enum: node.values, ...text(node) }
    case 'integer':
      return { type: 'integer', format: node.int64 ? 'int64' : 'int32', minimum: node.min, maximum: node.max }
    case 'number':
      return { type: 'number', format: 'double', minimum: node.min, maximum: node.max }
    case 'boolean':
      return { type: 'boolean' }
    case 'intOrString':
      return { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }], ...text(node) }
    case 'anything':
    case 'either':
      return { 'x-kubernetes-preserve-unknown-fields': true }
    case 'object':
      return objectBody(node)
    case 'exactlyOne':
      return exactlyOneBody(node)
    case 'tagged':
      return taggedBody(node)
    case 'map':
      return { type: 'object', additionalProperties: openApi(node.values) }
    case 'array':
      return arrayBody(node)
  }
}

/** The node's OpenAPI, description first. */
export const openApi = (node: Node): OpenApi =>
  present({ description: node.description === '' ? undefined : node.description, default: node.default, ...body(node) })
