/**
 * OpenAPI v3: an index, and one document for each group and version. They say what kubectl needs: the schemas of the kinds, which of
 * their lists merge by which key, and that PATCH takes `fieldValidation` (which is how kubectl knows that the server validates).
 */
import { createHash } from 'node:crypto'
import { DESCRIPTIONS } from './descriptions.ts'
import type { JsonObject } from './json.ts'
import type { Kind } from './kind.ts'
import type { Registry } from './registry.ts'
import { type Field, type FieldType, structNameOf, structSchema } from './schema/kubernetes.ts'

type Document = JsonObject

/** Structs are published under the names of their Go packages, e.g. `io.k8s.api.apps.v1.Deployment`. */
const publicName = (struct: string): string => {
  const [group] = struct.split('.')
  if (group === 'meta') return `io.k8s.apimachinery.pkg.apis.${struct}`
  return group === 'apiextensions' ? `io.k8s.apiextensions-apiserver.pkg.apis.${struct}` : `io.k8s.api.${struct}`
}

const reference = (name: string) => ({ allOf: [{ $ref: `#/components/schemas/${name}` }] })

const SCALARS: { readonly [name: string]: JsonObject } = {
  string: { type: 'string' },
  bytes: { type: 'string', format: 'byte' },
  boolean: { type: 'boolean' },
  number: { type: 'number', format: 'double' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  intOrString: { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
  quantity: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  time: { type: 'string', format: 'date-time' },
  microTime: { type: 'string', format: 'date-time' },
}

const typeSchema = (type: FieldType, used: Set<string>): JsonObject => {
  switch (type.is) {
    case 'any':
      return { 'x-kubernetes-preserve-unknown-fields': true }
    case 'list':
      return { type: 'array', items: typeSchema(type.of, used) }
    case 'map':
      return { type: 'object', additionalProperties: typeSchema(type.of, used) }
    case 'struct':
      used.add(type.name)
      return reference(publicName(type.name))
    case 'scalar':
      return SCALARS[type.name] ?? {}
  }
}

const strategyOf = (field: Field): JsonObject => {
  const strategy = [...(field.retainKeys ? ['retainKeys'] : []), ...(field.mergeKey || field.mergesValues ? ['merge'] : [])].join(
    ',',
  )
  return {
    ...(strategy ? { 'x-kubernetes-patch-strategy': strategy } : {}),
    ...(field.mergeKey ? { 'x-kubernetes-patch-merge-key': field.mergeKey } : {}),
  }
}

const described = (key: string): JsonObject => (DESCRIPTIONS[key] ? { description: DESCRIPTIONS[key] } : {})

const structDocument = (struct: string, used: Set<string>): JsonObject => {
  const fields = [...(structSchema(struct)?.fields ?? [])]
  const required = fields.filter(([, field]) => field.required).map(([name]) => name)
  return {
    type: 'object',
    ...described(struct),
    properties: Object.fromEntries(
      fields.map(([name, field]) => [
        name,
        { ...described(`${struct}.${name}`), ...typeSchema(field.type, used), ...strategyOf(field) },
      ]),
    ),
    ...(required.length > 0 ? { required } : {}),
  }
}

const gvkOf = ({ group, version, kind }: Kind) => ({ group, version, kind })

/** `io.example.v1.Widget` for `widgets.example.io`, as the API server names custom kinds. */
const customName = (kind: Kind): string => `${kind.group.split('.').reverse().join('.')}.${kind.version}.${kind.kind}`

const nameOf = (kind: Kind): string => (kind.custom ? customName(kind) : publicName(structNameOf(kind)))

const customDocument = (kind: Kind, used: Set<string>): JsonObject => {
  used.add('meta.v1.ObjectMeta')
  const schema = kind.custom?.openApi ?? {}
  const properties = (schema['properties'] ?? {}) as JsonObject
  return {
    ...schema,
    type: 'object',
    properties: {
      ...properties,
      apiVersion: { type: 'string', ...described('meta.v1.apiVersion') },
      kind: { type: 'string', ...described('meta.v1.kind') },
      metadata: reference(publicName('meta.v1.ObjectMeta')),
    },
  }
}

const schemasOf = (kinds: readonly Kind[]): JsonObject => {
  const schemas: { [name: string]: JsonObject } = {}
  const used = new Set<string>()
  for (const kind of kinds) {
    const own = kind.custom ? customDocument(kind, used) : structDocument(structNameOf(kind), used)
    schemas[nameOf(kind)] = { ...own, 'x-kubernetes-group-version-kind': [gvkOf(kind)] }
  }
  // A set takes new members while it is read: structs that structs use are reached, too.
  for (const struct of used) if (!schemas[publicName(struct)]) schemas[publicName(struct)] = structDocument(struct, used)
  return schemas
}

const parameter = (name: string, type = 'string') => ({ name, in: 'query', schema: { type, uniqueItems: true } })

const WRITE_PARAMETERS = [parameter('dryRun'), parameter('fieldManager'), parameter('fieldValidation')]

const operation = (kind: Kind, action: string, more: JsonObject = {}): JsonObject => ({
  tags: [kind.group ? `${kind.group}_${kind.version}` : `core_${kind.version}`],
  'x-kubernetes-action': action,
  'x-kubernetes-group-version-kind': gvkOf(kind),
  responses: {
    200: { description: 'OK', content: { 'application/json': { schema: { $ref: `#/components/schemas/${nameOf(kind)}` } } } },
  },
  ...more,
})

const body = (kind: Kind, types: readonly string[]) => ({
  requestBody: {
    content: Object.fromEntries(types.map(type => [type, { schema: { $ref: `#/components/schemas/${nameOf(kind)}` } }])),
  },
})

const pathsOf = (kind: Kind, prefix: string): JsonObject => {
  const list = `${prefix}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}`
  const patchTypes = [
    'application/json-patch+json',
    'application/merge-patch+json',
    ...(kind.custom ? [] : ['application/strategic-merge-patch+json']),
  ]
  return {
    [list]: {
      get: operation(kind, 'list'),
      post: operation(kind, 'post', { parameters: WRITE_PARAMETERS, ...body(kind, ['application/json', 'application/yaml']) }),
    },
    [`${list}/{name}`]: {
      get: operation(kind, 'get'),
      put: operation(kind, 'put', { parameters: WRITE_PARAMETERS, ...body(kind, ['application/json', 'application/yaml']) }),
      patch: operation(kind, 'patch', { parameters: WRITE_PARAMETERS, ...body(kind, patchTypes) }),
      delete: operation(kind, 'delete', { parameters: [parameter('dryRun'), parameter('gracePeriodSeconds', 'integer')] }),
    },
  }
}

const prefixOf = (group: string, version: string) => (group ? `apis/${group}/${version}` : `api/${version}`)

const groupVersionsOf = (registry: Registry) =>
  [{ group: '', versions: ['v1'] }, ...registry.groups()].flatMap(({ group, versions }) =>
    versions.map(version => ({ group, version })),
  )

const documentOf = (registry: Registry, group: string, version: string): Document => {
  const kinds = registry.all().filter(kind => kind.group === group && kind.version === version)
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.4' },
    paths: Object.assign({}, ...kinds.map(kind => pathsOf(kind, `/${prefixOf(group, version)}`))),
    components: { schemas: schemasOf(kinds) },
  }
}

/** The document at `/openapi/v3/PATH`, e.g. `apis/apps/v1`; undefined for a group or version that is not served. */
export const openApiDocument = (registry: Registry, path: string): JsonObject | undefined => {
  const found = groupVersionsOf(registry).find(({ group, version }) => prefixOf(group, version) === path)
  return found && documentOf(registry, found.group, found.version)
}

/** Changes with the kinds of the group, so that clients which cache by it read the document again. */
const digest = (registry: Registry, group: string, version: string): string =>
  createHash('sha256')
    .update(JSON.stringify(registry.all().filter(kind => kind.group === group && kind.version === version)))
    .digest('hex')
    .slice(0, 32)

export const openApiIndex = (registry: Registry): JsonObject => ({
  paths: Object.fromEntries(
    groupVersionsOf(registry).map(({ group, version }) => {
      const path = prefixOf(group, version)
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${digest(registry, group, version)}` }]
    }),
  ),
})
