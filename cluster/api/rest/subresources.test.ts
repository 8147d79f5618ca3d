import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { at, objectsOf } from '../json.ts'
import { type ApiServer, createApiServer } from '../server.ts'
import { type Ask, askOver } from '../testing/request.ts'

const PODS = '/api/v1/namespaces/default/pods'
const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
const MERGE = { 'content-type': 'application/merge-patch+json' }

let server: ApiServer
let ask: Ask

beforeEach(() => {
  server = createApiServer()
  ask = askOver(server.transport())
})

afterEach(() => server.close())

const pod = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image: 'a:1' }], ...spec },
})

const makePod = async (name: string, spec: object = {}, status: object = { phase: 'Running' }) => {
  await ask('POST', PODS, { body: pod(name, spec) })
  await ask('PATCH', `${PODS}/${name}/status`, { body: { status }, headers: MERGE })
}

const eviction = (name: string, deleteOptions: object = {}) => ({
  body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, deleteOptions },
})

const budget = async (allowed: number) => {
  const body = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
  }
  await ask('POST', BUDGETS, { body })
  await ask('PATCH', `${BUDGETS}/web/status`, { body: { status: { disruptionsAllowed: allowed } }, headers: MERGE })
}

describe('eviction', () => {
  test('deletes a pod that no budget guards', async () => {
    await makePod('one', { nodeName: 'n' })
    assert.equal((await ask('POST', `${PODS}/one/eviction`, eviction('one', { gracePeriodSeconds: 5 }))).status, 201)
    assert.equal(at((await ask('GET', `${PODS}/one`)).body, 'metadata', 'deletionGracePeriodSeconds'), 5)
  })

  test('uses up what the budget allows, and is then refused with 429', async () => {
    await makePod('one')
    await makePod('two')
    await budget(1)
    assert.equal((await ask('POST', `${PODS}/one/eviction`, eviction('one'))).status, 201)
    const refused = await ask('POST', `${PODS}/two/eviction`, eviction('two'))
    assert.equal(refused.status, 429)
    assert.match(String(refused.body['message']), /Cannot evict pod as it would violate the pod's disruption budget/)
    assert.equal((await ask('GET', `${PODS}/two`)).status, 200)
  })

  test('asks no budget for a pod that does not run', async () => {
    await makePod('one', {}, { phase: 'Failed' })
    await budget(0)
    assert.equal((await ask('POST', `${PODS}/one/eviction`, eviction('one'))).status, 201)
  })
})

describe('binding', () => {
  test('gives a pod its node, once', async () => {
    await ask('POST', PODS, { body: pod('one') })
    const binding = {
      body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'one' }, target: { kind: 'Node', name: 'n1' } },
    }
    assert.equal((await ask('POST', `${PODS}/one/binding`, binding)).status, 201)
    const bound = (await ask('GET', `${PODS}/one`)).body
    assert.equal(at(bound, 'spec', 'nodeName'), 'n1')
    assert.deepEqual(
      objectsOf(at(bound, 'status', 'conditions')).map(({ type, status }) => [type, status]),
      [['PodScheduled', 'True']],
    )
    assert.equal((await ask('POST', `${PODS}/one/binding`, binding)).status, 409)
  })

  test('is the only way to a node', async () => {
    await ask('POST', PODS, { body: pod('one') })
    assert.equal((await ask('PATCH', `${PODS}/one`, { body: { spec: { nodeName: 'n1' } }, headers: MERGE })).status, 422)
  })
})

describe('the log of a pod', () => {
  test('is the one of its only container, or of the one that is named', async () => {
    server.setLogSource(({ container, previous, tailLines }) =>
      (async function* () {
        yield `${container} ${previous} ${tailLines}`
      })(),
    )
    await ask('POST', PODS, { body: pod('one') })
    assert.equal((await ask('GET', `${PODS}/one/log?tailLines=5&previous=true`)).text, 'main true 5')
    await ask('POST', PODS, {
      body: pod('two', {
        containers: [
          { name: 'a', image: 'a:1' },
          { name: 'b', image: 'b:1' },
        ],
      }),
    })
    assert.match(
      (await ask('GET', `${PODS}/two/log`)).text,
      /a container name must be specified for pod two, choose one of: \[a b\]/,
    )
    assert.match((await ask('GET', `${PODS}/two/log?container=b`)).text, /^b /)
    assert.equal((await ask('GET', `${PODS}/two/log?container=c`)).status, 400)
    assert.equal((await ask('GET', `${PODS}/two/log?container=a&tailLines=x`)).status, 400)
  })

  test('that no node has is not there yet', async () => {
    await ask('POST', PODS, { body: pod('one') })
    assert.match((await ask('GET', `${PODS}/one/log`)).text, /is waiting to start/)
  })
})

test('a namespace is finalised by its own subresource', async () => {
  await ask('POST', '/api/v1/namespaces', { body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } } })
  const answer = await ask('PUT', '/api/v1/namespaces/team/finalize', {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' }, spec: { finalizers: [] } },
  })
  assert.equal(answer.status, 200)
})

test('a ServiceAccount gets its token, which stands for it', async () => {
  await ask('POST', '/api/v1/namespaces/default/serviceaccounts', {
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bob' } },
  })
  const reply = await ask('POST', '/api/v1/namespaces/default/serviceaccounts/bob/token', { body: { spec: {} } })
  assert.equal(at(reply.body, 'status', 'token'), server.tokenFor('default', 'bob'))
})
