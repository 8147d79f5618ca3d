/** Is a CustomResourceDefinition one that can be served? */
import { type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { arrayOf, at, isObject, type JsonObject, objectsOf, textOf } from '../json.ts'
import { isIntOrString, itemSchemaOf, preservesUnknown, propertiesOf, type Schema, valueSchemaOf } from './schema.ts'
import { patternOf } from './validate-scalar.ts'

const SCOPES = ['Cluster', 'Namespaced']

const validateNames = (definition: JsonObject): readonly FieldError[] => {
  const [group, plural, kind] = [
    textOf(at(definition, 'spec', 'group')),
    textOf(at(definition, 'spec', 'names', 'plural')),
    textOf(at(definition, 'spec', 'names', 'kind')),
  ]
  const name = textOf(at(definition, 'metadata', 'name'))
  const scope = at(definition, 'spec', 'scope')
  return [
    ...(group ? [] : [required('spec.group')]),
    ...(group && !group.includes('.') ? [invalid('spec.group', group, 'should be a domain with at least one dot')] : []),
    ...(plural ? [] : [required('spec.names.plural')]),
    ...(kind ? [] : [required('spec.names.kind')]),
    ...(SCOPES.includes(String(scope)) ? [] : scope ? [notSupported('spec.scope', scope, SCOPES)] : [required('spec.scope')]),
    ...(name === `${plural}.${group}` ? [] : [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]),
  ]
}

const childrenOf = (schema: Schema, path: string): readonly { readonly schema: Schema; readonly path: string }[] => {
  const values = isObject(schema['additionalProperties']) ? valueSchemaOf(schema) : undefined
  const items = itemSchemaOf(schema)
  return [
    ...Object.entries(propertiesOf(schema)).map(([name, property]) => ({
      schema: property,
      path: `${path}.properties[${name}]`,
    })),
    ...(values ? [{ schema: values, path: `${path}.additionalProperties` }] : []),
    ...(items ? [{ schema: items, path: `${path}.items` }] : []),
  ]
}

/** A structural schema says the type of every value, except where anything, or a number as well as a text, may stand. */
const validateStructure = (schema: Schema, path: string): readonly FieldError[] => {
  const typeless = !textOf(schema['type']) && !isIntOrString(schema) && !preservesUnknown(schema)
  const what = path.endsWith('.items') ? 'array items' : 'object fields'
  const pattern = textOf(schema['pattern'])
  return [
    ...(typeless ? [required(`${path}.type`, `must not be empty for specified ${what}`)] : []),
    ...(pattern && !patternOf(pattern) ? [invalid(`${path}.pattern`, pattern, 'must be a valid regular expression')] : []),
    ...(schema['type'] === 'array' && !itemSchemaOf(schema) ? [required(`${path}.items`, 'must be specified')] : []),
    ...(isObject(schema['properties']) && isObject(schema['additionalProperties'])
      ? [
          {
            field: `${path}.additionalProperties`,
            reason: 'FieldValueForbidden',
            message: 'Forbidden: additionalProperties and properties are mutual exclusive',
          },
        ]
      : []),
    ...childrenOf(schema, path).flatMap(child => validateStructure(child.schema, child.path)),
  ]
}

/** The schema of an only version counts as that of all, and messages name it so. */
const validateVersion = (version: JsonObject, path: string, isOnly: boolean): readonly FieldError[] => {
  const schema = at(version, 'schema', 'openAPIV3Schema')
  if (!isObject(schema)) return [required(`${path}.schema.openAPIV3Schema`, 'schemas are required')]
  const root = isOnly ? 'spec.validation.openAPIV3Schema' : `${path}.schema.openAPIV3Schema`
  return [
    ...(textOf(version['name']) ? [] : [required(`${path}.name`)]),
    ...(schema['type'] === 'object' ? [] : [invalid(`${root}.type`, schema['type'] ?? '', 'must be object at the root')]),
    ...childrenOf(schema, root).flatMap(child =>
      child.path.endsWith('properties[metadata]') ? [] : validateStructure(child.schema, child.path),
    ),
  ]
}

export const validateDefinition = (definition: JsonObject): readonly FieldError[] => {
  const versions = objectsOf(at(definition, 'spec', 'versions'))
  const stored = versions.filter(version => version['storage'] === true)
  const names = versions.map(version => textOf(version['name']))
  const repeated = names.filter((name, index) => names.indexOf(name) !== index)
  return [
    ...validateNames(definition),
    ...(versions.length === 0 ? [required('spec.versions')] : []),
    ...(versions.length > 0 && stored.length !== 1
      ? [invalid('spec.versions', names, 'must have exactly one version marked as storage version')]
      : []),
    ...repeated.map(name => invalid('spec.versions', name, 'must contain unique version names')),
    ...versions.flatMap((version, index) => validateVersion(version, `spec.versions[${index}]`, versions.length === 1)),
    ...(at(definition, 'spec', 'conversion', 'strategy') === 'Webhook'
      ? [notSupported('spec.conversion.strategy', 'Webhook', ['None'])]
      : []),
  ]
}

/** The names that objects are stored under cannot change. */
export const validateDefinitionUpdate = (definition: JsonObject, old: JsonObject): readonly FieldError[] =>
  [
    ['spec', 'group'],
    ['spec', 'scope'],
    ['spec', 'names', 'plural'],
    ['spec', 'names', 'kind'],
  ].flatMap(path => {
    const [now, before] = [at(definition, ...path), at(old, ...path)]
    return now === before || arrayOf(at(old, 'status', 'conditions')).length === 0
      ? []
      : [invalid(path.join('.'), now, 'field is immutable')]
  })
