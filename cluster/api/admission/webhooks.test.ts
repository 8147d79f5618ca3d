import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { serviceAccountUser } from '../call.ts'
import { at, type JsonObject, objectOf } from '../json.ts'
import { type ApiServer, createApiServer } from '../server.ts'
import { type Ask, askOver } from '../testing/request.ts'
import { makeLoopbackCertificate } from '../tls.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
const GROUP = '/apis/admissionregistration.k8s.io/v1'

const configMap = (name: string, more: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more })

type Answer = {
  readonly allowed?: boolean
  readonly patch?: readonly object[]
  readonly warnings?: readonly string[]
  readonly status?: object
  readonly patchType?: string
}

let server: ApiServer
let ask: Ask
let hook: Server
let caBundle: string
let port: number
let seen: JsonObject[]
let answer: (request: JsonObject) => Answer

beforeEach(async () => {
  server = createApiServer()
  ask = askOver(server.transport())
  seen = []
  answer = () => ({})
  const { ca, cert, key } = await makeLoopbackCertificate(['hook.default.svc'])
  caBundle = Buffer.from(ca).toString('base64')
  hook = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const review = objectOf(at(JSON.parse(Buffer.concat(chunks).toString()), 'request'))
      seen.push(review)
      const { patch, patchType = 'JSONPatch', allowed = true, ...rest } = answer(review)
      const patched = patch ? { patchType, patch: Buffer.from(JSON.stringify(patch)).toString('base64') } : {}
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: { uid: review['uid'], allowed, ...patched, ...rest },
        }),
      )
    })
  })
  await new Promise<void>(resolve => hook.listen(0, '127.0.0.1', resolve))
  port = (hook.address() as AddressInfo).port
})

afterEach(async () => {
  await server.close()
  hook.closeAllConnections()
  await new Promise(resolve => hook.close(resolve))
})

const install = async (
  more: object = {},
  { kind = 'Mutating', resources = ['configmaps'] }: { readonly kind?: string; readonly resources?: readonly string[] } = {},
) => {
  const webhook = {
    name: 'hook.example.test',
    clientConfig: { url: `https://127.0.0.1:${port}/review`, caBundle },
    rules: [{ operations: ['CREATE', 'UPDATE'], apiGroups: ['*'], apiVersions: ['*'], resources }],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    ...more,
  }
  const reply = await ask('POST', `${GROUP}/${kind.toLowerCase()}webhookconfigurations`, {
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${kind}WebhookConfiguration`,
      metadata: { name: 'hook' },
      webhooks: [webhook],
    },
  })
  assert.equal(reply.status, 201, reply.text)
}

describe('a webhook', () => {
  test('gets the request as Kubernetes describes it', async () => {
    await install()
    const robot = askOver(server.transport(serviceAccountUser('team', 'robot')))
    await robot('POST', `${MAPS}?fieldManager=me`, { body: configMap('one', { data: { a: '1' } }) })
    await robot('PATCH', `${MAPS}/one`, {
      body: { data: { a: '2' } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    const [created, updated] = seen
    assert.deepEqual(
      [created?.['operation'], created?.['name'], created?.['namespace'], created?.['dryRun'], created?.['oldObject']],
      ['CREATE', 'one', 'default', false, null],
    )
    assert.equal(at(created, 'userInfo', 'username'), 'system:serviceaccount:team:robot')
    assert.deepEqual(created?.['resource'], { group: '', version: 'v1', resource: 'configmaps' })
    assert.equal(at(created, 'options', 'fieldManager'), 'me')
    assert.equal(at(created, 'object', 'metadata', 'uid'), undefined)
    assert.deepEqual(
      [updated?.['operation'], at(updated, 'object', 'data', 'a'), at(updated, 'oldObject', 'data', 'a')],
      ['UPDATE', '2', '1'],
    )
  })

  test('is reached through a Service, by its name in the certificate', async () => {
    const spec = { clusterIP: '127.96.0.99', ports: [{ port: 443 }] }
    await ask('POST', '/api/v1/namespaces/default/services', {
      body: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'hook' }, spec },
    })
    await install({ clientConfig: { service: { namespace: 'default', name: 'hook', path: '/review', port }, caBundle } })
    const proxy = await listenAt('127.96.0.99', port)
    try {
      assert.equal((await ask('POST', MAPS, { body: configMap('one') })).status, 201)
      assert.equal(seen.length, 1)
    } finally {
      await proxy()
    }
  })

  test('whose Service does not exist fails the write', async () => {
    await install({ clientConfig: { service: { namespace: 'default', name: 'missing' }, caBundle } })
    const reply = await ask('POST', MAPS, { body: configMap('one') })
    assert.equal(reply.status, 500)
    assert.match(
      String(reply.body['message']),
      /failed calling webhook "hook\.example\.test": failed to call webhook: service "missing" not found/,
    )
  })

  test('with a certificate that nobody trusts fails the write', async () => {
    const other = await makeLoopbackCertificate([])
    await install({
      clientConfig: { url: `https://127.0.0.1:${port}/review`, caBundle: Buffer.from(other.ca).toString('base64') },
    })
    assert.equal((await ask('POST', MAPS, { body: configMap('one') })).status, 500)
    assert.equal(seen.length, 0)
  })

  test('may warn, and its warnings reach the client', async () => {
    answer = () => ({ warnings: ['mind the gap'] })
    await install()
    assert.equal((await ask('POST', MAPS, { body: configMap('one') })).headers['warning'], '299 - "mind the gap"')
  })

  test('denies with the status that it says, 400 when it says none', async () => {
    answer = () => ({ allowed: false, status: { code: 429, reason: 'TooManyRequests', message: 'slow down' } })
    await install({}, { kind: 'Validating' })
    const reply = await ask('POST', MAPS, { body: configMap('one') })
    assert.deepEqual(
      [reply.status, reply.body['reason'], reply.body['message']],
      [429, 'TooManyRequests', 'admission webhook "hook.example.test" denied the request: slow down'],
    )
    answer = () => ({ allowed: false })
    const silent = await ask('POST', MAPS, { body: configMap('one') })
    assert.deepEqual(
      [silent.status, silent.body['message']],
      [400, 'admission webhook "hook.example.test" denied the request without explanation'],
    )
  })

  test('is told of a dry run', async () => {
    await install({ sideEffects: 'NoneOnDryRun' })
    assert.equal((await ask('POST', `${MAPS}?dryRun=All`, { body: configMap('one') })).status, 201)
    assert.equal(seen[0]?.['dryRun'], true)
  })

  test('that answers too late fails the write, or is ignored', async () => {
    await install({
      timeoutSeconds: 1,
      clientConfig: { url: `https://127.0.0.1:${port}/review`, caBundle },
      failurePolicy: 'Fail',
    })
    hook.removeAllListeners('request')
    hook.on('request', () => {})
    const reply = await ask('POST', MAPS, { body: configMap('one') })
    assert.equal(reply.status, 500)
    assert.match(String(reply.body['message']), /context deadline exceeded/)
    const patch = [{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' }]
    await ask('PATCH', `${GROUP}/mutatingwebhookconfigurations/hook`, {
      body: patch,
      headers: { 'content-type': 'application/json-patch+json' },
    })
    assert.equal((await ask('POST', MAPS, { body: configMap('one') })).status, 201)
  })

  test('whose patch does not fit fails the write', async () => {
    answer = () => ({ patch: [{ op: 'remove', path: '/data/missing' }] })
    await install()
    assert.equal((await ask('POST', MAPS, { body: configMap('one') })).status, 500)
    assert.equal((await ask('GET', `${MAPS}/one`)).status, 404)
  })

  test('sees a Scale where it asks for scale, and may change its replicas', async () => {
    const spec = {
      replicas: 1,
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    }
    await ask('POST', DEPLOYMENTS, { body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec } })
    answer = () => ({ patch: [{ op: 'replace', path: '/spec/replicas', value: 2 }] })
    await install({}, { resources: ['deployments/scale'] })
    const scaled = await ask('PATCH', `${DEPLOYMENTS}/web/scale`, {
      body: { spec: { replicas: 9 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    assert.equal(at(scaled.body, 'spec', 'replicas'), 2)
    assert.deepEqual(
      [at(seen[0], 'kind', 'kind'), seen[0]?.['subResource'], at(seen[0], 'object', 'spec', 'replicas')],
      ['Scale', 'scale', 9],
    )
    assert.equal(at((await ask('GET', `${DEPLOYMENTS}/web`)).body, 'spec', 'replicas'), 2)
  })

  test('selects by labels of the object and of the namespace', async () => {
    await install({
      objectSelector: { matchLabels: { watch: 'me' } },
      namespaceSelector: {
        matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system'] }],
      },
    })
    await ask('POST', MAPS, { body: configMap('plain') })
    await ask('POST', MAPS, { body: { ...configMap('one'), metadata: { name: 'one', labels: { watch: 'me' } } } })
    await ask('POST', '/api/v1/namespaces/kube-system/configmaps', {
      body: { ...configMap('two'), metadata: { name: 'two', labels: { watch: 'me' } } },
    })
    assert.deepEqual(
      seen.map(({ name }) => name),
      ['one'],
    )
  })

  test('is never asked about webhooks, so that it can always be removed', async () => {
    answer = () => ({ allowed: false })
    await install(
      { rules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }] },
      { kind: 'Validating' },
    )
    assert.equal((await ask('POST', MAPS, { body: configMap('one') })).status, 400)
    assert.equal((await ask('DELETE', `${GROUP}/validatingwebhookconfigurations/hook`)).status, 200)
    assert.equal((await ask('POST', MAPS, { body: configMap('one') })).status, 201)
  })
})

/** Listens at another loopback address and passes connections on to the webhook, as a service proxy does. */
const listenAt = async (host: string, from: number): Promise<() => Promise<unknown>> => {
  const sockets = new Set<Socket>()
  const proxy = createTcpServer(socket => {
    const up = connect(port, '127.0.0.1')
    for (const one of [socket, up]) {
      sockets.add(one)
      one.on('error', () => one.destroy())
    }
    socket.pipe(up).pipe(socket)
  })
  await new Promise<void>(resolve => proxy.listen(from, host, resolve))
  return () => {
    for (const socket of sockets) socket.destroy()
    return new Promise(resolve => proxy.close(resolve))
  }
}
