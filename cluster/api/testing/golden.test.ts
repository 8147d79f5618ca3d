/** What a kube-apiserver 1.34 made of objects and how it refused them, recorded; this server must do the same. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BUILTIN_KINDS } from '../builtin-kinds.ts'
import { type Draft, draftOf, ensureChild, type JsonObject, objectOf, textOf } from '../json.ts'
import { apiVersionOf } from '../kind.ts'
import { type ApiServer, createApiServer } from '../server.ts'
import custom from './custom-of-kubernetes.json' with { type: 'json' }
import defaults from './defaults-of-kubernetes.json' with { type: 'json' }
import patches from './patches-of-kubernetes.json' with { type: 'json' }
import refusals from './refusals-of-kubernetes.json' with { type: 'json' }
import { type Ask, askOver } from './request.ts'

let server: ApiServer
let ask: Ask

before(() => {
  server = createApiServer()
  ask = askOver(server.transport())
})

after(() => server.close())

const pathOf = (object: JsonObject): string => {
  const kind = BUILTIN_KINDS.find(one => one.kind === object['kind'] && apiVersionOf(one) === object['apiVersion'])
  if (!kind) throw new Error(`${textOf(object['kind'])} is not served`)
  return `/${kind.group ? `apis/${kind.group}` : 'api'}/${kind.version}/${kind.namespaced ? 'namespaces/default/' : ''}${kind.plural}`
}

/** Without what differs from server to server: versions, times, names and addresses that were given out. */
const comparable = (object: JsonObject): Draft => {
  const draft = draftOf(object)
  const metadata = ensureChild(draft, 'metadata')
  for (const field of ['uid', 'creationTimestamp', 'resourceVersion', 'namespace']) delete metadata[field]
  const spec = ensureChild(draft, 'spec')
  if (draft['kind'] === 'Service' && spec['clusterIP'] !== 'None')
    for (const field of ['clusterIP', 'clusterIPs']) delete spec[field]
  if (Object.keys(spec).length === 0) delete draft['spec']
  return draft
}

describe('as a kube-apiserver does', () => {
  for (const { sent, stored } of defaults) {
    test(`${sent.kind} ${sent.metadata.name} gets its defaults`, async () => {
      const { status, body } = await ask('POST', `${pathOf(sent)}?dryRun=All`, { body: sent })
      assert.equal(status, 201)
      assert.deepEqual(comparable(body), comparable(objectOf(stored)))
    })
  }

  for (const { path, sent, refusal } of refusals) {
    test(`refuses: ${refusal.message}`, async () => {
      const { body } = await ask('POST', `${path}?dryRun=All`, { body: sent })
      assert.deepEqual({ code: body['code'], reason: body['reason'], message: body['message'] }, refusal)
    })
  }

  for (const { type, patch, answer } of patches.patches) {
    test(`${type.slice('application/'.length)}: ${JSON.stringify(patch)}`, async () => {
      const own = askOver(createApiServer().transport())
      const path = pathOf(patches.before)
      await own('POST', path, { body: patches.before })
      const { status, body } = await own('PATCH', `${path}/${patches.before.metadata.name}?dryRun=All`, {
        body: JSON.stringify(patch),
        headers: { 'content-type': type },
      })
      assert.equal(status, answer.code)
      if ('message' in answer) assert.equal(body['message'], answer.message)
      else {
        const expected = comparable({ metadata: answer.metadata, spec: answer.spec })
        assert.deepEqual(comparable({ metadata: body['metadata'], spec: body['spec'] }), expected)
      }
    })
  }

  for (const { sent, code, ...answer } of custom.answers) {
    test(`a custom object: ${JSON.stringify(sent.spec)}`, async () => {
      await ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: custom.definition })
      const { status, body } = await ask('POST', '/apis/ex.test/v1/namespaces/default/ts?dryRun=All', { body: sent })
      assert.equal(status, code === 200 ? 201 : code)
      if ('message' in answer) assert.equal(body['message'], answer.message)
      else assert.deepEqual(body['spec'], answer.spec)
    })
  }
})
