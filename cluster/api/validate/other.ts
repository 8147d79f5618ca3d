/** Rules of the smaller kinds. */
import { celProblem } from '../cel.ts'
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required, tooLong } from '../field-error.ts'
import { arrayOf, at, isObject, type JsonObject, numberOf, objectOf, objectsOf, sameJson, sameMeaning, textOf } from '../json.ts'
import { countOrPercent, positive } from './numbers.ts'
import { validateSelector } from './selector.ts'

const KEY = /^[-._a-zA-Z0-9]+$/
const DATA_LIMIT = 1024 * 1024

const validateKeys = (data: unknown, field: string): readonly FieldError[] =>
  Object.keys(objectOf(data)).flatMap(key =>
    KEY.test(key) && key.length <= 253
      ? []
      : [
          invalid(
            `${field}[${key}]`,
            key,
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
          ),
        ],
  )

const sizeOf = (data: unknown) =>
  Object.entries(objectOf(data)).reduce((sum, [key, value]) => sum + key.length + textOf(value).length, 0)

export const validateConfigMap = (map: JsonObject): readonly FieldError[] => [
  ...validateKeys(map['data'], 'data'),
  ...validateKeys(map['binaryData'], 'binaryData'),
  ...(sizeOf(map['data']) + sizeOf(map['binaryData']) > DATA_LIMIT ? [tooLong('', DATA_LIMIT)] : []),
]

export const validateSecret = (secret: JsonObject): readonly FieldError[] => [
  ...validateKeys(secret['data'], 'data'),
  ...(sizeOf(secret['data']) > DATA_LIMIT * 1.4 ? [tooLong('data', DATA_LIMIT)] : []),
  ...(secret['type'] === 'kubernetes.io/tls'
    ? ['tls.crt', 'tls.key'].filter(key => at(secret, 'data', key) === undefined).map(key => required(`data[${key}]`))
    : []),
]

/** What says of itself that it does not change. */
const keepsImmutable =
  (fields: readonly string[]) =>
  (object: JsonObject, old: JsonObject): readonly FieldError[] => {
    if (old['immutable'] !== true) return []
    return [
      ...(object['immutable'] === true ? [] : [forbiddenField('immutable', 'field is immutable when `immutable` is set')]),
      ...fields.flatMap(field =>
        sameMeaning(object[field], old[field]) ? [] : [forbiddenField(field, 'field is immutable when `immutable` is set')],
      ),
    ]
  }

export const validateConfigMapUpdate = keepsImmutable(['data', 'binaryData'])

export const validateSecretUpdate = (secret: JsonObject, old: JsonObject): readonly FieldError[] => [
  ...(secret['type'] === old['type'] ? [] : [invalid('type', secret['type'], 'field is immutable')]),
  ...keepsImmutable(['data'])(secret, old),
]

const validateClient = (config: JsonObject, field: string): readonly FieldError[] => {
  const [url, service] = [textOf(config['url']), config['service']]
  const wellFormed = url === '' || /^https:\/\/[^/?#@]+[^?#]*$/.test(url)
  return [
    ...((url !== '') === isObject(service) ? [required(field, 'exactly one of url or service is required')] : []),
    ...(wellFormed
      ? []
      : [
          invalid(
            `${field}.url`,
            url.split(':')[0],
            "'https' is the only allowed URL scheme; desired format: https://host[/path]",
          ),
        ]),
    ...(isObject(service)
      ? ['name', 'namespace'].filter(name => !textOf(service[name])).map(name => required(`${field}.service.${name}`))
      : []),
  ]
}

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']

const validateRule = (rule: JsonObject, field: string): readonly FieldError[] => [
  ...['operations', 'apiGroups', 'apiVersions', 'resources']
    .filter(list => arrayOf(rule[list]).length === 0)
    .map(list => required(`${field}.${list}`)),
  ...arrayOf(rule['operations']).flatMap((operation, index) =>
    OPERATIONS.includes(String(operation)) ? [] : [notSupported(`${field}.operations[${index}]`, operation, OPERATIONS)],
  ),
]

const validateExpression = (expression: unknown, field: string): readonly FieldError[] => {
  if (!textOf(expression).trim()) return [required(field)]
  const problem = celProblem(textOf(expression))
  return problem ? [invalid(field, expression, `compilation failed: ${problem}`)] : []
}

const validateConditions = (conditions: unknown, field: string): readonly FieldError[] =>
  objectsOf(conditions).flatMap((condition, index) => [
    ...(textOf(condition['name']) ? [] : [required(`${field}[${index}].name`)]),
    ...validateExpression(condition['expression'], `${field}[${index}].expression`),
  ])

const SIDE_EFFECTS = ['None', 'NoneOnDryRun']

const validateSideEffects = (value: unknown, field: string): readonly FieldError[] => {
  if (!textOf(value)) return [required(field, `must specify one of ${SIDE_EFFECTS.join(', ')}`)]
  return SIDE_EFFECTS.includes(textOf(value)) ? [] : [notSupported(field, value, SIDE_EFFECTS)]
}

const validateReviewVersions = (versions: unknown, field: string): readonly FieldError[] => {
  if (arrayOf(versions).length === 0) return [required(field, 'must specify one of v1, v1beta1')]
  return arrayOf(versions).includes('v1') ? [] : [invalid(field, versions, 'must include at least one of v1, v1beta1')]
}

const validateWebhook = (webhook: JsonObject, field: string): readonly FieldError[] => {
  const seconds = numberOf(webhook['timeoutSeconds']) ?? 10
  const name = textOf(webhook['name'])
  return [
    ...(name.split('.').length >= 3
      ? []
      : [invalid(`${field}.name`, name, 'should be a domain with at least three segments separated by dots')]),
    ...validateClient(objectOf(webhook['clientConfig']), `${field}.clientConfig`),
    ...objectsOf(webhook['rules']).flatMap((rule, index) => validateRule(rule, `${field}.rules[${index}]`)),
    ...validateSideEffects(webhook['sideEffects'], `${field}.sideEffects`),
    ...validateReviewVersions(webhook['admissionReviewVersions'], `${field}.admissionReviewVersions`),
    ...(seconds < 1 || seconds > 30
      ? [invalid(`${field}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...(['Fail', 'Ignore'].includes(textOf(webhook['failurePolicy']))
      ? []
      : [notSupported(`${field}.failurePolicy`, webhook['failurePolicy'], ['Fail', 'Ignore'])]),
    ...validateConditions(webhook['matchConditions'], `${field}.matchConditions`),
    ...validateSelector(webhook['namespaceSelector'], `${field}.namespaceSelector`),
    ...validateSelector(webhook['objectSelector'], `${field}.objectSelector`),
  ]
}

export const validateWebhooks = (configuration: JsonObject): readonly FieldError[] => {
  const webhooks = objectsOf(configuration['webhooks'])
  const names = webhooks.map(webhook => webhook['name'])
  return webhooks.flatMap((webhook, index) => [
    ...validateWebhook(webhook, `webhooks[${index}]`),
    ...(names.indexOf(names[index]) === index ? [] : [duplicate(`webhooks[${index}].name`, names[index])]),
  ])
}

export const validatePolicy = (policy: JsonObject): readonly FieldError[] => {
  const spec = objectOf(policy['spec'])
  const rules = arrayOf(at(spec, 'matchConstraints', 'resourceRules'))
  return [
    ...(isObject(spec['matchConstraints'])
      ? rules.length === 0
        ? [required('spec.matchConstraints.resourceRules')]
        : []
      : [required('spec.matchConstraints')]),
    ...(arrayOf(spec['validations']).length + arrayOf(spec['auditAnnotations']).length === 0
      ? [required('spec.validations', 'validations or auditAnnotations must be specified')]
      : []),
    ...objectsOf(spec['validations']).flatMap((validation, index) =>
      validateExpression(validation['expression'], `spec.validations[${index}].expression`),
    ),
    ...objectsOf(spec['variables']).flatMap((variable, index) =>
      validateExpression(variable['expression'], `spec.variables[${index}].expression`),
    ),
    ...validateConditions(spec['matchConditions'], 'spec.matchConditions'),
    ...(isObject(spec['paramKind']) ? [forbiddenField('spec.paramKind', 'parameters are not supported by this server')] : []),
  ]
}

const ACTIONS = ['Audit', 'Deny', 'Warn']

export const validatePolicyBinding = (binding: JsonObject): readonly FieldError[] => {
  const actions = arrayOf(at(binding, 'spec', 'validationActions'))
  return [
    ...(textOf(at(binding, 'spec', 'policyName')) ? [] : [required('spec.policyName')]),
    ...(actions.length === 0 ? [required('spec.validationActions', 'at least one validation action is required')] : []),
    ...actions.flatMap((action, index) =>
      ACTIONS.includes(String(action)) ? [] : [notSupported(`spec.validationActions[${index}]`, action, ACTIONS)],
    ),
  ]
}

export const validateBudget = (budget: JsonObject): readonly FieldError[] => {
  const { minAvailable, maxUnavailable, selector } = objectOf(budget['spec'])
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [invalid('spec', budget['spec'], 'minAvailable and maxUnavailable cannot be both set')]
      : []),
    ...countOrPercent('spec.minAvailable', minAvailable),
    ...countOrPercent('spec.maxUnavailable', maxUnavailable),
    ...validateSelector(selector, 'spec.selector'),
  ]
}

export const validateAutoscaler = (autoscaler: JsonObject): readonly FieldError[] => {
  const { minReplicas, maxReplicas, scaleTargetRef } = objectOf(autoscaler['spec'])
  const [min, max] = [numberOf(minReplicas) ?? 1, numberOf(maxReplicas) ?? 0]
  return [
    ...(min < 1 ? [invalid('spec.minReplicas', min, 'must be greater than or equal to 1')] : []),
    ...positive('spec.maxReplicas', max),
    ...(max < min ? [invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`')] : []),
    ...['kind', 'name']
      .filter(field => !textOf(at(scaleTargetRef, field)))
      .map(field => required(`spec.scaleTargetRef.${field}`)),
  ]
}

export const validateLease = (lease: JsonObject): readonly FieldError[] => {
  const { leaseDurationSeconds, leaseTransitions } = objectOf(lease['spec'])
  return [
    ...positive('spec.leaseDurationSeconds', leaseDurationSeconds),
    ...((numberOf(leaseTransitions) ?? 0) < 0
      ? [invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0')]
      : []),
  ]
}

export const validateRoleBinding = (binding: JsonObject): readonly FieldError[] => {
  const name = textOf(at(binding, 'roleRef', 'name'))
  return name ? [] : [required('roleRef.name')]
}

export const validateRoleBindingUpdate = (binding: JsonObject, old: JsonObject): readonly FieldError[] =>
  sameJson(binding['roleRef'], old['roleRef']) ? [] : [invalid('roleRef', binding['roleRef'], 'cannot change roleRef')]

export const validateRevisionUpdate = (revision: JsonObject, old: JsonObject): readonly FieldError[] =>
  sameJson(revision['data'], old['data']) ? [] : [invalid('data', revision['data'], 'field is immutable')]

/** An event tells of an object in its own namespace; those of cluster-wide objects are in `default` or kube-system. */
export const validateEvent = (event: JsonObject): readonly FieldError[] => {
  const [namespace, about] = [textOf(at(event, 'metadata', 'namespace')), textOf(at(event, 'involvedObject', 'namespace'))]
  if (about === namespace || (about === '' && ['default', 'kube-system'].includes(namespace))) return []
  return [invalid('involvedObject.namespace', about, 'does not match event.namespace')]
}
