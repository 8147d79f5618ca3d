import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { type ApiServer, createApiServer } from '../server.ts'
import { type Ask, askOver } from '../testing/request.ts'
import { makeLoopbackCertificate } from '../tls.ts'

const PODS = '/api/v1/namespaces/default/pods'
const MERGE = { 'content-type': 'application/merge-patch+json' }

let server: ApiServer
let ask: Ask
let ends: (() => unknown)[]

beforeEach(() => {
  ends = []
  server = createApiServer()
  ask = askOver(server.transport())
})

afterEach(async () => {
  await server.close()
  for (const end of ends) await end()
})

const listening = async <S extends Server>(pod: S): Promise<number> => {
  pod.listen(0, '127.0.0.1')
  await once(pod, 'listening')
  ends.push(() => {
    pod.closeAllConnections()
    pod.close()
  })
  return (pod.address() as AddressInfo).port
}

const running = (listener: RequestListener) => listening(createServer(listener))

const makePod = async (name: string, ports: readonly number[] = [], podIP = '127.0.0.1') => {
  const containers = [{ name: 'main', image: 'a:1', ports: ports.map(containerPort => ({ containerPort })) }]
  await ask('POST', PODS, { body: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers } } })
  await ask('PATCH', `${PODS}/${name}/status`, { body: { status: { phase: 'Running', podIP } }, headers: MERGE })
}

const textOf = async (stream: AsyncIterable<unknown>): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** What came in, as the answer. */
const echo: RequestListener = async (incoming, outgoing) => {
  const { method, url, headers } = incoming
  outgoing.setHeader('content-type', 'application/json')
  outgoing.end(JSON.stringify({ method, url, headers, body: await textOf(incoming) }))
}

describe('a request to a pod', () => {
  test('arrives with its method, path, query and body as they were, and without the credentials', async () => {
    await makePod('web', [await running(echo)])
    const reply = await ask('POST', `${PODS}/web/proxy/a%2Fb/?q=x%20y&dryRun=no`, {
      body: 'hello',
      headers: { accept: 'image/png', authorization: 'Bearer secret', connection: 'x-hop', 'x-hop': '1', 'x-own': '2' },
    })
    assert.equal(reply.status, 200)
    const { headers, ...rest } = reply.body as { readonly headers: { readonly [name: string]: string } }
    assert.deepEqual(rest, { method: 'POST', url: '/a%2Fb/?q=x%20y&dryRun=no', body: 'hello' })
    assert.equal(headers['accept'], 'image/png')
    assert.equal(headers['x-own'], '2')
    assert.deepEqual([headers['authorization'], headers['x-hop']], [undefined, undefined])
  })

  test('goes to the first port of the containers, or to the one that is named', async () => {
    const [first, second] = [await running((_, to) => to.end('first')), await running((_, to) => to.end('second'))]
    await makePod('web', [first, second])
    assert.equal((await ask('GET', `${PODS}/web/proxy/`)).text, 'first')
    assert.equal((await ask('GET', `${PODS}/web:${second}/proxy/`)).text, 'second')
    assert.equal((await ask('GET', `${PODS}/http:web:${second}/proxy/`)).text, 'second')
  })

  test('goes over TLS to https:NAME, whoever made the certificate', async () => {
    const { cert, key } = await makeLoopbackCertificate(['other.test'])
    const port = await listening(createTlsServer({ cert, key }, (_, to) => to.end('over TLS')))
    await makePod('web', [port])
    assert.equal((await ask('GET', `${PODS}/https:web:${port}/proxy/`)).text, 'over TLS')
    assert.equal((await ask('GET', `${PODS}/https:web:/proxy/`)).text, 'over TLS')
  })

  test('to its root without a slash is led to the one with a slash', async () => {
    await makePod('web', [await running(echo)])
    const reply = await ask('GET', `${PODS}/web/proxy?a=1`)
    assert.deepEqual([reply.status, reply.headers['location']], [301, `${PODS}/web/proxy/?a=1`])
    assert.equal((await ask('DELETE', `${PODS}/web/proxy?a=1`)).body['url'], '/?a=1')
  })

  test('is answered as the pod answers, with its redirects led through the proxy', async () => {
    await makePod('web', [
      await running((_, to) =>
        to.writeHead(302, { location: '/login', 'set-cookie': ['a=1', 'b=2'], 'x-own': 'yes' }).end('gone'),
      ),
    ])
    const reply = await ask('GET', `${PODS}/web/proxy/page`)
    assert.deepEqual([reply.status, reply.text, reply.headers['x-own']], [302, 'gone', 'yes'])
    assert.equal(reply.headers['location'], `${PODS}/web/proxy/login`)
    assert.equal(reply.headers['transfer-encoding'], undefined)
  })
})

describe('a request that reaches no pod', () => {
  const refusal = async (path: string) => {
    const { status, body } = await ask('GET', path)
    assert.deepEqual([body['kind'], body['code']], ['Status', status])
    return [status, body['reason'], body['message']]
  }

  test('is answered with 503 when nobody listens', async () => {
    const port = await listening(createServer())
    await ends.pop()?.()
    await makePod('web', [port])
    assert.deepEqual(await refusal(`${PODS}/web/proxy/`), [
      503,
      'ServiceUnavailable',
      `error trying to reach service: dial tcp 127.0.0.1:${port}: connect: connection refused`,
    ])
  })

  test('is answered with 503 when the pod hangs up, or the port is none', async () => {
    await makePod('web', [await running(incoming => incoming.socket.destroy())])
    assert.deepEqual(await refusal(`${PODS}/web/proxy/`), [503, 'ServiceUnavailable', 'error trying to reach service: EOF'])
    assert.match(String((await refusal(`${PODS}/web:admin/proxy/`))[2]), /lookup tcp\/admin: unknown port/)
    assert.match(String((await refusal(`${PODS}/web:70000/proxy/`))[2]), /address 70000: invalid port/)
  })

  test('is answered with 503 when the pod stands still before TLS is agreed on', async context => {
    const silent = createTcpServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    silent.on('connection', socket => ends.push(() => socket.destroy()))
    ends.push(() => silent.close())
    await makePod('web', [(silent.address() as AddressInfo).port])
    context.mock.timers.enable({ apis: ['setTimeout'] })
    let answer: unknown
    const asking = refusal(`${PODS}/https:web:/proxy/`).then(refused => {
      answer = refused
    })
    await once(silent, 'connection')
    // The client's side may learn of the connection a moment later; only then its patience begins.
    while (answer === undefined) {
      context.mock.timers.tick(1000)
      await new Promise(resolve => setImmediate(resolve))
    }
    await asking
    assert.deepEqual(answer, [503, 'ServiceUnavailable', 'error trying to reach service: net/http: TLS handshake timeout'])
  })

  test('is refused for pods that are not there, have no address or one that no pod has, and for what names no pod', async () => {
    assert.deepEqual(await refusal(`${PODS}/web/proxy/`), [404, 'NotFound', 'pods "web" not found'])
    assert.deepEqual(await refusal(`${PODS}/a:web:80:x/proxy/`), [400, 'BadRequest', 'invalid pod request "a:web:80:x"'])
    assert.equal((await refusal(`${PODS}/ftp:web:21/proxy/`))[0], 400)
    for (const [name, address] of [
      ['none', ''],
      ['link', '169.254.169.254'],
      ['name', 'localhost'],
    ] as const) {
      await makePod(name, [80], address)
      assert.deepEqual(await refusal(`${PODS}/${name}/proxy/`), [400, 'BadRequest', 'address not allowed'])
    }
  })
})

describe('over a socket', () => {
  const open = async () => {
    const { url } = await server.listen({ tls: false })
    return (path: string, { method = 'GET', headers = {} }: { readonly method?: string; readonly headers?: object } = {}) =>
      request(`${url}${path}`, { method, headers: { authorization: `Bearer ${server.adminToken}`, ...headers }, agent: false })
  }
  const answerOf = async (call: ReturnType<Awaited<ReturnType<typeof open>>>) =>
    (await once(call, 'response'))[0] as IncomingMessage

  test('both bodies are passed on while they come', async () => {
    await makePod('web', [await running((incoming, to) => incoming.pipe(to))])
    const call = (await open())(`${PODS}/web/proxy/echo`, { method: 'POST', headers: { 'transfer-encoding': 'chunked' } })
    call.write('one')
    const answer = await answerOf(call)
    const chunks = answer.iterator({ destroyOnReturn: false })
    assert.equal(String((await chunks.next()).value), 'one')
    call.end('two')
    assert.equal(String((await chunks.next()).value), 'two')
    assert.equal((await chunks.next()).done, true)
  })

  test('a body is no bigger problem than its pod has with it, and every cookie arrives', async () => {
    const size = 8 * 1024 * 1024
    await makePod('web', [
      await running(async (incoming, to) => {
        const { length } = await textOf(incoming)
        to.writeHead(201, { 'set-cookie': ['a=1', 'b=2'] }).end(String(length))
      }),
    ])
    const call = (await open())(`${PODS}/web/proxy/`, { method: 'PUT', headers: { 'content-length': size } })
    call.end(Buffer.alloc(size, 'x'))
    const answer = await answerOf(call)
    assert.deepEqual([answer.statusCode, answer.headers['set-cookie']], [201, ['a=1', 'b=2']])
    assert.equal(await textOf(answer), String(size))
  })

  test('an answer that breaks off breaks off', async () => {
    await makePod('web', [
      await running((_, to) => {
        to.writeHead(200, { 'content-length': 100 })
        to.write('some', () => to.destroy())
      }),
    ])
    await assert.rejects(textOf(await answerOf((await open())(`${PODS}/web/proxy/`).end())), { code: 'ECONNRESET' })
  })

  test('the pod learns that the client is gone', async () => {
    const seen = Promise.withResolvers<IncomingMessage>()
    await makePod('web', [await running(incoming => seen.resolve(incoming))])
    const call = (await open())(`${PODS}/web/proxy/`).end()
    call.on('error', () => undefined)
    const { socket } = await seen.promise
    const closed = once(socket, 'close')
    call.destroy()
    await closed
  })

  test('an answer to half a body arrives, and nobody waits for the other half', async () => {
    await makePod('web', [
      await running((_, to) => {
        to.writeHead(413).end('enough')
      }),
    ])
    const call = (await open())(`${PODS}/web/proxy/`, { method: 'POST', headers: { 'content-length': 1000 } })
    call.on('error', () => undefined)
    call.write('half')
    const answer = await answerOf(call)
    assert.deepEqual([answer.statusCode, answer.headers['connection'], await textOf(answer)], [413, 'close', 'enough'])
  })

  test('HEAD is answered with headers alone, and nobody without a token is led to a pod', async () => {
    await makePod('web', [await running((_, to) => to.setHeader('content-length', 7).end('ignored'))])
    const ask = await open()
    const head = await answerOf(ask(`${PODS}/web/proxy/`, { method: 'HEAD' }).end())
    assert.deepEqual([head.statusCode, head.headers['content-length'], await textOf(head)], [200, '7', ''])
    assert.equal((await answerOf(ask(`${PODS}/web/proxy/`, { headers: { authorization: 'Bearer no' } }).end())).statusCode, 401)
  })
})
