import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachHttpLane } from '../testing/lanes.ts'
import { ask, deadPort, exchangeBytes, startPod, startRawPod, until } from '../testing/pods.ts'
import type { TestRouter } from '../testing/router-under-test.ts'
import { settled } from '../testing/settled.ts'

eachHttpLane(startTestRouter => {
  const opened = closeAfterTests()
  const routerTo = async (pods: Parameters<TestRouter['split']>[0], limits = {}): Promise<TestRouter> => {
    const router = opened(await startTestRouter(limits))
    router.split(pods)
    return router
  }
  const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex')
  const MIB = 1024 * 1024

  test('bodies of 20 MiB pass whole in both directions, with and without a length', async () => {
    const pod = opened(await startPod((req, res) => void req.pipe(res)))
    const router = await routerTo({ v1: [pod.port] })
    const body = randomBytes(20 * MIB)
    for (const headers of [{ 'content-length': String(body.length) }, { 'transfer-encoding': 'chunked' }]) {
      const req = request({ host: '127.0.0.1', port: router.port, method: 'POST', headers, agent: false })
      req.end(body)
      const [answer] = (await once(req, 'response')) as [IncomingMessage]
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(chunk)
      assert.equal(digest(Buffer.concat(chunks)), digest(body))
    }
    await settled()
    // Of a chunked body the frame may count too; there are hardly more bytes than two bodies.
    const { bytesIn, bytesOut } = router.counts('v1')
    for (const bytes of [bytesIn, bytesOut]) assert.ok(bytes >= 40 * MIB && bytes < 40.5 * MIB, String(bytes))
  })

  test('small bodies are counted as well', async () => {
    const pod = opened(await startPod((req, res) => void req.resume().on('end', () => res.end('12345678'))))
    const router = await routerTo({ v1: [pod.port] })
    await exchangeBytes(router.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello')
    const { bytesIn, bytesOut } = router.counts('v1')
    assert.deepEqual([bytesIn, bytesOut], [5, 8])
  })

  test('a client that does not read holds the pod back instead of filling the router`s memory', async () => {
    let sent = 0
    const pod = opened(
      await startPod((_, res) => {
        const chunk = Buffer.alloc(MIB)
        const more = (): void => {
          while (sent < 200 && res.write(chunk)) sent += 1
          sent += 1
          if (sent < 200) res.once('drain', more)
        }
        more()
      }),
    )
    const router = await routerTo({ v1: [pod.port] })
    const req = request({ host: '127.0.0.1', port: router.port, agent: false })
      .on('error', () => {})
      .end()
    const [answer] = (await once(req, 'response')) as [IncomingMessage]
    answer.pause()
    let before = -1
    await until(() => {
      const still = before === sent
      before = sent
      return still && sent > 0
    }, 'the pod stops')
    assert.ok(sent < 100, `${sent} MiB were taken from the pod`)
    req.destroy()
  })

  test('a pod that does not read holds the client back', async () => {
    const pod = opened(await startRawPod(socket => void socket.pause()))
    const router = await routerTo({ v1: [pod.port] }, { bodyStallMs: 200 })
    const req = request({ host: '127.0.0.1', port: router.port, method: 'POST', agent: false }).on('error', () => {})
    const chunk = Buffer.alloc(MIB)
    let sent = 0
    const pump = (): void => {
      while (sent < 200) {
        sent += 1
        if (!req.write(chunk)) return void req.once('drain', pump)
      }
    }
    pump()
    await new Promise(resolve => setTimeout(resolve, 600))
    assert.ok(sent < 100, `${sent} MiB were taken from the client`)
    assert.equal(router.counts().inFlight, 1, 'it is the pod that stalls: the client is not cut off')
    req.destroy()
  })

  test('a client that stops in the middle of its body is cut off after a while', async () => {
    const pod = opened(await startPod(req => void req.resume()))
    const router = await routerTo({ v1: [pod.port] }, { bodyStallMs: 100 })
    const socket = connect({ port: router.port, host: '127.0.0.1' }).on('error', () => {})
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345')
    await once(socket, 'close')
    await until(() => router.counts().clientAborts === 1 && pod.open() === 0, 'it is over')
  })

  test('a body that moves slowly but moves is not cut off', async () => {
    const pod = opened(await startPod((req, res) => void req.resume().on('end', () => res.end('ok'))))
    const router = await routerTo({ v1: [pod.port] }, { bodyStallMs: 250 })
    const req = request({ host: '127.0.0.1', port: router.port, method: 'POST', agent: false })
    for (let i = 0; i < 8; i++) {
      req.write('x')
      await new Promise(resolve => setTimeout(resolve, 60))
    }
    req.end()
    const [answer] = (await once(req, 'response')) as [IncomingMessage]
    assert.equal(answer.statusCode, 200)
  })

  test('an early answer to an upload reaches the client although the pod reads no further', async () => {
    const pod = opened(
      await startRawPod(socket =>
        socket.once('data', () => {
          socket.pause()
          socket.write('HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig')
        }),
      ),
    )
    const router = await routerTo({ v1: [pod.port] })
    const req = request({
      host: '127.0.0.1',
      port: router.port,
      method: 'POST',
      headers: { 'content-length': String(50 * MIB) },
      agent: false,
    }).on('error', () => {})
    req.write(Buffer.alloc(5 * MIB))
    const [answer] = (await once(req, 'response')) as [IncomingMessage]
    assert.equal(answer.statusCode, 413)
    assert.equal((await answer.toArray()).join(''), 'big')
    await until(() => router.counts().status4xx === 1, 'it counts as an answer')
    req.destroy()
  })

  test('Expect: 100-continue: the pod decides whether the body is sent', async () => {
    const server = await startPod((req, res) => void req.resume().on('end', () => res.end('took it')))
    const pod = opened(server)
    server.server.on('checkContinue', (req, res) => {
      if (req.url === '/no') return res.writeHead(417).end('no')
      res.writeContinue()
      return req.resume().on('end', () => res.end('took it'))
    })
    const router = await routerTo({ v1: [pod.port] })
    const agent = new Agent({ keepAlive: true })
    opened({ close: () => agent.destroy() })
    const post = async (path: string) => {
      const req = request({
        host: '127.0.0.1',
        port: router.port,
        path,
        method: 'POST',
        headers: { expect: '100-continue', 'content-length': '4' },
        agent,
      })
      let continued = false
      req.on('continue', () => {
        continued = true
        req.end('body')
      })
      req.flushHeaders()
      const [answer] = (await once(req, 'response')) as [IncomingMessage]
      const body = (await answer.toArray()).join('')
      return { continued, status: answer.statusCode, body, connection: answer.headers.connection }
    }
    assert.deepEqual(await post('/yes'), { continued: true, status: 200, body: 'took it', connection: 'keep-alive' })
    assert.deepEqual(await post('/no'), { continued: false, status: 417, body: 'no', connection: 'close' })
  })

  test('Expect: 100-continue: a pod that does not know it gets the body after a moment, and a refusing pod is passed over', async () => {
    const pod = opened(
      await startRawPod(socket => {
        let got = ''
        socket.on('data', data => {
          got += data.toString()
          if (got.endsWith('body')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        })
      }),
    )
    const router = await routerTo({ v1: [await deadPort(), pod.port] }, { continueTimeoutMs: 50 })
    for (let i = 0; i < 2; i++) {
      const answers = await exchangeBytes(router.port, [
        'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n',
        'body',
      ])
      assert.match(answers, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/)
    }
  })

  test('an unknown expectation is refused', async () => {
    const router = await routerTo({})
    assert.equal((await ask(router.port, { headers: { expect: 'magic' } })).status, 417)
  })

  test('an answer may begin before the request has ended', async () => {
    const pod = opened(
      await startPod((req, res) => void req.on('data', chunk => res.write(`<${chunk}>`)).on('end', () => res.end())),
    )
    const router = await routerTo({ v1: [pod.port] })
    const req = request({ host: '127.0.0.1', port: router.port, method: 'POST', agent: false })
    req.write('a')
    const [answer] = (await once(req, 'response')) as [IncomingMessage]
    let got = ''
    answer.on('data', chunk => (got += chunk))
    await until(() => got === '<a>', 'the first echo')
    req.end('b')
    await once(answer, 'end')
    assert.equal(got, '<a><b>')
  })

  test('heads that are too large or too slow are refused', async () => {
    const router = await routerTo({}, { headTimeoutMs: 300 })
    const large = await exchangeBytes(router.port, `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'a'.repeat(70_000)}\r\n\r\n`)
    assert.match(large, /^HTTP\/1\.1 431 .*\r\n/)
    assert.match(large, /x-sluice-router: router-1/)
    const slow = await exchangeBytes(router.port, 'GET / HTTP/1.1\r\nHost: a\r\n', { quietMs: 5_000 })
    assert.match(slow, /^HTTP\/1\.1 408 /)
    assert.equal(await exchangeBytes(router.port, 'GE', { quietMs: 5_000 }), '', 'too little to answer to')
    assert.equal(await exchangeBytes(router.port, '', { quietMs: 5_000 }), '')
  })
})
