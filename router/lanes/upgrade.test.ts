import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { type WebSocket as Socket, WebSocket, WebSocketServer } from 'ws'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachHttpLane } from '../testing/lanes.ts'
import { deadPort, exchangeBytes, startPod, startRawPod, until } from '../testing/pods.ts'
import type { TestRouter } from '../testing/router-under-test.ts'
import { settled } from '../testing/settled.ts'

eachHttpLane(startTestRouter => {
  const opened = closeAfterTests()
  const routerTo = async (pods: Parameters<TestRouter['split']>[0], limits = {}): Promise<TestRouter> => {
    const router = opened(await startTestRouter(limits))
    router.split(pods)
    return router
  }
  /** A pod that answers over WebSocket with its name in front. */
  const wsPod = async (name: string) => {
    const pod = opened(await startPod((_, res) => res.writeHead(426).end('use a websocket')))
    const sockets = new WebSocketServer({ noServer: true })
    pod.server.on('upgrade', (req, socket, head) =>
      sockets.handleUpgrade(req, socket, head, ws => ws.on('message', data => ws.send(`${name}:${data}`))),
    )
    return { ...pod, sockets: sockets.clients }
  }
  const dial = async (router: TestRouter, headers = {}): Promise<Socket> => {
    const ws = new WebSocket(`ws://127.0.0.1:${router.port}/chat?room=1`, { headers })
    await once(ws, 'open')
    return ws
  }
  const say = async (ws: Socket, text: string): Promise<string> => {
    ws.send(text)
    const [data] = await once(ws, 'message')
    await settled()
    return String(data)
  }

  test('a WebSocket passes both ways, small and large, and its end is passed on', async () => {
    const pod = await wsPod('v1')
    const router = await routerTo({ v1: [pod.port] })
    const ws = await dial(router)
    assert.equal(await say(ws, 'hello'), 'v1:hello')
    const large = 'x'.repeat(300_000)
    assert.equal(await say(ws, large), `v1:${large}`)
    assert.deepEqual([router.counts().status2xx, router.counts().inFlight], [1, 1])
    const closed = Promise.all([...pod.sockets].map(socket => once(socket, 'close')))
    ws.close(4001, 'bye')
    const codes = (await closed).map(([code]) => code)
    assert.deepEqual(codes, [4001])
    await until(() => router.counts().inFlight === 0, 'nothing is in flight')
  })

  test('a pod that closes a WebSocket closes the client`s', async () => {
    const pod = await wsPod('v1')
    const router = await routerTo({ v1: [pod.port] })
    const ws = await dial(router)
    for (const socket of pod.sockets) socket.close(4002)
    const [code] = await once(ws, 'close')
    assert.equal(code, 4002)
    await until(() => router.serving.connections === 0, 'no connection is left')
  })

  test('WebSockets are split per connection, and one stays with its version when the weights move', async () => {
    const [v1, v2] = [await wsPod('v1'), await wsPod('v2')]
    const router = await routerTo({ v1: [v1.port], v2: [v2.port], weight: 50 })
    const sockets = []
    for (let i = 0; i < 4; i++) sockets.push(await dial(router))
    const said = await Promise.all(sockets.map(ws => say(ws, '')))
    assert.deepEqual(said.toSorted(), ['v1:', 'v1:', 'v2:', 'v2:'])
    router.split({ v1: [v1.port], weight: 0 })
    assert.deepEqual(await Promise.all(sockets.map(ws => say(ws, ''))), said)
    for (const ws of sockets) ws.close()
  })

  test('the pod sees who asked, and what for', async () => {
    let head = ''
    const pod = opened(
      await startRawPod(socket =>
        socket.once('data', data => {
          head = data.toString()
          socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-Why: no\r\n\r\nno')
        }),
      ),
    )
    const router = await routerTo({ v1: [pod.port] })
    const ask =
      'GET /chat?room=1 HTTP/1.1\r\nHost: shop\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: a=b\r\n\r\n'
    const got = await exchangeBytes(router.port, ask)
    assert.match(head, /^GET \/chat\?room=1 HTTP\/1\.1\r\n/)
    for (const line of ['host: shop', 'connection: Upgrade', 'upgrade: websocket', 'cookie: a=b', 'x-forwarded-for: 127.0.0.1'])
      assert.ok(head.includes(`\r\n${line}\r\n`), `${line} in ${head}`)
    assert.match(got, /^HTTP\/1\.1 403 Forbidden\r\n/)
    assert.match(got, /X-Why: no\r\n/)
    assert.match(got, /\r\n\r\nno$/)
    await until(() => router.counts().status4xx === 1 && router.counts().inFlight === 0, 'a refusal counts as an answer')
  })

  test('bytes that come with the handshake are not lost, on either side', async () => {
    const pod = opened(
      await startRawPod(socket => {
        let got = ''
        socket.once('data', () => {
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\nhello,')
          socket.on('data', data => {
            got += data.toString()
            if (got === 'early and late') socket.end('all there')
          })
        })
      }),
    )
    const router = await routerTo({ v1: [pod.port] })
    const got = await exchangeBytes(router.port, [
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\nearly',
      ' and late',
    ])
    assert.match(got, /^HTTP\/1\.1 101 .*\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\nhello,all there$/s)
  })

  test('a canary that refuses falls back to stable for upgrades too, and without a pod there is an answer', async () => {
    const stable = await wsPod('v1')
    const router = await routerTo({ v1: [stable.port], v2: [await deadPort()], weight: 100 })
    const ws = await dial(router)
    assert.equal(await say(ws, 'x'), 'v1:x')
    assert.deepEqual([router.counts('v2').upstreamFailures, router.counts('v1').status2xx], [1, 1])
    ws.close()
    router.split({ v1: [await deadPort()] })
    const refused = new WebSocket(`ws://127.0.0.1:${router.port}/`)
    const [, answer] = await once(refused, 'unexpected-response')
    assert.deepEqual([answer.statusCode, answer.headers['x-sluice-router']], [502, 'router-1'])
  })

  test('a client that goes away during the handshake ends it at the pod', async () => {
    const pod = opened(await startRawPod(socket => void socket.resume().on('end', () => socket.end())))
    const router = await routerTo({ v1: [pod.port] })
    const socket = connect({ port: router.port, host: '127.0.0.1' })
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await until(() => pod.open() === 1, 'the pod is asked')
    socket.destroy()
    await until(() => pod.open() === 0 && router.counts().clientAborts === 1 && router.counts().inFlight === 0, 'it is over')
  })

  const REFUSED: readonly (readonly [what: string, request: string, status: string])[] = [
    ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', '405'],
    [
      'an upgrade with a body',
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 5\r\n\r\nhello',
      '400',
    ],
    ['an upgrade that no pod takes', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n', '502'],
  ]
  for (const [what, request, status] of REFUSED) {
    test(`${what}: a client that sends on after its answer, and one that does not close, are let go`, async () => {
      const router = await routerTo({ v1: [await deadPort()] })
      for (const closes of [true, false]) {
        const socket = connect({ port: router.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
        let got = ''
        socket.on('data', data => {
          if (got === '') socket.write('and what nobody has asked for')
          got += data.toString('latin1')
        })
        socket.write(request)
        await until(() => got.startsWith(`HTTP/1.1 ${status}`), 'the answer')
        if (closes) socket.destroy()
        await until(() => router.serving.connections === 0, 'the router has let it go')
        socket.destroy()
      }
    })
  }

  test('a pod that does not switch: its answer, and then the client is let go although it sends on', async () => {
    const pod = opened(await startPod((_, res) => res.writeHead(426).end('use a websocket')))
    pod.server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 3\r\n\r\nno\n'))
    const router = await routerTo({ v1: [pod.port] })
    const socket = connect({ port: router.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
    let got = ''
    socket.on('data', data => {
      got += data.toString('latin1')
    })
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n${'x'.repeat(200_000)}`)
    await until(() => got.endsWith('no\n'), 'the answer')
    await until(() => router.serving.connections === 0, 'the router has let it go')
    socket.destroy()
  })
})
