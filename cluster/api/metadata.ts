/** The rules of metadata that hold for every kind. */
import { type FieldError, forbiddenField, invalid, required, tooLong } from './field-error.ts'
import { arrayOf, at, isObject, type JsonObject, objectsOf, textOf } from './json.ts'

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/

const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const QUALIFIED_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

const ANNOTATIONS_LIMIT = 256 * 1024

export const labelName = (field: string, name: string): readonly FieldError[] => [
  ...(LABEL.test(name) ? [] : [invalid(field, name, LABEL_RULE)]),
  ...(name.length > 63 ? [invalid(field, name, 'must be no more than 63 bytes')] : []),
]

export const subdomainName = (field: string, name: string): readonly FieldError[] => [
  ...(SUBDOMAIN.test(name) ? [] : [invalid(field, name, SUBDOMAIN_RULE)]),
  ...(name.length > 253 ? [invalid(field, name, 'must be no more than 253 bytes')] : []),
]

/** A name that only has to fit into a path, as those of RBAC kinds. */
export const pathName = (field: string, name: string): readonly FieldError[] =>
  name === '.' || name === '..' || /[/%]/.test(name)
    ? [invalid(field, name, `may not be '.' or '..' nor contain '/' or '%'`)]
    : []

const qualifiedName = (field: string, key: string): readonly FieldError[] => {
  const [first = '', second, ...more] = key.split('/')
  if (more.length > 0)
    return [
      invalid(
        field,
        key,
        "a qualified name must consist of a name, optionally after a DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
      ),
    ]
  const name = second ?? first
  return [
    ...(second !== undefined && !SUBDOMAIN.test(first) ? [invalid(field, key, `prefix part ${SUBDOMAIN_RULE}`)] : []),
    ...(QUALIFIED.test(name) ? [] : [invalid(field, key, QUALIFIED_RULE)]),
    ...(name.length > 63 ? [invalid(field, key, 'name part must be no more than 63 bytes')] : []),
  ]
}

const stringMap = (value: unknown, field: string): readonly FieldError[] =>
  value === undefined || isObject(value) ? [] : [invalid(field, value, 'must be an object of strings')]

/** Labels of any object (also of a pod template). */
export const validateLabels = (labels: unknown, field: string): readonly FieldError[] => [
  ...stringMap(labels, field),
  ...Object.entries(isObject(labels) ? labels : {}).flatMap(([key, value]) => [
    ...qualifiedName(field, key),
    ...(typeof value !== 'string' ? [invalid(field, value, `the value of ${JSON.stringify(key)} must be a string`)] : []),
    ...(typeof value === 'string' && !LABEL_VALUE.test(value) ? [invalid(field, value, VALUE_RULE)] : []),
    ...(typeof value === 'string' && value.length > 63 ? [invalid(field, value, 'must be no more than 63 bytes')] : []),
  ]),
]

const validateAnnotations = (annotations: unknown, field: string): readonly FieldError[] => {
  const entries = Object.entries(isObject(annotations) ? annotations : {})
  const size = entries.reduce((sum, [key, value]) => sum + key.length + Buffer.byteLength(textOf(value)), 0)
  return [
    ...stringMap(annotations, field),
    ...entries.flatMap(([key, value]) => [
      ...qualifiedName(field, key.toLowerCase()),
      ...(typeof value !== 'string' ? [invalid(field, value, `the value of ${JSON.stringify(key)} must be a string`)] : []),
    ]),
    ...(size > ANNOTATIONS_LIMIT ? [tooLong(field, ANNOTATIONS_LIMIT)] : []),
  ]
}

const validateOwners = (owners: unknown): readonly FieldError[] => {
  const controllers = objectsOf(owners).filter(owner => owner['controller'] === true)
  return [
    ...objectsOf(owners).flatMap((owner, index) =>
      ['apiVersion', 'kind', 'name', 'uid']
        .filter(part => !textOf(owner[part]))
        .map(part => required(`metadata.ownerReferences[${index}].${part}`, 'must not be empty')),
    ),
    ...(controllers.length > 1
      ? [
          invalid(
            'metadata.ownerReferences',
            controllers,
            `Only one reference can have Controller set to true. Found "true" in references for ${textOf(controllers[0]?.['kind'])}/${textOf(controllers[0]?.['name'])} and ${textOf(controllers[1]?.['kind'])}/${textOf(controllers[1]?.['name'])}`,
          ),
        ]
      : []),
  ]
}

const STANDARD_FINALIZERS = ['orphan', 'foregroundDeletion', 'kubernetes']

const finalizerName = (field: string, name: string): readonly FieldError[] => {
  const errors = qualifiedName(field, name)
  if (errors.length > 0 || name.includes('/') || STANDARD_FINALIZERS.includes(name)) return errors
  // Kubernetes' own finalizers of definitions are dotted names without a prefix.
  return name.includes('.') ? [] : [invalid(field, name, 'name is neither a standard finalizer name nor is it fully qualified')]
}

/** Errors of an object's metadata; `validName` is the kind's rule for names. */
export const validateMetadata = (
  object: JsonObject,
  validName: (field: string, name: string) => readonly FieldError[],
): readonly FieldError[] => {
  const name = textOf(at(object, 'metadata', 'name'))
  return [
    ...(name ? validName('metadata.name', name) : [required('metadata.name', 'name or generateName is required')]),
    ...validateLabels(at(object, 'metadata', 'labels'), 'metadata.labels'),
    ...validateAnnotations(at(object, 'metadata', 'annotations'), 'metadata.annotations'),
    ...arrayOf(at(object, 'metadata', 'finalizers')).flatMap((finalizer, index) =>
      finalizerName(`metadata.finalizers[${index}]`, textOf(finalizer)),
    ),
    ...validateOwners(at(object, 'metadata', 'ownerReferences')),
  ]
}

/** What an update may not do to metadata. */
export const validateMetadataUpdate = (object: JsonObject, old: JsonObject): readonly FieldError[] => {
  if (!at(old, 'metadata', 'deletionTimestamp')) return []
  const before = arrayOf(at(old, 'metadata', 'finalizers'))
  const added = arrayOf(at(object, 'metadata', 'finalizers')).filter(finalizer => !before.includes(finalizer))
  const shown = added.map(finalizer => JSON.stringify(finalizer)).join(', ')
  return added.length === 0
    ? []
    : [
        forbiddenField(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${shown}}`,
        ),
      ]
}
