/**
 * What values.yaml says of itself: each value with its default, its description (the comment that begins with `# --`) and what
 * `# @schema {JSON}` adds. A map with a description is one value that its user fills as he likes; one without is a section.
 */
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml'

export type Schema = { readonly [key: string]: unknown }

export type Value = {
  /** With dots, e.g. `router.pdb.enabled`. */
  readonly path: string
  readonly name: string
  readonly default: unknown
  readonly description: string
  /** As written behind @schema. */
  readonly schema: Schema
}

export type Section = {
  readonly name: string
  readonly schema: Schema
  readonly members: readonly (Value | Section)[]
}

export const isSection = (one: Value | Section): one is Section => 'members' in one

type Comment = { readonly description?: string; readonly schema: Schema }

/** `comment` is without its `#`. Lines behind `--` go on until an empty one, @schema, or the end. */
const readComment = (comment: string): Comment => {
  // What stands before an empty line is about the file or the section, not about this value.
  const own = comment.split(/\n\s*\n/).at(-1) ?? ''
  const lines = own.split('\n').map(line => line.trim())
  const found = lines.find(line => line.startsWith('@schema '))
  const begins = lines.findIndex(line => line.startsWith('-- '))
  const schema = found === undefined ? {} : (JSON.parse(found.slice('@schema '.length)) as Schema)
  if (begins < 0) return { schema }
  const text = lines.slice(begins).filter(line => line !== found)
  return { description: text.join(' ').slice('-- '.length).trim(), schema }
}

const readPair = (pair: Pair, path: readonly string[], inherited: string): Value | Section => {
  const { key, value } = pair
  if (!isScalar(key)) throw new Error(`${path.join('.')}: a key that is no text`)
  const name = String(key.value)
  const here = [...path, name]
  const { description, schema } = readComment(key.commentBefore ?? inherited)
  if (isMap(value) && description === undefined) return { name, schema, members: readMap(value, here) }
  if (description === undefined)
    throw new Error(`charts/sluice/values.yaml: ${here.join('.')} has no description, such as "# -- What it does."`)
  return { path: here.join('.'), name, default: toPlain(value), description, schema }
}

const toPlain = (node: unknown): unknown =>
  typeof node === 'object' && node !== null && 'toJSON' in node && typeof node.toJSON === 'function' ? node.toJSON() : node

/** The comment of a map's first key stands at the map itself. */
const readMap = (map: YAMLMap, path: readonly string[]): readonly (Value | Section)[] =>
  map.items.map((pair, i) => readPair(pair as Pair, path, i === 0 ? (map.commentBefore ?? '') : ''))

/** Throws when a value has no description. */
export const readValues = (text: string): readonly (Value | Section)[] => {
  const document = parseDocument(text)
  const [problem] = document.errors
  if (problem !== undefined) throw problem
  const { contents } = document
  if (!isMap(contents)) throw new Error('charts/sluice/values.yaml: must be a map')
  return readMap(contents as YAMLMap, [])
}

const STRINGS = { type: 'string' }

/** What the members of lists and open maps are, by the last part of the name. */
const MEMBERS: readonly (readonly [RegExp, Schema])[] = [
  [/(abels|nnotations|nodeSelector)$/, { type: 'object', additionalProperties: STRINGS }],
  [/(Args|^command|Namespaces)$/, { type: 'array', items: STRINGS }],
  [/^extraObjects$/, { type: 'array', items: { type: ['object', 'string'] } }],
]

const typeOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

const schemaOfValue = ({ name, default: value, description, schema }: Value): Schema => {
  const known = MEMBERS.find(([pattern]) => pattern.test(name))?.[1]
  const type = typeOf(value)
  const base = known ?? (type === 'array' ? { type, items: { type: 'object' } } : { type })
  return { description, ...base, default: value, ...schema }
}

const schemaOfMembers = (members: readonly (Value | Section)[]): Schema =>
  Object.fromEntries(members.map(one => [one.name, isSection(one) ? schemaOfSection(one) : schemaOfValue(one)]))

const schemaOfSection = ({ schema, members }: Pick<Section, 'schema' | 'members'>): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties: schemaOfMembers(members),
  ...schema,
})

/** For a parent chart's `condition: sluice.enabled`, which Helm leaves among this chart's values. */
const ENABLED = { enabled: { type: 'boolean', description: "Not read: for the `condition` of a parent chart's dependency." } }

export const renderSchema = (values: readonly (Value | Section)[]): string => {
  const { properties, ...rest } = schemaOfSection({ schema: {}, members: values })
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the Sluice chart',
    ...rest,
    properties: { ...(properties as Schema), ...ENABLED },
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}

export const flatten = (values: readonly (Value | Section)[]): readonly Value[] =>
  values.flatMap(one => (isSection(one) ? flatten(one.members) : [one]))

const cell = (text: string): string => text.replaceAll('|', '\\|')

export const renderTable = (values: readonly (Value | Section)[]): string =>
  [
    '| value | default | what it is |',
    '|---|---|---|',
    ...flatten(values).map(one => `| \`${one.path}\` | \`${cell(JSON.stringify(one.default))}\` | ${cell(one.description)} |`),
  ].join('\n')
