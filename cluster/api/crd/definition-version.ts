/** Is one version of a CustomResourceDefinition one that can be served? */
import { celProblem } from '../cel.ts'
import { type FieldError, forbiddenField, invalid, required } from '../field-error.ts'
import { at, isObject, type JsonObject, objectOf, objectsOf, textOf } from '../json.ts'
import { isIntOrString, itemSchemaOf, preservesUnknown, propertiesOf, type Schema, valueSchemaOf } from './schema.ts'
import { validateValue } from './validate.ts'
import { patternOf } from './validate-scalar.ts'

const LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const LABEL_RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"

/** A name that stands in paths of the API. */
export const labelNames = (field: string, name: string): readonly FieldError[] =>
  LABEL.test(name) ? [] : [invalid(field, name, LABEL_RULE)]

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

const validateParts = (schema: Schema, path: string): readonly FieldError[] => {
  const pattern = textOf(schema['pattern'])
  const misfits = schema['default'] === undefined ? [] : validateValue(schema['default'], schema, '')
  return [
    ...(pattern && !patternOf(pattern) ? [invalid(`${path}.pattern`, pattern, 'must be a valid regular expression')] : []),
    ...misfits.map(error => ({ ...error, field: [`${path}.default`, error.field].filter(Boolean).join('.') })),
    ...objectsOf(schema['x-kubernetes-validations']).flatMap((rule, index) => {
      const problem = celProblem(textOf(rule['rule']))
      return problem ? [invalid(`${path}.x-kubernetes-validations[${index}].rule`, rule, `compilation failed: ${problem}`)] : []
    }),
  ]
}

/** A structural schema says the type of every value, except where anything, or a number as well as a text, may stand. */
const validateStructure = (schema: Schema, path: string): readonly FieldError[] => {
  const typeless = !textOf(schema['type']) && !isIntOrString(schema) && !preservesUnknown(schema)
  const what = path.endsWith('.items') ? 'array items' : 'object fields'
  return [
    ...(typeless ? [required(`${path}.type`, `must not be empty for specified ${what}`)] : []),
    ...validateParts(schema, path),
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

/** Metadata is known; only its names may be narrowed. */
const validateRootProperty = (schema: Schema, path: string): readonly FieldError[] => {
  if (!path.endsWith('.properties[metadata]')) return validateStructure(schema, path)
  const narrowed = Object.keys(propertiesOf(schema)).every(name => ['name', 'generateName'].includes(name))
  return narrowed
    ? []
    : [forbiddenField(path, 'must not specify anything other than name and generateName, but metadata is implicitly specified')]
}

const validateScale = (scale: JsonObject, field: string): readonly FieldError[] =>
  ['specReplicasPath', 'statusReplicasPath', 'labelSelectorPath'].flatMap(name => {
    const path = textOf(scale[name])
    if (!path) return name === 'labelSelectorPath' ? [] : [required(`${field}.${name}`)]
    return path.startsWith('.') ? [] : [invalid(`${field}.${name}`, path, 'must be a simple json path starting with .')]
  })

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string']

const validateColumns = (version: JsonObject, field: string): readonly FieldError[] =>
  objectsOf(version['additionalPrinterColumns']).flatMap((column, index) => {
    const type = textOf(column['type'])
    if (!type) return [required(`${field}[${index}].type`)]
    return COLUMN_TYPES.includes(type)
      ? []
      : [invalid(`${field}[${index}].type`, type, `must be one of ${COLUMN_TYPES.join(',')}`)]
  })

/** What an only version says counts as said for all, and messages name it so. */
export const validateVersion = (version: JsonObject, path: string, isOnly: boolean): readonly FieldError[] => {
  const name = textOf(version['name'])
  const schema = at(version, 'schema', 'openAPIV3Schema')
  const shared = isOnly ? 'spec' : path
  if (!isObject(schema)) return [required(`${path}.schema.openAPIV3Schema`)]
  const root = isOnly ? 'spec.validation.openAPIV3Schema' : `${path}.schema.openAPIV3Schema`
  return [
    ...(name ? labelNames(`${path}.name`, name) : [required(`${path}.name`)]),
    ...(schema['type'] === 'object' ? [] : [invalid(`${root}.type`, schema['type'] ?? '', 'must be object at the root')]),
    ...validateParts(schema, root),
    ...childrenOf(schema, root).flatMap(child => validateRootProperty(child.schema, child.path)),
    ...(isObject(at(version, 'subresources', 'scale'))
      ? validateScale(objectOf(at(version, 'subresources', 'scale')), `${shared}.subresources.scale`)
      : []),
    ...validateColumns(version, `${shared}.additionalPrinterColumns`),
  ]
}
