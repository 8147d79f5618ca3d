/** Is a CustomResourceDefinition one that can be served? */
import { type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { arrayOf, at, type JsonObject, objectsOf, textOf } from '../json.ts'
import { labelNames, validateVersion } from './definition-version.ts'

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
    ...(name === `${plural}.${group}` ? [] : [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]),
    ...(group ? [] : [required('spec.group')]),
    ...(group && !group.includes('.') ? [invalid('spec.group', group, 'should be a domain with at least one dot')] : []),
    ...(plural ? labelNames('spec.names.plural', plural) : [required('spec.names.plural')]),
    ...(kind ? [] : [required('spec.names.kind')]),
    ...(SCOPES.includes(String(scope)) ? [] : scope ? [notSupported('spec.scope', scope, SCOPES)] : [required('spec.scope')]),
  ]
}

export const validateDefinition = (definition: JsonObject): readonly FieldError[] => {
  const versions = objectsOf(at(definition, 'spec', 'versions'))
  const stored = versions.filter(version => version['storage'] === true)
  const names = versions.map(version => textOf(version['name']))
  const repeated = names.filter((name, index) => names.indexOf(name) !== index)
  const kept = at(definition, 'spec', 'preserveUnknownFields') === true
  return [
    ...validateNames(definition),
    ...(kept
      ? [
          invalid(
            'spec.preserveUnknownFields',
            true,
            'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
          ),
        ]
      : []),
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
