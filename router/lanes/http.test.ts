import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { PROBE_HEADER, PROBE_PATH } from '../../api/names.ts'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachHttpLane } from '../testing/lanes.ts'
import { ask, exchangeBytes, startPod, startRawPod, until } from '../testing/pods.ts'
import type { TestRouter } from '../testing/router-under-test.ts'

eachHttpLane(startTestRouter => {
  const opened = closeAfterTests()
  const routerTo = async (pods: Parameters<TestRouter['split']>[0], limits = {}): Promise<TestRouter> => {
    const router = opened(await startTestRouter(limits))
    router.split(pods)
    return router
  }
  const echoPod = async () =>
    opened(
      await startPod((req, res) => {
        const chunks: Buffer[] = []
        req.on('data', chunk => chunks.push(chunk))
        req.on('end', () =>
          res.end(
            JSON.stringify({ method: req.method, url: req.url, headers: req.headers, body: Buffer.concat(chunks).toString() }),
          ),
        )
      }),
    )
  const pending = (port: number, headers = {}) => {
    const req = request({ host: '127.0.0.1', port, agent: false, headers })
    req.on('error', () => {})
    req.end()
    return req
  }

  test('a request reaches the pod as it was sent', async () => {
    const pod = await echoPod()
    const router = await routerTo({ v1: [pod.port] })
    const got = await ask(router.port, {
      method: 'POST',
      path: '//a/../b//c?x=%20&y=a|b',
      headers: { 'X-Kept': 'yes' },
      body: 'hello',
    })
    const seen = JSON.parse(got.body)
    assert.equal(got.status, 200)
    assert.equal(seen.url, '//a/../b//c?x=%20&y=a|b')
    assert.equal(seen.method, 'POST')
    assert.equal(seen.body, 'hello')
    assert.equal(seen.headers['x-kept'], 'yes')
    assert.equal(seen.headers.host, `127.0.0.1:${router.port}`)
    assert.equal(seen.headers['x-forwarded-for'], '127.0.0.1')
    assert.equal(router.counts().status2xx, 1)
  })

  test('a chunked DELETE or OPTIONS stays one request', async () => {
    const urls: string[] = []
    const pod = opened(
      await startPod((req, res) => {
        urls.push(`${req.method} ${req.url}`)
        req.resume().on('end', () => res.end('ok'))
      }),
    )
    const router = await routerTo({ v1: [pod.port] })
    for (const method of ['DELETE', 'OPTIONS']) {
      const body = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
      const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
      const answers = await exchangeBytes(
        router.port,
        `${method} /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      )
      assert.equal(answers.split('HTTP/1.1 200').length - 1, 1, answers)
    }
    assert.deepEqual(urls, ['DELETE /first', 'OPTIONS /first'])
  })

  test('clients that go away while they wait or while they read end their requests at the pod and count for nothing', async () => {
    const pod = opened(
      await startPod((req, res) => {
        if (req.url === '/stream') res.write('event')
      }),
    )
    const router = await routerTo({ v1: [pod.port] })
    const waiting = Array.from({ length: 20 }, () => pending(router.port))
    const reading = Array.from({ length: 20 }, () =>
      request({ host: '127.0.0.1', port: router.port, path: '/stream', agent: false }).on('error', () => {}),
    )
    await Promise.all(reading.map(req => once(req.end(), 'response')))
    await until(() => router.counts().inFlight === 40 && pod.open() === 40, 'all are in flight')
    for (const req of [...waiting, ...reading]) req.destroy()
    await until(() => pod.open() === 0, 'the pod has no connection left')
    await until(() => router.counts().inFlight === 0, 'nothing is in flight')
    const { requests, clientAborts, upstreamFailures } = router.counts()
    assert.deepEqual({ requests, clientAborts, upstreamFailures }, { requests: 40, clientAborts: 40, upstreamFailures: 0 })
    assert.equal(
      router.counts().latency.reduce((a, b) => a + b),
      0,
      'aborted requests have no duration',
    )
  })

  test('requests of clients that have given up before they are looked at are not passed on', async () => {
    let asked = 0
    const pod = opened(
      await startPod((_, res) => {
        asked += 1
        res.end('ok')
      }),
    )
    const router = await routerTo({ v1: [pod.port] })
    const clients = Array.from({ length: 20 }, () => connect({ port: router.port, host: '127.0.0.1' }))
    await Promise.all(clients.map(socket => once(socket, 'connect')))
    for (const socket of clients) socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n').destroySoon()
    await until(() => router.serving.connections === 0, 'all are closed')
    assert.equal((await ask(router.port)).body, 'ok')
    assert.equal(asked, 1)
  })

  test('when the pod dies in the middle of its answer the client sees it cut, and the version failed', async () => {
    const pod = opened(
      await startRawPod(socket =>
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf', () => socket.destroy())),
      ),
    )
    const router = await routerTo({ v1: [pod.port] })
    const req = pending(router.port)
    const [answer] = (await once(req, 'response')) as [IncomingMessage]
    answer.resume()
    await assert.rejects(once(answer, 'end'), { code: 'ECONNRESET' })
    await until(() => router.counts().upstreamFailures === 1 && router.counts().inFlight === 0, 'it is counted')
    assert.equal(router.counts().requests, 1)
  })

  test('a chunked answer that breaks off is not passed off as whole', async () => {
    const pod = opened(
      await startRawPod(socket =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')),
      ),
    )
    const router = await routerTo({ v1: [pod.port] })
    await assert.rejects(ask(router.port))
    await until(() => router.counts().upstreamFailures === 1, 'it is counted')
  })

  test('requests one after another share one connection to the pod', async () => {
    const pod = await echoPod()
    const router = await routerTo({ v1: [pod.port] })
    for (let i = 0; i < 20; i++) assert.equal((await ask(router.port)).status, 200)
    assert.equal(pod.connections(), 1)
  })

  test('a kept connection of a client carries many requests', async () => {
    const pod = await echoPod()
    const router = await routerTo({ v1: [pod.port] })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let i = 0; i < 5; i++) assert.equal((await ask(router.port, {}, agent)).status, 200)
    assert.equal(router.serving.report()['shop/web']?.connections, 1)
    agent.destroy()
  })

  test('hop-by-hop headers are passed neither way, and the others are', async () => {
    const pod = opened(
      await startRawPod(socket =>
        socket.once('data', head => {
          const body = head.toString()
          socket.end(
            `HTTP/1.1 200 Fine\r\nConnection: close, X-Secret\r\nKeep-Alive: timeout=9\r\nX-Secret: 1\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
          )
        }),
      ),
    )
    const router = await routerTo({ v1: [pod.port] })
    const plain = Array.from({ length: 14 }, (_, i) => [`x-plain-${i}`, String(i)] as const)
    const hops = {
      Connection: 'close, X-Hop',
      'X-Hop': '1',
      'Proxy-Authorization': 'Basic x',
      TE: 'trailers',
      'Keep-Alive': 'timeout=1',
      'Proxy-Connection': 'x',
    }
    const got = await ask(router.port, { headers: { ...hops, ...Object.fromEntries(plain) } })
    const head = got.body.toLowerCase()
    for (const name of ['x-hop', 'proxy-authorization', 'te', 'keep-alive', 'proxy-connection'])
      assert.ok(!head.includes(`\n${name}:`), `${name} was passed: ${head}`)
    for (const [name, value] of plain) assert.ok(head.includes(`${name}: ${value}`))
    for (const name of ['x-secret', 'proxy-connection', 'upgrade']) assert.equal(got.headers[name], undefined, name)
    assert.notEqual(got.headers['keep-alive'], 'timeout=9')
    assert.deepEqual(got.headers['set-cookie'], ['a=1', 'b=2'])
    assert.equal(got.message.statusMessage, 'Fine')
  })

  test('HEAD, 204 and 304 have no body, and the connection goes on', async () => {
    const pod = opened(
      await startPod((req, res) => {
        const status = Number(req.url?.slice(1)) || 200
        if (req.method === 'HEAD') res.writeHead(200, { 'Content-Length': '12345', ETag: '"x"' })
        else res.writeHead(status)
        res.end()
      }),
    )
    const router = await routerTo({ v1: [pod.port] })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const head = await ask(router.port, { method: 'HEAD' }, agent)
    assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '12345', ''])
    for (const status of [204, 304]) assert.equal((await ask(router.port, { path: `/${status}` }, agent)).status, status)
    assert.equal((await ask(router.port, {}, agent)).status, 200)
    assert.deepEqual([router.counts().status2xx, router.counts().status3xx], [3, 1])
    agent.destroy()
  })

  test('HTTP/1.0: the answer is not chunked and the connection ends, or is kept when asked for', async () => {
    const pod = opened(
      await startPod((_, res) => {
        res.write('a')
        res.end('b')
      }),
    )
    const router = await routerTo({ v1: [pod.port] })
    const once10 = await exchangeBytes(router.port, 'GET / HTTP/1.0\r\n\r\n')
    assert.match(once10, /^HTTP\/1\.1 200/)
    assert.match(once10, /\r\n\r\nab$/)
    assert.doesNotMatch(once10.toLowerCase(), /chunked/)
    const fixed = opened(await startPod((_, res) => res.end('ab')))
    router.split({ v1: [fixed.port] })
    const twice = await exchangeBytes(router.port, [
      'GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      'GET /2 HTTP/1.0\r\n\r\n',
    ])
    assert.equal(twice.split('HTTP/1.1 200').length - 1, 2, twice)
  })

  test('pipelined requests are answered in order', async () => {
    const pod = opened(await startPod((req, res) => setTimeout(() => res.end(`<${req.url}>`), req.url === '/1' ? 50 : 0)))
    const router = await routerTo({ v1: [pod.port] })
    const answers = await exchangeBytes(router.port, ['1', '2', '3'].map(n => `GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
    assert.deepEqual(answers.match(/<.\d>/g), ['</1>', '</2>', '</3>'])
  })

  test('the head of an answer is passed on before its body comes', async () => {
    const pod = opened(await startPod((_, res) => res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()))
    const router = await routerTo({ v1: [pod.port] })
    const req = pending(router.port)
    const [answer] = (await once(req, 'response')) as [IncomingMessage]
    assert.equal(answer.headers['content-type'], 'text/event-stream')
    req.destroy()
  })

  test('events of an open answer are passed as they come', async () => {
    let say = (_: string): void => {}
    const pod = opened(
      await startPod((_, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        say = event => void res.write(`data: ${event}\n\n`)
        say('0')
      }),
    )
    const router = await routerTo({ v1: [pod.port] })
    const req = pending(router.port)
    const [answer] = (await once(req, 'response')) as [IncomingMessage]
    for (const event of ['0', '1', '2']) {
      const [heard] = await once(answer, 'data')
      assert.equal(String(heard), `data: ${event}\n\n`)
      say(String(Number(event) + 1))
    }
    req.destroy()
  })

  test('interim answers that nobody asked for do not get in the way of the answer', async () => {
    const pod = opened(
      await startRawPod(socket =>
        socket.on('data', () => {
          socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n')
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        }),
      ),
    )
    const router = await routerTo({ v1: [pod.port] })
    for (let i = 0; i < 3; i++) {
      const got = await ask(router.port)
      assert.deepEqual([got.status, got.body, got.headers['link']], [200, 'ok', undefined])
    }
    assert.equal(router.counts().status2xx, 3)
  })

  test('an answer with a head of 40 KB is passed', async () => {
    const pod = opened(await startPod((_, res) => res.writeHead(200, { 'x-long': 'a'.repeat(40_000) }).end('ok')))
    const router = await routerTo({ v1: [pod.port] })
    const got = await exchangeBytes(router.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    assert.ok(got.startsWith('HTTP/1.1 200'))
    assert.ok(got.includes('a'.repeat(40_000)))
    assert.ok(got.includes('\r\nok\r\n'), got.slice(-100))
  })

  test('the probe is answered by the router itself, and only with its header', async () => {
    const pod = await echoPod()
    const router = await routerTo({ v1: [pod.port] })
    const probe = await ask(router.port, { path: PROBE_PATH, headers: { [PROBE_HEADER]: '1' } })
    assert.equal(probe.headers['x-sluice-router'], 'router-1')
    assert.deepEqual(JSON.parse(probe.body), { router: 'router-1', route: 'shop/web', version: 2, draining: false })
    const passed = await ask(router.port, { path: PROBE_PATH })
    assert.equal(passed.headers['x-sluice-router'], undefined)
    assert.equal(JSON.parse(passed.body).url, PROBE_PATH)
    assert.equal(router.counts().requests, 1, 'a probe counts for no version')
  })
})
