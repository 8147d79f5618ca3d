import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeReview } from './decode-review.ts'
import { review } from './review.ts'
import { aDeployment, aRequest, aService, NOTHING, WEB } from './testing/objects.ts'

const body = (request: object) => ({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request })
const GOOD = {
  uid: 'u',
  operation: 'CREATE',
  kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
  userInfo: { username: 'jane' },
}

const undecodable: readonly (readonly [string, unknown, string, string])[] = [
  ['a body that is no object', [1], '', 'body: [1] is not an AdmissionReview object'],
  ['a body of nothing', undefined, '', 'body: nothing is not an AdmissionReview object'],
  [
    'another version',
    { ...body(GOOD), apiVersion: 'admission.k8s.io/v1beta1' },
    'u',
    'apiVersion: "admission.k8s.io/v1beta1" is not supported, must be "admission.k8s.io/v1"',
  ],
  [
    'another kind of review',
    { ...body(GOOD), kind: 'TokenReview' },
    'u',
    'kind: "TokenReview" is not supported, must be "AdmissionReview"',
  ],
  [
    'no request',
    { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' },
    '',
    'request: nothing is not an object, must be an AdmissionRequest',
  ],
  ['no uid', body({ ...GOOD, uid: undefined }), '', 'request.uid: nothing is not a name, must be the uid to answer with'],
  ['a uid that is a number', body({ ...GOOD, uid: 7 }), '', 'request.uid: 7 is not a name, must be the uid to answer with'],
  [
    'an unknown operation',
    body({ ...GOOD, operation: 'PATCH' }),
    'u',
    'request.operation: "PATCH" is unknown, must be one of CREATE, UPDATE, DELETE, CONNECT',
  ],
  [
    'no kind',
    body({ ...GOOD, kind: 'Deployment' }),
    'u',
    'request.kind: "Deployment" is not a kind, must be e.g. {"group":"apps","version":"v1","kind":"Deployment"}',
  ],
]

for (const [name, given, uid, problem] of undecodable)
  test(`a review with ${name} is answered with what is wrong`, () => {
    assert.deepEqual(decodeReview(given), { uid, problem })
  })

const refused: readonly (readonly [string, Parameters<typeof aRequest>[0], string])[] = [
  ['a missing object', { operation: 'CREATE' }, 'request.object: missing, must be the Deployment to review'],
  [
    'a missing old object',
    { operation: 'UPDATE', object: aDeployment() },
    'request.oldObject: missing, must be the Deployment before the update',
  ],
  ['an object that is text', { object: 'web' }, 'request.object: "web" is not supported, must be an object'],
  [
    'an object without metadata',
    { object: { spec: {} } },
    'request.object.metadata: nothing is not supported, must be an object',
  ],
  [
    'a spec that is a list',
    { object: { metadata: {}, spec: [] } },
    'request.object.spec: [] is not supported, must be an object',
  ],
  [
    'annotations that are numbers',
    { object: { metadata: { annotations: { a: 1 } }, spec: {} } },
    'request.object.metadata.annotations: {"a":1} is not supported, must be an object of strings',
  ],
  [
    'no template',
    { object: { metadata: {}, spec: {} } },
    'request.object.spec.template: nothing is not supported, must be an object',
  ],
  [
    'an old object without a template',
    { object: aDeployment(), oldObject: { metadata: {}, spec: {} } },
    'request.oldObject.spec.template: nothing is not supported, must be an object',
  ],
  [
    'a selector that is text',
    { kind: 'Service', object: { metadata: {}, spec: { selector: 'app=web' } } },
    'request.object.spec.selector: "app=web" is not supported, must be an object of strings',
  ],
]

for (const [name, wish, message] of refused)
  test(`a request with ${name} is refused with what is wrong`, () => {
    const { allowed, code, message: said } = review(aRequest(wish), NOTHING)
    assert.deepEqual({ allowed, code, said }, { allowed: false, code: 400, said: message })
  })

const passed: readonly (readonly [string, Parameters<typeof aRequest>[0]])[] = [
  ['a foreign kind', { kind: 'ConfigMap', object: { data: {} } }],
  ['a deletion', { operation: 'DELETE', oldObject: aDeployment() }],
  ['a connection', { operation: 'CONNECT', kind: 'Service', object: aService() }],
]

for (const [name, wish] of passed)
  test(`${name} is let through untouched`, () => {
    const answer = review(aRequest(wish), WEB)
    assert.deepEqual([answer.allowed, answer.patch, answer.warnings], [true, [], []])
  })

test('a subresource of a Deployment is let through untouched', () => {
  const answer = review({ ...aRequest({ object: { spec: { replicas: 3 } } }), subResource: 'scale' }, NOTHING)
  assert.deepEqual([answer.allowed, answer.patch], [true, []])
})

test('whatever JSON is sent as the object, the answer is a decision', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), fc.constantFrom('Deployment', 'Service', 'Pod'), (object, oldObject, kind) => {
      const answer = review({ ...aRequest({ kind, operation: 'UPDATE' }), object, oldObject }, WEB)
      assert.equal(typeof answer.allowed, 'boolean')
      assert.equal(answer.allowed || answer.message !== undefined, true)
    }),
  )
})

test('whatever JSON is sent as the body, it is decoded or answered with a problem', () => {
  fc.assert(
    fc.property(fc.jsonValue(), json => {
      const decoded = decodeReview(json)
      assert.equal(decoded.request === undefined, typeof decoded.problem === 'string')
    }),
  )
})
