import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { parse } from 'yaml'
import { clientOver } from '../../kube/http-client.ts'
import { CONFIG_MAPS } from '../../kube/resources.ts'
import { kubeconfigTransport } from '../../kube/transport.ts'
import { serviceAccountUser } from './call.ts'
import { arrayOf, at, type JsonObject, objectsOf } from './json.ts'
import { type ApiServer, createApiServer } from './server.ts'
import { type Ask, askOver, watchLines } from './testing/request.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }

const configMap = (name: string, more: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more })

const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'a:1' }] } },
  },
})

let server: ApiServer
let ask: Ask

beforeEach(() => {
  server = createApiServer({ historyLimit: 5 })
  ask = askOver(server.transport())
})

afterEach(() => server.close())

/** The first lines of a watch. */
const take = async (lines: AsyncGenerator<JsonObject>, count: number): Promise<readonly JsonObject[]> => {
  const taken: JsonObject[] = []
  for await (const line of lines) {
    taken.push(line)
    if (taken.length === count) break
  }
  return taken
}

const told = (line: JsonObject | undefined) =>
  `${String(at(line, 'type'))} ${String(at(line, 'object', 'metadata', 'name') ?? '')}`.trim()

describe('the server answers', () => {
  test('with the right status to what it cannot do', async () => {
    const status = async (...args: Parameters<Ask>) => (await ask(...args)).status
    assert.equal(await status('GET', '/nothing'), 404)
    assert.equal(await status('GET', '/apis/nothing/v1/things'), 404)
    assert.equal(await status('GET', '/apis/apps/v1/things'), 404)
    assert.equal(await status('GET', `${MAPS}/one/log`), 404)
    assert.equal(await status('POST', `${MAPS}/one`), 405)
    assert.equal(await status('POST', '/api/v1/configmaps', { body: configMap('one') }), 405)
    assert.equal(await status('PUT', '/api/v1/namespaces/default/pods/one/log', { body: {} }), 405)
    assert.equal(await status('GET', MAPS, { headers: { accept: 'application/vnd.kubernetes.protobuf' } }), 406)
    assert.equal(await status('POST', MAPS, { body: 'x', headers: { 'content-type': 'text/plain' } }), 415)
    assert.equal(await status('PATCH', `${MAPS}/one`, { body: {}, headers: { 'content-type': 'application/json' } }), 415)
    assert.equal(await status('POST', MAPS, { body: configMap('one', { data: { a: 'x'.repeat(3 * 1024 * 1024) } }) }), 413)
    assert.equal(await status('POST', MAPS, { body: '{' }), 400)
    assert.equal(await status('POST', `${MAPS}?dryRun=Some`, { body: configMap('one') }), 400)
    assert.equal(await status('GET', `${MAPS}?labelSelector=${encodeURIComponent('a in b')}`), 400)
    assert.equal(await status('GET', `${MAPS}?resourceVersion=x`), 400)
  })

  test('that server-side apply is not supported, and what to do instead', async () => {
    const reply = await ask('PATCH', `${MAPS}/one?fieldManager=a`, {
      body: configMap('one'),
      headers: { 'content-type': 'application/apply-patch+yaml' },
    })
    assert.equal(reply.status, 415)
    assert.match(String(reply.body['message']), /server-side apply is not supported by this server: use client-side apply/)
  })

  test('with a field named __proto__ left out, and nothing else changed by it', async () => {
    const text =
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"},"data":{"a":"{\\"__proto__\\": 1}"},"__proto__":{"data":{"b":"2"}}}'
    const reply = await ask('POST', MAPS, { body: text })
    assert.equal(reply.status, 201)
    assert.deepEqual(reply.body['data'], { a: '{"__proto__": 1}' })
  })

  test('health, version and discovery', async () => {
    for (const path of ['/healthz', '/readyz', '/livez', '/readyz/etcd']) assert.equal((await ask('GET', path)).text, 'ok')
    assert.equal((await ask('GET', '/version')).body['minor'], '34')
    assert.deepEqual((await ask('GET', '/api')).body['versions'], ['v1'])
    assert.equal((await ask('GET', '/apis/apps')).body['kind'], 'APIGroup')
    const list = (await ask('GET', '/apis/apps/v1')).body
    assert.deepEqual(
      objectsOf(list['resources'])
        .map(({ name }) => name)
        .filter(name => String(name).startsWith('deployments')),
      ['deployments', 'deployments/status', 'deployments/scale'],
    )
    const aggregated = await ask('GET', '/apis', {
      headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json' },
    })
    assert.equal(aggregated.body['kind'], 'APIGroupDiscoveryList')
  })

  test('with unknown fields as warnings, unless it is told to be strict or to ignore them', async () => {
    const body = { ...deployment('web'), spec: { ...deployment('web').spec, replicsa: 2 } }
    const warned = await ask('POST', `${DEPLOYMENTS}?dryRun=All`, { body })
    assert.equal(warned.headers['warning'], '299 - "unknown field \\"spec.replicsa\\""')
    assert.equal(at(warned.body, 'spec', 'replicsa'), 2)
    assert.equal((await ask('POST', `${DEPLOYMENTS}?dryRun=All&fieldValidation=Ignore`, { body })).headers['warning'], undefined)
    assert.equal((await ask('POST', `${DEPLOYMENTS}?dryRun=All&fieldValidation=Strict`, { body })).status, 400)
  })

  test('with a Table when it is asked for one, in lists and in watches', async () => {
    await ask('POST', DEPLOYMENTS, { body: deployment('web') })
    const table = (await ask('GET', DEPLOYMENTS, { headers: TABLE })).body
    assert.deepEqual(
      objectsOf(table['columnDefinitions'])
        .slice(0, 2)
        .map(({ name }) => name),
      ['Name', 'Ready'],
    )
    assert.deepEqual(arrayOf(objectsOf(table['rows'])[0]?.['cells']).slice(0, 2), ['web', '0/1'])
    const lines = watchLines(server.transport(), `${DEPLOYMENTS}?watch=true`, { headers: TABLE })
    await ask('POST', DEPLOYMENTS, { body: deployment('two') })
    const [first, second] = await take(lines, 2)
    assert.equal(at(first, 'object', 'kind'), 'Table')
    assert.notEqual(at(first, 'object', 'columnDefinitions'), null)
    assert.equal(at(second, 'object', 'columnDefinitions'), null)
  })
})

describe('a list', () => {
  test('that is read in pages is the one of its first page; an old page is 410', async () => {
    for (const name of ['a', 'b', 'c']) await ask('POST', MAPS, { body: configMap(name) })
    const first = (await ask('GET', `${MAPS}?limit=2`)).body
    const token = String(at(first, 'metadata', 'continue'))
    assert.equal(at(first, 'metadata', 'remainingItemCount'), 1)
    await ask('DELETE', `${MAPS}/c`)
    const second = (await ask('GET', `${MAPS}?limit=2&continue=${token}`)).body
    assert.deepEqual(
      objectsOf(second['items']).map(item => at(item, 'metadata', 'name')),
      ['c'],
    )
    assert.equal(at(second, 'metadata', 'resourceVersion'), at(first, 'metadata', 'resourceVersion'))
    server.compact()
    assert.equal((await ask('GET', `${MAPS}?limit=2&continue=${token}`)).status, 410)
  })

  test('from a version that is yet to come is too large a version', async () => {
    const reply = await ask('GET', `${MAPS}?resourceVersion=100000`)
    assert.equal(reply.status, 504)
    assert.deepEqual(
      objectsOf(at(reply.body, 'details', 'causes')).map(({ reason }) => reason),
      ['ResourceVersionTooLarge'],
    )
    assert.equal(reply.headers['retry-after'], '1')
  })
})

describe('a watch', () => {
  test('sends what there is first, then a bookmark that says so', async () => {
    await ask('POST', MAPS, { body: configMap('one') })
    const path = `${MAPS}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`
    const lines = await take(watchLines(server.transport(), path), 2)
    assert.deepEqual(lines.map(told), ['ADDED one', 'BOOKMARK'])
    assert.equal(at(lines[1], 'object', 'metadata', 'annotations', 'k8s.io/initial-events-end'), 'true')
    assert.equal((await ask('GET', `${MAPS}?watch=true&sendInitialEvents=true`)).status, 400)
  })

  test('from too old a version is told by an ERROR event or by the status, as configured', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await ask('POST', MAPS, { body: configMap(name) })
    const [line] = await take(watchLines(server.transport(), `${MAPS}?watch=true&resourceVersion=1`), 1)
    assert.deepEqual([at(line, 'type'), at(line, 'object', 'code'), at(line, 'object', 'reason')], ['ERROR', 410, 'Expired'])
    server.setWatchExpiry('status')
    assert.equal((await ask('GET', `${MAPS}?watch=true&resourceVersion=1`)).status, 410)
  })

  test('ends with its time and is cut by closeWatches', async () => {
    const ended: string[] = []
    for await (const line of watchLines(server.transport(), `${MAPS}?watch=true&timeoutSeconds=1&allowWatchBookmarks=true`))
      ended.push(told(line))
    assert.deepEqual(ended, ['BOOKMARK'])
    const reading = take(watchLines(server.transport(), `${MAPS}?watch=true`), 1)
    // The watch is open once its request was taken.
    await ask('GET', '/healthz')
    server.closeWatches()
    await assert.rejects(reading, /the watch was cut/)
  })

  test('that nobody reads is ended when too much waits', async () => {
    const small = createApiServer({ watchBufferLimit: 3 })
    const own = askOver(small.transport())
    const lines = watchLines(small.transport(), `${MAPS}?watch=true`)
    await own('POST', MAPS, { body: configMap('first') })
    const first = await lines.next()
    assert.equal(told(first.value), 'ADDED first')
    for (let index = 0; index < 6; index += 1) await own('POST', MAPS, { body: configMap(`more-${index}`) })
    const rest: string[] = []
    for await (const line of lines) rest.push(told(line))
    assert.ok(rest.length < 6, `the watch should have ended early, but sent ${rest.join(', ')}`)
    await small.close()
  })

  test('of one object by its path sees that object', async () => {
    await ask('POST', MAPS, { body: configMap('one') })
    await ask('POST', MAPS, { body: configMap('two') })
    assert.deepEqual((await take(watchLines(server.transport(), `${MAPS}/two?watch=true`), 1)).map(told), ['ADDED two'])
  })
})

describe('over a socket', () => {
  const send = (
    url: string,
    options: {
      readonly method?: string
      readonly token?: string
      readonly ca?: string
      readonly body?: Buffer
      readonly type?: string
    },
  ): Promise<{ readonly status: number; readonly text: string }> =>
    new Promise((resolve, reject) => {
      const { method = 'GET', token, ca, body, type = 'application/json' } = options
      const make = url.startsWith('https') ? httpsRequest : httpRequest
      const request = make(
        url,
        {
          method,
          agent: false,
          ...(ca ? { ca } : {}),
          headers: { 'content-type': type, ...(token ? { authorization: `Bearer ${token}` } : {}) },
        },
        response => {
          let text = ''
          response.on('data', (chunk: Buffer) => {
            text += chunk.toString()
          })
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
          response.on('error', reject)
        },
      )
      request.on('error', reject)
      request.end(body)
    })

  test('a token says who asks; without one only health and version are answered', async () => {
    const { url, ca } = await server.listen()
    const trusted = ca ? { ca } : {}
    assert.equal((await send(`${url}/version`, trusted)).status, 200)
    assert.equal((await send(`${url}${MAPS}`, trusted)).status, 401)
    assert.equal((await send(`${url}${MAPS}`, { ...trusted, token: 'wrong' })).status, 401)
    assert.equal((await send(`${url}${MAPS}`, { ...trusted, token: server.adminToken })).status, 200)
    const review = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' })
    const token = server.tokenFor('team', 'robot')
    const answer = await send(`${url}/apis/authentication.k8s.io/v1/selfsubjectreviews`, {
      ...trusted,
      token,
      method: 'POST',
      body: Buffer.from(review),
    })
    assert.equal(at(JSON.parse(answer.text), 'status', 'userInfo', 'username'), serviceAccountUser('team', 'robot').username)
  })

  test('plain HTTP is possible, and too large a body is refused', async () => {
    const { url } = await server.listen({ tls: false })
    const body = Buffer.from(JSON.stringify(configMap('one', { data: { a: 'x'.repeat(4 * 1024 * 1024) } })))
    const answer = await send(`${url}${MAPS}`, { method: 'POST', token: server.adminToken, body }).catch(
      (error: NodeJS.ErrnoException) => error,
    )
    // The server does not read on: the client may see the answer, or only that the connection is gone.
    if (answer instanceof Error) assert.match(String(answer.code), /ECONNRESET|EPIPE/)
    else assert.equal(answer.status, 413)
    assert.equal((await ask('GET', `${MAPS}/one`)).status, 404)
  })

  test('a server that listens again on its port is the same server', async () => {
    const first = await server.listen()
    await ask('POST', MAPS, { body: configMap('one') })
    await server.close()
    const again = await server.listen({ port: first.port })
    assert.equal(again.ca, first.ca)
    assert.equal(
      (await send(`${again.url}${MAPS}/one`, { token: server.adminToken, ...(first.ca ? { ca: first.ca } : {}) })).status,
      200,
    )
  })

  test('the project’s own client works with a written kubeconfig, watches included', async () => {
    await server.listen()
    const folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'))
    try {
      const path = join(folder, 'config')
      await server.writeKubeconfig(path, { namespace: 'team', name: 'robot' })
      assert.equal(parse(await readFile(path, 'utf8')).users[0].name, 'system:serviceaccount:team:robot')
      const client = clientOver(await kubeconfigTransport({ kubeconfig: path }))
      const { metadata } = await client.list(CONFIG_MAPS, { namespace: 'default' })
      await client.create(CONFIG_MAPS, { ...configMap('one'), metadata: { name: 'one', namespace: 'default' } })
      const stop = new AbortController()
      const options = {
        namespace: 'default',
        resourceVersion: metadata.resourceVersion,
        timeoutSeconds: 60,
        idleMs: 60_000,
        signal: stop.signal,
      }
      for await (const event of client.watch(CONFIG_MAPS, options)) {
        assert.equal(event.object.metadata.name, 'one')
        break
      }
      stop.abort()
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
