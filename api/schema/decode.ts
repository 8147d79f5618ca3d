/** Unknown data into typed values, or everything that is wrong with it. */
import { didYouMean } from '../did-you-mean.ts'
import type { Problem } from '../problem.ts'
import { quote } from '../quote.ts'
import type { Fields, Infer, Node, Schema } from './schema.ts'
import { describeAllowed, exampleText } from './wording.ts'

export type DecodeOptions = {
  /** Where the value stands, e.g. `spec.strategy`; the start of every problem's path. */
  readonly path?: string
  /** What happens to fields that the schema does not name. `refuse` (the default) is for what a person wrote by hand. */
  readonly unknownFields?: 'refuse' | 'keep'
}

export type Decoded<T> =
  | { readonly value: T; readonly problems?: undefined }
  | { readonly value?: undefined; readonly problems: readonly Problem[] }

type Context = { readonly unknownFields: 'refuse' | 'keep'; readonly problems: Problem[] }
type Json = { readonly [key: string]: unknown }

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const child = (path: string, key: string): string => {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${path}[${key}]`
  return path === '' ? key : `${path}.${key}`
}

const refuse = (context: Context, node: Node, path: string, value: unknown): undefined => {
  context.problems.push({ path, message: `${quote(value)} must be ${describeAllowed(node)}${exampleText(node)}` })
  return undefined
}

const allowsText = (node: Node & { kind: 'string' | 'intOrString' }, text: string): boolean => {
  const { pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY, format } = node
  if (node.kind === 'string' && node.values && !node.values.includes(text)) return false
  if (format === 'date-time' && !isRfc3339(text)) return false
  return text.length >= minLength && text.length <= maxLength && (pattern === undefined || new RegExp(pattern, 'u').test(text))
}

const isRfc3339 = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))

const inRange = ({ min, max }: { readonly min?: number; readonly max?: number }, value: number): boolean =>
  (min === undefined || value >= min) && (max === undefined || value <= max)

const isAllowedScalar = (node: Node, value: unknown): boolean => {
  switch (node.kind) {
    case 'string':
      return typeof value === 'string' && allowsText(node, value)
    case 'integer':
      return Number.isSafeInteger(value) && inRange(node, Number(value))
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) && inRange(node, value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'intOrString':
      return Number.isSafeInteger(value) || (typeof value === 'string' && allowsText(node, value))
    default:
      return true
  }
}

const refuseUnknown = (context: Context, fields: Fields, path: string, value: Json): void => {
  const names = Object.keys(fields)
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(fields, key)) continue
    context.problems.push({
      path: child(path, key),
      message: `is not a field here; allowed are ${names.join(', ')}${didYouMean(key, names)}`,
    })
  }
}

const readFields = (context: Context, fields: Fields, path: string, value: Json): Json => {
  const read: { [key: string]: unknown } = {}
  for (const [name, field] of Object.entries(fields)) {
    const member = (Object.hasOwn(value, name) ? value[name] : undefined) ?? field.default
    if (member !== undefined && member !== null) read[name] = readNode(context, field, child(path, name), member)
    else if (field.required) {
      context.problems.push({
        path: child(path, name),
        message: `is missing; it must be ${describeAllowed(field)}${exampleText(field)}`,
      })
    }
  }
  return read
}

/** Values of fields that the schema does not name, in front of those that it does. */
const keptFields = (context: Context, fields: Fields, value: Json): Json =>
  context.unknownFields === 'keep' ? Object.fromEntries(Object.entries(value).filter(([key]) => !Object.hasOwn(fields, key))) : {}

const readObject = (context: Context, node: Node & { kind: 'object' }, path: string, value: Json): Json => {
  if (node.open) return { ...value, ...readFields(context, node.fields, path, value) }
  if (context.unknownFields === 'refuse') refuseUnknown(context, node.fields, path, value)
  return { ...keptFields(context, node.fields, value), ...readFields(context, node.fields, path, value) }
}

const readExactlyOne = (context: Context, node: Node & { kind: 'exactlyOne' }, path: string, value: Json): unknown => {
  const set = Object.keys(value).filter(key => value[key] !== null && value[key] !== undefined)
  if (set.length !== 1 || !Object.hasOwn(node.fields, set[0] ?? '')) return refuse(context, node, path, value)
  return readFields(context, node.fields, path, value)
}

const readTagged = (context: Context, node: Node & { kind: 'tagged' }, path: string, value: Json): unknown => {
  const word = value[node.tag]
  const fields = typeof word === 'string' && Object.hasOwn(node.cases, word) ? node.cases[word] : undefined
  if (fields === undefined) return refuse(context, node, path, value)
  const { [node.tag]: _, ...others } = value
  if (context.unknownFields === 'refuse') refuseUnknown(context, fields, path, others)
  return { [node.tag]: word, ...keptFields(context, fields, others), ...readFields(context, fields, path, others) }
}

const readArray = (context: Context, node: Node & { kind: 'array' }, path: string, value: readonly unknown[]): unknown => {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = node
  if (value.length < minItems || value.length > maxItems) return refuse(context, node, path, value)
  return value.map((element, i) => readNode(context, node.items, `${path}[${i}]`, element))
}

const readEither = (context: Context, node: Node & { kind: 'either' }, path: string, value: unknown): unknown => {
  for (const option of node.options) {
    const attempt: Context = { ...context, problems: [] }
    const read = readNode(attempt, option, path, value)
    if (attempt.problems.length === 0) return read
  }
  return refuse(context, node, path, value)
}

const readMap = (context: Context, node: Node & { kind: 'map' }, path: string, value: Json): Json => {
  const entries = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(entries.map(([key, member]) => [key, readNode(context, node.values, child(path, key), member)]))
}

const readNode = (context: Context, node: Node, path: string, value: unknown): unknown => {
  switch (node.kind) {
    case 'anything':
      return value
    case 'either':
      return readEither(context, node, path, value)
    case 'array':
      return Array.isArray(value) ? readArray(context, node, path, value) : refuse(context, node, path, value)
    case 'object':
      return isJson(value) ? readObject(context, node, path, value) : refuse(context, node, path, value)
    case 'exactlyOne':
      return isJson(value) ? readExactlyOne(context, node, path, value) : refuse(context, node, path, value)
    case 'tagged':
      return isJson(value) ? readTagged(context, node, path, value) : refuse(context, node, path, value)
    case 'map':
      return isJson(value) ? readMap(context, node, path, value) : refuse(context, node, path, value)
    default:
      return isAllowedScalar(node, value) ? value : refuse(context, node, path, value)
  }
}

/**
 * The value as the schema's type, with defaults filled in, nulls of named fields dropped and a fresh object at every level; or all
 * problems at once. The input is not changed.
 */
export const decode = <S extends Schema>(schema: S, value: unknown, options: DecodeOptions = {}): Decoded<Infer<S>> => {
  const { path = '', unknownFields = 'refuse' } = options
  const context: Context = { unknownFields, problems: [] }
  const read = readNode(context, schema, path, value)
  // The interpreter above is what makes this true: without problems the value has the schema's shape.
  return context.problems.length > 0 ? { problems: context.problems } : { value: read as Infer<S> }
}
