/** The kinds that a CustomResourceDefinition makes the server serve, one for each served version. */
import { arrayOf, at, type Draft, isObject, type JsonObject, objectOf, objectsOf, sameJson, textOf } from '../json.ts'
import type { Behaviour, Kind, PrinterColumn, ScalePaths } from '../kind.ts'
import { structSchema } from '../schema/kubernetes.ts'
import { roundTrip } from '../schema/typed.ts'
import { checkCreate, checkUpdate } from './check.ts'
import { applyDefaults } from './defaults.ts'
import { pruneCustom, unknownInCustom } from './prune.ts'
import type { Schema } from './schema.ts'

const steps = (path: unknown): readonly string[] => textOf(path).split('.').filter(Boolean)

const scaleOf = (version: JsonObject): ScalePaths | undefined => {
  const scale = at(version, 'subresources', 'scale')
  if (!isObject(scale)) return undefined
  const selector = steps(scale['labelSelectorPath'])
  return {
    specReplicas: steps(scale['specReplicasPath']),
    statusReplicas: steps(scale['statusReplicasPath']),
    ...(selector.length > 0 ? { selector } : {}),
  }
}

const columnsOf = (version: JsonObject): readonly PrinterColumn[] =>
  objectsOf(version['additionalPrinterColumns']).map(one => ({
    name: textOf(one['name']),
    type: textOf(one['type']),
    jsonPath: textOf(one['jsonPath']),
    ...(textOf(one['format']) ? { format: textOf(one['format']) } : {}),
    ...(textOf(one['description']) ? { description: textOf(one['description']) } : {}),
    ...(typeof one['priority'] === 'number' ? { priority: one['priority'] } : {}),
  }))

const bodyOf = ({ metadata: _metadata, apiVersion: _apiVersion, kind: _kind, ...body }: JsonObject): JsonObject => body

const withoutStatus = ({ status: _status, ...body }: JsonObject): JsonObject => body

/** Everything but metadata, and but status where that is a resource of its own, makes a new generation. */
const generationRule = (hasStatus: boolean) => (object: JsonObject, old: JsonObject) => {
  const counted = hasStatus ? (one: JsonObject) => withoutStatus(bodyOf(one)) : bodyOf
  return !sameJson(counted(object), counted(old))
}

/** The schema without what only the server's own rules check at the root. */
const withoutRoot = (schema: Schema): Schema => {
  const { metadata: _metadata, apiVersion: _apiVersion, kind: _kind, ...properties } = objectOf(schema['properties'])
  return { ...schema, properties }
}

const customBehaviour = (schema: Schema, hasStatus: boolean): Behaviour => {
  const body = withoutRoot(schema)
  const checked = withoutRequiredRoot(body)
  const metadata = structSchema('meta.v1.ObjectMeta')
  return {
    prune: draft => pruneCustom(draft, body),
    setDefaults: draft => {
      if (metadata && isObject(draft['metadata'])) roundTrip(draft['metadata'] as Draft, metadata, false)
      applyDefaults(draft, body)
    },
    unknownFields: object => unknownInCustom(object, body),
    validateCreate: object => checkCreate(bodyOf(object), checked),
    validateUpdate: (object, old) => checkUpdate(bodyOf(object), bodyOf(old), checked),
    changesGeneration: generationRule(hasStatus),
  }
}

/** `required: [metadata]` and the like hold by themselves. */
const withoutRequiredRoot = (schema: Schema): Schema => ({
  ...schema,
  required: arrayOf(schema['required']).filter(field => !['metadata', 'apiVersion', 'kind'].includes(String(field))),
})

const kindOfVersion = (definition: JsonObject, version: JsonObject): Kind => {
  const spec = objectOf(definition['spec'])
  const names = objectOf(spec['names'])
  const [group, plural] = [textOf(spec['group']), textOf(names['plural'])]
  const schema = objectOf(at(version, 'schema', 'openAPIV3Schema'))
  const scale = scaleOf(version)
  const hasStatus = isObject(at(version, 'subresources', 'status'))
  return {
    group,
    version: textOf(version['name']),
    plural,
    kind: textOf(names['kind']),
    namespaced: spec['scope'] === 'Namespaced',
    singular: textOf(names['singular']),
    listKind: textOf(names['listKind']),
    shortNames: arrayOf(names['shortNames']).map(String),
    categories: arrayOf(names['categories']).map(String),
    hasStatus,
    ...(scale ? { scale } : {}),
    subresources: [],
    storage: `${group}/${plural}`,
    behaviour: customBehaviour(schema, hasStatus),
    custom: { printerColumns: columnsOf(version), openApi: schema },
  }
}

/** The kinds of a definition; none while it is not valid. */
export const kindsOfDefinition = (definition: JsonObject): readonly Kind[] =>
  objectsOf(at(definition, 'spec', 'versions'))
    .filter(version => version['served'] === true)
    .map(version => kindOfVersion(definition, version))
