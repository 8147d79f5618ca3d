import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BUILTIN_KINDS } from './builtin-kinds.ts'
import { eventFromStorage, eventToStorage } from './events.ts'
import { invalid, invalidObject, required } from './field-error.ts'
import { objectsOf, sameJson, sameMeaning } from './json.ts'
import { openApiDocument, openApiIndex } from './openapi.ts'
import { podGrace } from './pods.ts'
import { compareVersions, Registry } from './registry.ts'
import { parseObjectPath } from './request-path.ts'
import { schemaOfKind, structNames, structSchema } from './schema/kubernetes.ts'
import { roundTrip, unknownFieldsOf } from './schema/typed.ts'
import { makeServiceAddresses } from './service-addresses.ts'
import { warningHeader } from './warnings.ts'

test('paths of objects, lists and subresources', () => {
  assert.deepEqual(parseObjectPath('/api/v1/namespaces/a/pods/p/log'), {
    group: '',
    version: 'v1',
    plural: 'pods',
    namespace: 'a',
    name: 'p',
    subresource: 'log',
  })
  assert.deepEqual(parseObjectPath('/apis/apps/v1/deployments'), { group: 'apps', version: 'v1', plural: 'deployments' })
  assert.deepEqual(parseObjectPath('/api/v1/namespaces/a/status'), {
    group: '',
    version: 'v1',
    plural: 'namespaces',
    name: 'a',
    subresource: 'status',
  })
  assert.deepEqual(parseObjectPath('/api/v1/namespaces/a/pods'), { group: '', version: 'v1', plural: 'pods', namespace: 'a' })
  assert.deepEqual(parseObjectPath('/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aadmin'), {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    plural: 'clusterroles',
    name: 'system:admin',
  })
  assert.equal(parseObjectPath('/version'), undefined)
})

test('versions are preferred as Kubernetes prefers them', () => {
  assert.deepEqual(['v1alpha1', 'v1', 'other', 'v2beta1', 'v2', 'v1beta2', 'v1beta1'].sort(compareVersions), [
    'v2',
    'v1',
    'v2beta1',
    'v1beta2',
    'v1beta1',
    'v1alpha1',
    'other',
  ])
})

test('service addresses are free, in the range, and not used again at once', () => {
  const addresses = makeServiceAddresses('127.96.0.0/29')
  const taken = new Set<string>()
  for (let count = 0; count < 6; count += 1) taken.add(addresses.next(taken))
  assert.equal(taken.size, 6)
  for (const address of taken) assert.ok(addresses.contains(address), address)
  assert.throws(() => addresses.next(taken), /all addresses of 127\.96\.0\.0\/29 are taken/)
  assert.ok(!addresses.contains('127.96.0.8'))
  assert.throws(() => makeServiceAddresses('nonsense'), /serviceCidr: "nonsense" is not a usable IPv4 range/)
  const wide = makeServiceAddresses('127.96.0.0/16')
  assert.notEqual(wide.next(new Set()), wide.next(new Set()))
})

test('warnings are quoted, and shortened only when there are many', () => {
  assert.equal(warningHeader([]), '')
  assert.equal(warningHeader(['say "hi"\nagain']), '299 - "say \\"hi\\" again"')
  const long = 'x'.repeat(300)
  assert.equal(warningHeader([long]), `299 - "${long}"`)
  const many = warningHeader(Array.from({ length: 20 }, () => long))
  assert.equal(many.split(', ')[0], `299 - "${'x'.repeat(256)}"`)
})

test('a 422 lists every error once, with its cause', () => {
  const failure = invalidObject({ group: 'apps', kind: 'Deployment', name: 'web' }, [
    required('spec.a'),
    invalid('spec.b', -1, 'must be more'),
    required('spec.a'),
  ])
  assert.equal(
    failure.message,
    'Deployment.apps "web" is invalid: [spec.a: Required value, spec.b: Invalid value: -1: must be more]',
  )
  assert.deepEqual(failure.details?.causes?.map(({ reason, field }) => [reason, field])[1], ['FieldValueInvalid', 'spec.b'])
})

test('an event keeps everything on its way between its two groups', () => {
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'a' },
    involvedObject: { name: 'x' },
    message: 'm',
    count: 2,
    reportingComponent: 'c',
    reason: 'r',
  }
  assert.deepEqual(eventToStorage(eventFromStorage(event)), event)
  assert.equal(eventFromStorage(event)['note'], 'm')
})

test('two ways of saying nothing mean the same', () => {
  assert.ok(sameMeaning({ a: null, b: [], c: {} }, {}))
  assert.ok(!sameMeaning({ a: 0 }, {}))
  assert.ok(sameJson({ a: 1, b: undefined }, { a: 1 }))
  assert.ok(!sameJson({ a: [1, 2] }, { a: [2, 1] }))
})

test('the grace of a pod', () => {
  const pod = (status: object, spec: object = { nodeName: 'n' }) => ({ spec, status })
  assert.equal(podGrace(pod({ phase: 'Running' }), undefined), 30)
  assert.equal(podGrace(pod({ phase: 'Running' }, { nodeName: 'n', terminationGracePeriodSeconds: 5 }), undefined), 5)
  assert.equal(podGrace(pod({ phase: 'Running' }), 0), 0)
  assert.equal(podGrace(pod({ phase: 'Running' }), -1), 1)
  assert.equal(podGrace(pod({ phase: 'Pending' }, {}), undefined), 0)
  assert.equal(podGrace(pod({ phase: 'Succeeded' }), 60), 0)
})

test('every built-in kind has a schema, and every struct that a schema names exists', () => {
  for (const kind of BUILTIN_KINDS) assert.ok(schemaOfKind(kind), kind.kind)
  for (const name of structNames()) {
    for (const [field, { type }] of structSchema(name)?.fields ?? []) {
      const inner = type.is === 'list' || type.is === 'map' ? type.of : type
      if (inner.is === 'struct') assert.ok(structSchema(inner.name), `${name}.${field}: ${inner.name}`)
    }
  }
})

test('a typed round trip drops what says nothing and shows what is always shown', () => {
  const schema = structSchema('core.v1.Container')
  assert.ok(schema)
  const container = {
    name: 'a',
    args: [],
    env: [{ name: 'A', value: '' }],
    stdin: false,
    lifecycle: null,
    unknown: [],
    resources: { limits: { cpu: 1 } },
  }
  roundTrip(container, schema, true)
  assert.deepEqual(container, { name: 'a', env: [{ name: 'A' }], unknown: [], resources: { limits: { cpu: '1' } } })
  assert.deepEqual(unknownFieldsOf({ name: 'a', ports: [{ containerPort: 1, prt: 2 }], x: 1 }, schema), ['ports[0].prt', 'x'])
})

test('the OpenAPI index lists every group, and the documents say how lists merge', () => {
  const registry = new Registry(BUILTIN_KINDS)
  const index = openApiIndex(registry)['paths']
  assert.ok(index && typeof index === 'object' && 'apis/apps/v1' in index && 'api/v1' in index)
  const document = JSON.parse(JSON.stringify(openApiDocument(registry, 'apis/apps/v1')))
  const container = document.components.schemas['io.k8s.api.core.v1.Container']
  assert.equal(container.properties.env['x-kubernetes-patch-merge-key'], 'name')
  const patch = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch
  assert.ok(objectsOf(patch.parameters).some(({ name }) => name === 'fieldValidation'))
  assert.equal(openApiDocument(registry, 'apis/nothing/v1'), undefined)
})
