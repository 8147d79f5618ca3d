/** The columns of the remaining built-in kinds. */
import { arrayOf, at, isObject, type JsonObject, numberOf, objectsOf, textOf } from '../json.ts'
import { ageOf } from './age.ts'
import { type Column, column, wide } from './column.ts'
import { AGE, countOf, NAME } from './shared-columns.ts'

const keysOf = (value: unknown) => (isObject(value) ? Object.keys(value).length : 0)

const nodeStatus = (node: JsonObject): string => {
  const ready = objectsOf(at(node, 'status', 'conditions')).find(condition => condition['type'] === 'Ready')
  const state = ready ? (ready['status'] === 'True' ? 'Ready' : 'NotReady') : 'Unknown'
  return at(node, 'spec', 'unschedulable') === true ? `${state},SchedulingDisabled` : state
}

const nodeAddress = (type: string) => (node: JsonObject) =>
  textOf(objectsOf(at(node, 'status', 'addresses')).find(address => address['type'] === type)?.['address']) || '<none>'

const ROLE = 'node-role.kubernetes.io/'

const nodeRoles = (node: JsonObject): string => {
  const labels = at(node, 'metadata', 'labels')
  const roles = isObject(labels) ? Object.keys(labels).filter(key => key.startsWith(ROLE)) : []
  return roles.map(key => key.slice(ROLE.length)).join(',') || '<none>'
}

const eventSource = (event: JsonObject): string => {
  const component = textOf(at(event, 'source', 'component')) || textOf(event['reportingComponent'])
  const host = textOf(at(event, 'source', 'host'))
  return host ? `${component}, ${host}` : component
}

const eventTime = (event: JsonObject): unknown =>
  event['lastTimestamp'] ??
  at(event, 'series', 'lastObservedTime') ??
  event['eventTime'] ??
  event['firstTimestamp'] ??
  at(event, 'metadata', 'creationTimestamp')

const eventObject = (event: JsonObject): string =>
  `${textOf(at(event, 'involvedObject', 'kind')).toLowerCase()}/${textOf(at(event, 'involvedObject', 'name'))}`

const EVENT_COLUMNS: readonly Column[] = [
  column('Last Seen', (event, now) => ageOf(eventTime(event), now)),
  column('Type', event => textOf(event['type'])),
  column('Reason', event => textOf(event['reason'])),
  column('Object', eventObject),
  wide('Subobject', event => textOf(at(event, 'involvedObject', 'fieldPath'))),
  wide('Source', eventSource),
  column('Message', event => textOf(event['message']).trim()),
  wide('First Seen', (event, now) => ageOf(event['firstTimestamp'] ?? event['eventTime'], now)),
  wide('Count', event => String(numberOf(event['count']) ?? 1)),
  { ...NAME, priority: 1 },
]

const subjectNames = (kind: string) => (binding: JsonObject) =>
  objectsOf(binding['subjects'])
    .filter(subject => subject['kind'] === kind)
    .map(({ namespace, name }) => (kind === 'ServiceAccount' ? `${textOf(namespace)}/${textOf(name)}` : textOf(name)))
    .join(', ')

const ROLE_BINDING_COLUMNS: readonly Column[] = [
  NAME,
  column('Role', binding => `${textOf(at(binding, 'roleRef', 'kind'))}/${textOf(at(binding, 'roleRef', 'name'))}`),
  AGE,
  wide('Users', subjectNames('User')),
  wide('Groups', subjectNames('Group')),
  wide('ServiceAccounts', subjectNames('ServiceAccount')),
]

const CREATED_AT = column('Created At', object => at(object, 'metadata', 'creationTimestamp'))

const WEBHOOK_COLUMNS: readonly Column[] = [
  NAME,
  column('Webhooks', configuration => countOf(configuration['webhooks']), { type: 'integer' }),
  AGE,
]

export const OTHER_COLUMNS: { readonly [storage: string]: readonly Column[] } = {
  '/configmaps': [NAME, column('Data', map => keysOf(map['data']) + keysOf(map['binaryData'])), AGE],
  '/secrets': [NAME, column('Type', secret => textOf(secret['type'])), column('Data', secret => keysOf(secret['data'])), AGE],
  '/serviceaccounts': [NAME, column('Secrets', account => countOf(account['secrets']), { type: 'integer' }), AGE],
  '/namespaces': [NAME, column('Status', namespace => textOf(at(namespace, 'status', 'phase'))), AGE],
  '/nodes': [
    NAME,
    column('Status', nodeStatus),
    column('Roles', nodeRoles),
    AGE,
    column('Version', node => textOf(at(node, 'status', 'nodeInfo', 'kubeletVersion'))),
    wide('Internal-IP', nodeAddress('InternalIP')),
    wide('External-IP', nodeAddress('ExternalIP')),
    wide('OS-Image', node => textOf(at(node, 'status', 'nodeInfo', 'osImage')) || '<unknown>'),
    wide('Kernel-Version', node => textOf(at(node, 'status', 'nodeInfo', 'kernelVersion')) || '<unknown>'),
    wide('Container-Runtime', node => textOf(at(node, 'status', 'nodeInfo', 'containerRuntimeVersion')) || '<unknown>'),
  ],
  '/events': EVENT_COLUMNS,
  'apps/controllerrevisions': [
    NAME,
    column('Controller', revision => {
      const owner = objectsOf(at(revision, 'metadata', 'ownerReferences')).find(one => one['controller'] === true)
      return owner
        ? `${textOf(owner['kind']).toLowerCase()}.${textOf(owner['apiVersion']).split('/')[0]}/${textOf(owner['name'])}`
        : '<none>'
    }),
    column('Revision', revision => numberOf(revision['revision']), { type: 'integer' }),
    AGE,
  ],
  'coordination.k8s.io/leases': [NAME, column('Holder', lease => textOf(at(lease, 'spec', 'holderIdentity'))), AGE],
  'rbac.authorization.k8s.io/roles': [NAME, CREATED_AT],
  'rbac.authorization.k8s.io/clusterroles': [NAME, CREATED_AT],
  'rbac.authorization.k8s.io/rolebindings': ROLE_BINDING_COLUMNS,
  'rbac.authorization.k8s.io/clusterrolebindings': ROLE_BINDING_COLUMNS,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': WEBHOOK_COLUMNS,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': WEBHOOK_COLUMNS,
  'admissionregistration.k8s.io/validatingadmissionpolicies': [
    NAME,
    column('Validations', policy => countOf(at(policy, 'spec', 'validations')), { type: 'integer' }),
    column('ParamKind', policy => {
      const kind = at(policy, 'spec', 'paramKind')
      return isObject(kind) ? `${textOf(kind['apiVersion'])}/${textOf(kind['kind'])}` : '<unset>'
    }),
    AGE,
  ],
  'admissionregistration.k8s.io/validatingadmissionpolicybindings': [
    NAME,
    column('PolicyName', binding => textOf(at(binding, 'spec', 'policyName'))),
    column('ParamRef', binding => textOf(at(binding, 'spec', 'paramRef', 'name')) || '<unset>'),
    AGE,
  ],
  'apiextensions.k8s.io/customresourcedefinitions': [NAME, CREATED_AT],
  'scheduling.k8s.io/priorityclasses': [
    NAME,
    column('Value', priority => numberOf(priority['value']), { type: 'integer' }),
    column('Global-Default', priority => priority['globalDefault'] === true, { type: 'boolean' }),
    AGE,
    column('PreemptionPolicy', priority => textOf(priority['preemptionPolicy'])),
  ],
  '/persistentvolumeclaims': [
    NAME,
    column('Status', claim => textOf(at(claim, 'status', 'phase'))),
    column('Volume', claim => textOf(at(claim, 'spec', 'volumeName'))),
    column('Capacity', claim => textOf(at(claim, 'status', 'capacity', 'storage'))),
    column('Access Modes', claim => arrayOf(at(claim, 'status', 'accessModes')).join(',')),
    column('StorageClass', claim => textOf(at(claim, 'spec', 'storageClassName'))),
    column('VolumeAttributesClass', claim => textOf(at(claim, 'spec', 'volumeAttributesClassName')) || '<unset>'),
    AGE,
    wide('VolumeMode', claim => textOf(at(claim, 'spec', 'volumeMode')) || '<unset>'),
  ],
}
