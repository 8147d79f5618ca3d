import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { serviceAccountUser } from '../call.ts'
import { type ApiServer, createApiServer } from '../server.ts'
import { type Ask, askOver, type Reply } from '../testing/request.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const GROUP = '/apis/admissionregistration.k8s.io/v1'
const MERGE = { 'content-type': 'application/merge-patch+json' }

let server: ApiServer
let ask: Ask

beforeEach(() => {
  server = createApiServer()
  ask = askOver(server.transport())
})

afterEach(() => server.close())

const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }]

const policy = async (spec: object, binding: object = {}): Promise<Reply> => {
  const names = { metadata: { name: 'rule' } }
  const made = await ask('POST', `${GROUP}/validatingadmissionpolicies`, {
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      ...names,
      spec: { matchConstraints: { resourceRules }, ...spec },
    },
  })
  await ask('POST', `${GROUP}/validatingadmissionpolicybindings`, {
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      ...names,
      spec: { policyName: 'rule', validationActions: ['Deny'], ...binding },
    },
  })
  return made
}

const make = (name: string, data: object = {}, from: Ask = ask) =>
  from('POST', MAPS, { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data } })

describe('a policy', () => {
  test('tells its message, or the expression when it has none', async () => {
    await policy({
      validations: [{ expression: `'a' in object.data`, message: 'a is needed' }, { expression: `!('b' in object.data)` }],
    })
    const first = await make('one', { b: '1' })
    assert.deepEqual([first.status, first.body['reason']], [422, 'Invalid'])
    assert.equal(
      first.body['message'],
      `configmaps "one" is forbidden: ValidatingAdmissionPolicy 'rule' with binding 'rule' denied request: a is needed`,
    )
    assert.match(String((await make('one', { a: '1', b: '1' })).body['message']), /failed expression: !\('b' in object\.data\)$/)
    assert.equal((await make('one', { a: '1' })).status, 201)
  })

  test('may give another reason, and only warn', async () => {
    await policy({ validations: [{ expression: 'false', message: 'no', reason: 'Forbidden' }] }, { validationActions: ['Warn'] })
    const reply = await make('one')
    assert.equal(reply.status, 201)
    assert.match(reply.headers['warning'] ?? '', /Validation failed for ValidatingAdmissionPolicy 'rule' with binding 'rule': no/)
    await ask('PATCH', `${GROUP}/validatingadmissionpolicybindings/rule`, {
      body: { spec: { validationActions: ['Deny'] } },
      headers: MERGE,
    })
    assert.equal((await make('two')).status, 403)
  })

  test('compares with the object before, and knows the user', async () => {
    await policy({
      matchConditions: [{ name: 'not-robot', expression: `request.userInfo.username != 'system:serviceaccount:team:robot'` }],
      variables: [{ name: 'before', expression: `oldObject == null ? 'none' : oldObject.data.a` }],
      validations: [
        { expression: `variables.before in ['none', object.data.a]`, messageExpression: `'a was ' + variables.before` },
      ],
    })
    assert.equal((await make('one', { a: '1' })).status, 201)
    const changed = await ask('PATCH', `${MAPS}/one`, { body: { data: { a: '2' } }, headers: MERGE })
    assert.match(String(changed.body['message']), /denied request: a was 1$/)
    const robot = askOver(server.transport(serviceAccountUser('team', 'robot')))
    assert.equal((await robot('PATCH', `${MAPS}/one`, { body: { data: { a: '2' } }, headers: MERGE })).status, 200)
  })

  test('that cannot be evaluated denies, or is skipped when its failures are ignored', async () => {
    await policy({ validations: [{ expression: 'object.data.missing == "x"' }] })
    assert.match(String((await make('one')).body['message']), /resulted in error/)
    await ask('PATCH', `${GROUP}/validatingadmissionpolicies/rule`, {
      body: { spec: { failurePolicy: 'Ignore' } },
      headers: MERGE,
    })
    assert.equal((await make('one')).status, 201)
  })

  test('holds only where its binding and its constraints say', async () => {
    await policy(
      {
        validations: [{ expression: 'false' }],
        matchConstraints: { resourceRules, excludeResourceRules: [{ ...resourceRules[0], resourceNames: ['spared'] }] },
      },
      { matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } } },
    )
    assert.equal((await make('spared')).status, 201)
    assert.equal((await make('one')).status, 422)
    const elsewhere = await ask('POST', '/api/v1/namespaces/kube-system/configmaps', {
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } },
    })
    assert.equal(elsewhere.status, 201)
  })

  test('with an expression that cannot be parsed is refused', async () => {
    const made = await policy({ validations: [{ expression: 'object.data. ==' }] })
    assert.equal(made.status, 422)
    assert.match(String(made.body['message']), /spec\.validations\[0\]\.expression: Invalid value: .*compilation failed/)
  })
})
