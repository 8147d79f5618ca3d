/** What is HTTP/2's own: streams that are split one by one, trailers, resets, goodbyes. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants } from 'node:http2'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { PROBE_HEADER, PROBE_PATH } from '../../../api/names.ts'
import { closeAfterTests } from '../../testing/cleanup.ts'
import { askH2, askOn, dialH2, startH2Pod, startStreamPod } from '../../testing/h2-peers.ts'
import { deadPort, startPod, startRawPod, until } from '../../testing/pods.ts'
import { startTestRouter, type TestRouter } from '../../testing/router-under-test.ts'

const opened = closeAfterTests()
const routerTo = async (pods: Parameters<TestRouter['split']>[0], limits = {}): Promise<TestRouter> => {
  const router = opened(await startTestRouter(limits))
  router.split(pods)
  return router
}
const podThatSays = async (text: string) => opened(await startH2Pod((_, res) => res.end(text)))
const connected = (router: TestRouter) => opened(dialH2(router.port))
const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_REFUSED_STREAM } = constants

test('the requests of one connection are split exactly, and so right after a change', async () => {
  const [v1, v2] = [await podThatSays('v1'), await podThatSays('v2')]
  const router = await routerTo({ v1: [v1.port], v2: [v2.port], weight: 20 })
  const session = connected(router)
  const share = async (times: number) => {
    const got = await Promise.all(Array.from({ length: times }, () => askOn(session)))
    return got.filter(({ body }) => body === 'v2').length
  }
  assert.equal(await share(100), 20)
  router.split({ v1: [v1.port], v2: [v2.port], weight: 37 })
  assert.equal(await share(100), 37)
  assert.deepEqual([router.counts('v1').status2xx, router.counts('v2').status2xx], [143, 57])
  assert.equal(router.serving.report()['shop/web']?.connections, 1)
})

test('a request reaches the pod as it was sent, with who sent it', async () => {
  const pod = opened(
    await startStreamPod(async (stream, headers) => {
      const body = (await stream.toArray()).join('')
      stream.respond({ ':status': 200 })
      stream.end(JSON.stringify({ headers, body }))
    }),
  )
  const router = await routerTo({ v1: [pod.port] })
  const headers = { te: 'trailers', 'x-kept': 'yes', 'proxy-authorization': 'Basic x', cookie: 'a=1; b=2' }
  const got = await askH2(router.port, { method: 'POST', path: '//a/../b?x=%20&y=a|b', headers, body: 'hello' })
  const seen = JSON.parse(got.body)
  assert.equal(seen.body, 'hello')
  assert.equal(seen.headers[':path'], '//a/../b?x=%20&y=a|b')
  assert.equal(seen.headers[':authority'], `127.0.0.1:${router.port}`)
  assert.equal(seen.headers['x-forwarded-for'], '127.0.0.1')
  assert.equal(seen.headers['x-forwarded-host'], `127.0.0.1:${router.port}`)
  assert.equal(seen.headers['x-forwarded-proto'], 'http')
  assert.equal(seen.headers['te'], 'trailers')
  assert.equal(seen.headers['x-kept'], 'yes')
  assert.equal(seen.headers['cookie'], 'a=1; b=2')
  assert.equal(seen.headers['proxy-authorization'], undefined)
  assert.deepEqual([router.counts().bytesIn, router.counts().bytesOut], [5, got.body.length])
})

test('trailers pass both ways', async () => {
  const pod = opened(
    await startStreamPod(stream => {
      stream.resume()
      stream.once('trailers', trailers => {
        stream.respond({ ':status': 200 }, { waitForTrailers: true })
        stream.once('wantTrailers', () => stream.sendTrailers({ 'x-seen': String(trailers['x-sum']) }))
        stream.end('body')
      })
    }),
  )
  const router = await routerTo({ v1: [pod.port] })
  const stream = connected(router).request({ ':method': 'POST' }, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }))
  stream.end('part')
  const [trailers] = await once(stream.resume(), 'trailers')
  assert.equal(trailers['x-seen'], '42')
})

test('interim answers pass before the answer, and a client may wait for 100 Continue', async () => {
  const pod = opened(
    await startStreamPod(async (stream, headers) => {
      if (headers['expect'] !== undefined) stream.additionalHeaders({ ':status': 100 })
      stream.additionalHeaders({ ':status': 103, link: '</a.css>' })
      const body = (await stream.toArray()).join('')
      stream.respond({ ':status': 200 })
      stream.end(body)
    }),
  )
  const router = await routerTo({ v1: [pod.port] })
  const stream = connected(router).request({ ':method': 'POST', expect: '100-continue' })
  const hints = once(stream, 'headers').then(() => once(stream, 'headers'))
  await once(stream, 'continue')
  const [hint] = await hints
  stream.end('sent after it')
  assert.deepEqual([hint[':status'], hint['link']], [103, '</a.css>'])
  assert.equal((await stream.toArray()).join(''), 'sent after it')
})

test('HEAD, 204 and 304 have no body', async () => {
  const pod = opened(
    await startH2Pod((req, res) => {
      if (req.method === 'HEAD') res.setHeader('content-length', '12345')
      res.writeHead(Number(req.url?.slice(1)) || 200).end()
    }),
  )
  const router = await routerTo({ v1: [pod.port] })
  const head = await askH2(router.port, { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '12345', ''])
  for (const status of [204, 304]) assert.equal((await askH2(router.port, { path: `/${status}` })).status, status)
  assert.deepEqual([router.counts().status2xx, router.counts().status3xx], [2, 1])
})

test('a client that resets a stream resets it at the pod, and it counts for nothing', async () => {
  const codes: number[] = []
  const pod = opened(await startStreamPod(stream => void stream.resume().once('close', () => codes.push(stream.rstCode))))
  const router = await routerTo({ v1: [pod.port] })
  const session = connected(router)
  const streams = [NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM].map(code => ({ code, stream: session.request({}) }))
  await until(() => pod.sessions.size === 1 && router.counts().inFlight === 2, 'both wait')
  await new Promise(resolve => setTimeout(resolve, 50))
  for (const { code, stream } of streams) {
    stream.on('error', () => {})
    stream.close(code)
  }
  await until(() => codes.length === 2 && router.counts().inFlight === 0, 'both have ended at the pod')
  assert.deepEqual(new Set(codes), new Set([NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM]))
  const { requests, clientAborts, upstreamFailures } = router.counts()
  assert.deepEqual({ requests, clientAborts, upstreamFailures }, { requests: 2, clientAborts: 2, upstreamFailures: 0 })
})

test('a pod that resets a stream resets it at the client with its code, before its answer and in the middle of it', async () => {
  const pod = opened(
    await startStreamPod((stream, headers) => {
      if (headers[':path'] === '/late') {
        stream.respond({ ':status': 200 })
        // close() would end the answer first.
        stream.write('half', () => stream.destroy(new Error('broken')))
      } else stream.close(NGHTTP2_ENHANCE_YOUR_CALM)
    }),
  )
  const router = await routerTo({ v1: [pod.port] })
  await assert.rejects(askH2(router.port, { path: '/early' }), /NGHTTP2_ENHANCE_YOUR_CALM/)
  await assert.rejects(askH2(router.port, { path: '/late' }), /NGHTTP2_INTERNAL_ERROR/)
  assert.deepEqual([router.counts().upstreamFailures, router.counts().requests, router.counts().retries], [2, 2, 0])
})

test('a stream that a pod refuses is asked again elsewhere, with its body', async () => {
  let refused = 0
  const refusing = opened(
    await startStreamPod(stream => {
      refused += 1
      stream.close(NGHTTP2_REFUSED_STREAM)
    }),
  )
  const pod = opened(await startH2Pod((req, res) => void req.pipe(res)))
  const router = await routerTo({ v1: [refusing.port, pod.port] })
  const got = await Promise.all(
    Array.from({ length: 10 }, () => askH2(router.port, { method: 'POST', body: 'b'.repeat(50_000) })),
  )
  assert.ok(got.every(({ body }) => body.length === 50_000))
  assert.ok(refused > 0)
  assert.equal(router.counts().upstreamFailures, 0, 'to refuse is not to fail')
  assert.equal(router.counts().retries, refused)
})

test('a client is told when every pod refuses', async () => {
  const pod = opened(await startStreamPod(stream => stream.close(NGHTTP2_REFUSED_STREAM)))
  const router = await routerTo({ v1: [pod.port] })
  await assert.rejects(askH2(router.port), /NGHTTP2_REFUSED_STREAM/)
  assert.deepEqual([router.counts().upstreamFailures, router.counts().inFlight], [1, 0])
})

test('what a pod may have seen is not asked again', async () => {
  let asked = 0
  const pod = opened(
    await startRawPod(socket => {
      // Settings, then nothing but the end as soon as a request is there.
      socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]))
      socket.on('data', bytes => {
        if (!bytes.includes(Buffer.from('PRI'))) {
          asked += 1
          socket.destroy()
        }
      })
    }),
  )
  const router = await routerTo({ v1: [pod.port] })
  const got = await askH2(router.port, { method: 'POST', body: 'x' })
  assert.deepEqual([got.status, got.body], [502, 'the pod closed the connection without an answer\n'])
  assert.equal(asked, 1)
  assert.deepEqual([router.counts().upstreamFailures, router.counts().retries], [1, 0])
})

test('a pod that speaks only HTTP/1.1 is a 502 that says so', async () => {
  const pod = opened(await startPod((_, res) => void res.end('ok')))
  const router = await routerTo({ v1: [pod.port] })
  const got = await askH2(router.port)
  assert.deepEqual([got.status, got.body], [502, 'the pod does not speak HTTP/2\n'])
})

test('streams share a connection to the pod until it allows no more, and then there is a second one', async () => {
  const waiting: (() => void)[] = []
  const handler = (stream: Parameters<Parameters<typeof startStreamPod>[0]>[0]) =>
    void waiting.push(() => {
      stream.respond({ ':status': 200 })
      stream.end('ok')
    })
  const pod = opened(await startStreamPod(handler, { settings: { maxConcurrentStreams: 10 } }))
  const router = await routerTo({ v1: [pod.port] })
  const session = connected(router)
  const asking = Array.from({ length: 25 }, () => askOn(session))
  await until(() => waiting.length === 25, 'all have arrived')
  assert.equal(pod.connections(), 3)
  for (const answer of waiting) answer()
  assert.ok((await Promise.all(asking)).every(({ body }) => body === 'ok'))
  assert.equal(router.counts().upstreamFailures, 0)
})

test('a pod that says goodbye finishes what it has, and what it did not look at is asked on a new connection', async () => {
  const pod = opened(
    await startStreamPod((stream, headers) => {
      // Goodbye in the face of the streams behind this one.
      if (headers[':path'] === '/last') stream.session?.close()
      stream.respond({ ':status': 200 })
      setTimeout(() => stream.end('ok'), 20)
    }),
  )
  const router = await routerTo({ v1: [pod.port] })
  const session = connected(router)
  for (let round = 0; round < 10; round++) {
    const paths = ['/1', '/2', '/last', '/4', '/5', '/6']
    const got = await Promise.all(paths.map(path => askOn(session, { path, method: 'POST', body: 'x' })))
    assert.ok(got.every(({ body }) => body === 'ok'))
  }
  assert.ok(pod.connections() > 1)
  assert.equal(router.counts().upstreamFailures, 0)
})

test('a router that drains says goodbye: streams under way are finished, and those that cross it are served', async () => {
  const waiting: (() => void)[] = []
  const pod = opened(await startH2Pod((_, res) => void waiting.push(() => res.end('ok'))))
  const router = await routerTo({ v1: [pod.port] })
  const session = connected(router)
  const asking = [askOn(session), askOn(session)]
  await until(() => waiting.length === 2, 'both are under way')
  const goodbye = once(session, 'goaway')
  router.startDraining()
  const [code] = await goodbye
  assert.equal(code, 0)
  for (const answer of waiting) answer()
  assert.ok((await Promise.all(asking)).every(({ body }) => body === 'ok'))
  await until(() => router.serving.connections === 0, 'the connection is closed')
})

test('an idle connection is closed with a goodbye after a while', async () => {
  const pod = await podThatSays('ok')
  const router = await routerTo({ v1: [pod.port] }, { keepAliveMs: 200 })
  const session = connected(router)
  const goodbye = once(session, 'goaway')
  assert.equal((await askOn(session)).body, 'ok')
  const [code] = await goodbye
  assert.equal(code, 0)
  await until(() => router.serving.connections === 0, 'it is closed')
})

test('a pod that leaves the table keeps its streams, and its connection ends with the last of them', async () => {
  let answer = (): void => {}
  const old = opened(
    await startH2Pod((_, res) => {
      answer = () => res.end('slow')
    }),
  )
  const router = await routerTo({ v1: [old.port] })
  const session = connected(router)
  const slow = askOn(session)
  await until(() => old.open() === 1 && router.counts().inFlight === 1, 'it is asked')
  router.split({ v1: [(await podThatSays('young')).port] })
  assert.equal((await askOn(session)).body, 'young')
  assert.equal(old.open(), 1)
  answer()
  assert.equal((await slow).body, 'slow')
  await until(() => old.open() === 0, 'and then it is closed')
})

test('the probe is answered by the router itself', async () => {
  const pod = await podThatSays('pod')
  const router = await routerTo({ v1: [pod.port] })
  const probe = await askH2(router.port, { path: PROBE_PATH, headers: { [PROBE_HEADER]: '1' } })
  assert.deepEqual(JSON.parse(probe.body), { router: 'router-1', route: 'shop/web', version: 2, draining: false })
  assert.equal((await askH2(router.port, { path: PROBE_PATH })).body, 'pod')
  assert.equal(router.counts().requests, 1)
})

test('two hosts in one request and CONNECT are refused', async () => {
  const pod = await podThatSays('pod')
  const router = await routerTo({ v1: [pod.port] })
  const got = await askH2(router.port, { headers: { ':authority': 'a', host: 'b' } })
  assert.deepEqual([got.status, got.body], [400, ':authority and Host are two different hosts\n'])
  const stream = connected(router).request({ ':method': 'CONNECT', ':authority': 'a:443' })
  const [answer] = await once(stream, 'response')
  assert.equal(answer[':status'], 405)
  stream.close()
  assert.equal(router.counts().requests, 0)
})

test('a client that goes away while its pod is dialled leaves nothing behind', async () => {
  // Accepts and says nothing: the settings never come.
  const mute = opened(await startRawPod(socket => void socket.resume().on('end', () => socket.end())))
  const router = await routerTo({ v1: [mute.port] }, { connectTimeoutMs: 300 })
  const session = dialH2(router.port)
  const stream = session.request({})
  stream.on('error', () => {})
  await until(() => router.counts().inFlight === 1, 'it is being asked')
  session.destroy()
  await until(() => router.counts().inFlight === 0 && mute.open() === 0, 'all is closed')
  assert.deepEqual([router.counts().clientAborts, router.counts().upstreamFailures], [1, 0])
  const late = await askH2(router.port)
  assert.deepEqual([late.status, late.body], [504, 'the pod did not accept a connection in time\n'])
})

test('gRPC clients are told in their own words that no pod answers', async () => {
  const router = await routerTo({ v1: [await deadPort()] })
  const got = await askH2(router.port, { method: 'POST', headers: { 'content-type': 'application/grpc' }, body: 'x' })
  assert.deepEqual(
    [got.status, got.headers['grpc-status'], got.headers['grpc-message'], got.headers['x-sluice-router']],
    [200, '14', 'the pod refused the connection', 'router-1'],
  )
})

test('events of an open answer are passed as they come, and a client that leaves ends it at the pod', async () => {
  let say = (_: string): void => {}
  let closed = false
  const pod = opened(
    await startStreamPod(stream => {
      stream.respond({ ':status': 200, 'content-type': 'text/event-stream' })
      stream.once('close', () => {
        closed = true
      })
      say = event => void stream.write(`data: ${event}\n\n`)
      say('0')
    }),
  )
  const router = await routerTo({ v1: [pod.port] })
  const stream = connected(router).request({ ':path': '/events' })
  stream.on('error', () => {})
  for (const event of ['0', '1', '2']) {
    const [heard] = await once(stream, 'data')
    assert.equal(String(heard), `data: ${event}\n\n`)
    say(String(Number(event) + 1))
  }
  stream.close(NGHTTP2_CANCEL)
  await until(() => closed && router.counts().clientAborts === 1 && router.counts().inFlight === 0, 'the pod knows it')
  assert.equal(router.counts().clientAborts, 1)
})

test('a pod that breaks its connection off without a word costs the streams on it, and the next ones get a new connection', async () => {
  let silent = true
  const pod = opened(await startStreamPod(stream => void (silent || stream.respond({ ':status': 200 }, { endStream: true }))))
  const sockets = new Set<Socket>()
  pod.server.on('connection', (socket: Socket) => sockets.add(socket))
  const router = await routerTo({ v1: [pod.port] })
  const session = connected(router)
  const lost = [askOn(session), askOn(session, { method: 'POST', body: 'hello' })]
  await until(() => router.counts().inFlight === 2, 'both are asked')
  for (const socket of sockets) socket.destroy()
  assert.deepEqual(
    (await Promise.all(lost)).map(({ status }) => status),
    [502, 502],
  )
  silent = false
  assert.equal((await askOn(session)).status, 200)
  assert.deepEqual([router.counts().upstreamFailures, router.counts().inFlight], [2, 0])
})
