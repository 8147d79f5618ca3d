/**
 * The fields of the built-in kinds: names, types, which are required, and how a strategic merge patch treats their lists.
 * kubernetes-fields.json holds these facts as Kubernetes 1.34 publishes them in its OpenAPI documents, one short notation a field:
 * `[]core.v1.Container! by name` is a required list of containers merged by their name, `{}string` a map of strings; `zero` marks a field
 * that is left out when it has its zero value, `always` one that is shown even then.
 */
import type { Resource } from '../../../kube/client.ts'
import fieldTable from './kubernetes-fields.json' with { type: 'json' }

export type FieldType =
  | { readonly is: 'scalar'; readonly name: string }
  | { readonly is: 'list'; readonly of: FieldType }
  | { readonly is: 'map'; readonly of: FieldType }
  | { readonly is: 'struct'; readonly name: string }
  | { readonly is: 'any' }

export type Field = {
  readonly type: FieldType
  readonly required: boolean
  /** A list of objects that a strategic merge patch merges by this key. */
  readonly mergeKey?: string
  /** A list of plain values that a strategic merge patch adds to. */
  readonly mergesValues: boolean
  /** A patch that names some fields of the object may name, in `$retainKeys`, all that stay. */
  readonly retainKeys: boolean
  /** What a typed server makes of a zero value (false, 0, '', an empty list): leaves the field out, always shows it, or keeps it as it was sent. */
  readonly zero: 'left-out' | 'shown' | 'kept'
}

export type StructSchema = { readonly name: string; readonly fields: ReadonlyMap<string, Field> }

const TABLE: { readonly [struct: string]: { readonly [field: string]: string } } = fieldTable

const parseType = (text: string): FieldType => {
  if (text.startsWith('[]')) return { is: 'list', of: parseType(text.slice(2)) }
  if (text.startsWith('{}')) return { is: 'map', of: parseType(text.slice(2)) }
  if (text === 'any') return { is: 'any' }
  return text.includes('.') ? { is: 'struct', name: text } : { is: 'scalar', name: text }
}

const parseField = (notation: string): Field => {
  const [type = '', ...marks] = notation.split(' ')
  const key = marks[marks.indexOf('by') + 1]
  return {
    type: parseType(type.replace(/!$/, '')),
    required: type.endsWith('!'),
    ...(marks.includes('by') && key ? { mergeKey: key } : {}),
    mergesValues: marks.includes('merge'),
    retainKeys: marks.includes('retainKeys'),
    zero: marks.includes('zero') ? 'left-out' : marks.includes('always') ? 'shown' : 'kept',
  }
}

const parsed = new Map<string, StructSchema>()

/** The schema of a struct by its short name, e.g. `core.v1.Container`. */
export const structSchema = (name: string): StructSchema | undefined => {
  const known = parsed.get(name)
  const table = Object.hasOwn(TABLE, name) ? TABLE[name] : undefined
  if (known || !table) return known
  const schema = { name, fields: new Map(Object.entries(table).map(([field, notation]) => [field, parseField(notation)])) }
  parsed.set(name, schema)
  return schema
}

/** Every struct that the table knows. */
export const structNames = (): readonly string[] => Object.keys(TABLE)

/** `apps.v1.Deployment`: how the table names a kind. */
export const structNameOf = ({ group, version, kind }: Pick<Resource, 'group' | 'version' | 'kind'>): string =>
  `${group.split('.')[0] || 'core'}.${version}.${kind}`

/** The schema of a built-in kind; undefined for custom resources. */
export const schemaOfKind = (kind: Pick<Resource, 'group' | 'version' | 'kind'>): StructSchema | undefined =>
  structSchema(structNameOf(kind))

/** Looks a struct type up; undefined for every other type. */
export const structOf = (type: FieldType): StructSchema | undefined =>
  type.is === 'struct' ? structSchema(type.name) : undefined
