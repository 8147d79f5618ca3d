/** How a schema is put into words: for messages and for the reference. */
import type { Node } from './schema.ts'

const list = (words: readonly string[]): string => words.join(', ').replace(/, ([^,]*)$/, ' or $1')

const range = ({ min, max }: { readonly min?: number; readonly max?: number }): string => {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  if (min !== undefined) return ` from ${min}`
  return max === undefined ? '' : ` up to ${max}`
}

const count = ({ minItems, maxItems }: { readonly minItems?: number; readonly maxItems?: number }): string => {
  if (minItems !== undefined && maxItems !== undefined) return ` of ${minItems} to ${maxItems} elements`
  if (minItems !== undefined) return ` of at least ${minItems} elements`
  return maxItems === undefined ? '' : ` of at most ${maxItems} elements`
}

const describeText = (node: Node & { kind: 'string' | 'intOrString' }): string => {
  if (node.kind === 'string' && node.values) return list(node.values)
  if (node.format === 'date-time') return 'a time as in RFC 3339'
  const length = node.maxLength === undefined ? '' : ` of at most ${node.maxLength} characters`
  const pattern = node.pattern === undefined ? '' : ` that matches ${node.pattern}`
  const text = node.meaning ?? `text${length}${pattern}`
  return node.kind === 'string' ? text : `a whole number or ${text}`
}

/** What a node allows, to follow "must be": `a whole number from 0 to 100`. */
export const describeAllowed = (node: Node): string => {
  switch (node.kind) {
    case 'string':
    case 'intOrString':
      return describeText(node)
    case 'integer':
      return `a whole number${range(node)}`
    case 'number':
      return `a number${range(node)}`
    case 'boolean':
      return 'true or false'
    case 'anything':
      return 'set'
    case 'object':
    case 'map':
      return 'an object'
    case 'exactlyOne':
      return `an object with exactly one of ${list(Object.keys(node.fields))}`
    case 'either':
      return node.options.map(describeAllowed).join(', or ')
    case 'tagged':
      return `an object whose ${node.tag} is ${list(Object.keys(node.cases))}`
    case 'array':
      return `an array${count(node)}`
  }
}

/** `, e.g. 20`, or nothing. */
export const exampleText = (node: Node): string => (node.example === undefined ? '' : `, e.g. ${JSON.stringify(node.example)}`)

/** The type in a word or two, for tables. */
export const typeName = (node: Node): string => {
  switch (node.kind) {
    case 'string':
      if (node.values) return list(node.values.map(value => `\`${value}\``))
      return node.format === 'date-time' ? 'time' : 'string'
    case 'intOrString':
      return 'integer or string'
    case 'anything':
      return 'any'
    case 'either':
      return node.options.map(typeName).join(' or ')
    case 'exactlyOne':
    case 'tagged':
      return 'object'
    case 'map':
      return `map of ${typeName(node.values)}`
    case 'array':
      return `array of ${typeName(node.items)}`
    default:
      return node.kind
  }
}
