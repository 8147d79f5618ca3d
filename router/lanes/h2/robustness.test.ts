/** Clients and pods of HTTP/2 that are slow, greedy or hostile: memory stays bounded, and nobody else notices. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { closeAfterTests } from '../../testing/cleanup.ts'
import { CONTINUATION, frame, GET, HEADERS, PREFACE, RST_STREAM, SETTINGS } from '../../testing/frames.ts'
import { askH2, askOn, dialH2, startH2Pod, startStreamPod } from '../../testing/h2-peers.ts'
import { until } from '../../testing/pods.ts'
import { startTestRouter, type TestRouter } from '../../testing/router-under-test.ts'

const opened = closeAfterTests()
const routerTo = async (pods: Parameters<TestRouter['split']>[0], limits = {}): Promise<TestRouter> => {
  const router = opened(await startTestRouter(limits))
  router.split(pods)
  return router
}
const MIB = 1024 * 1024
const rssMiB = () => process.memoryUsage().rss / MIB

const RESET = Buffer.from([0, 0, 0, 8])

/** Bytes as they are, after the preface and settings. */
const rawClient = (port: number): Socket => {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {}).resume()
  socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)]))
  return opened(Object.assign(socket, { close: () => socket.destroy() }))
}

test('a client that opens and resets streams without end is cut off, and others on the same pod do not notice', async () => {
  let asked = 0
  const pod = opened(
    await startStreamPod((stream, headers) => {
      asked += 1
      if (headers[':path'] !== '/good') return
      stream.respond({ ':status': 200 })
      stream.end('ok')
    }),
  )
  const router = await routerTo({ v1: [pod.port] })
  const good = opened(dialH2(router.port))
  assert.equal((await askOn(good, { path: '/good' })).body, 'ok')
  const hostile = rawClient(router.port)
  let cut = false
  hostile.once('close', () => {
    cut = true
  })
  let id = 1
  while (!cut && id < 40_000) {
    const burst: Buffer[] = []
    for (let i = 0; i < 50; i++, id += 2) burst.push(frame(HEADERS, 5, id, GET), frame(RST_STREAM, 0, id, RESET))
    hostile.write(Buffer.concat(burst))
    assert.equal((await askOn(good, { path: '/good' })).body, 'ok')
  }
  await until(() => cut, 'it is cut off')
  assert.ok(id < 2 * 5_000, `after ${id / 2} streams`)
  assert.ok(asked < 5_000)
  assert.equal(router.counts().upstreamFailures, 0)
  await until(() => router.counts().inFlight === 0 && router.serving.connections === 1, 'nothing is left of it')
})

test('many clients that reset streams do not make the pod cut the connection that they share', async () => {
  const pod = opened(
    await startStreamPod((stream, headers) => {
      if (headers[':path'] !== '/good') return
      stream.respond({ ':status': 200 })
      setTimeout(() => stream.end('ok'), 5)
    }),
  )
  const router = await routerTo({ v1: [pod.port] })
  const good = opened(dialH2(router.port))
  for (let round = 0; round < 6; round++) {
    const clients = Array.from({ length: 4 }, () => dialH2(router.port))
    for (const client of clients) {
      const streams = Array.from({ length: 150 }, () => client.request({}).on('error', () => {}))
      await until(() => router.counts().inFlight >= 150, 'they are at the pod')
      for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL)
      assert.equal((await askOn(good, { path: '/good' })).body, 'ok')
    }
    for (const client of clients) client.close()
  }
  assert.equal(router.counts().upstreamFailures, 0)
  assert.ok(pod.connections() > 1, 'connections were given up in time')
})

test('headers without end in CONTINUATION frames are cut off', async () => {
  const pod = opened(await startH2Pod((_, res) => res.end('ok')))
  const router = await routerTo({ v1: [pod.port] })
  const hostile = rawClient(router.port)
  let cut = false
  hostile.once('close', () => {
    cut = true
  })
  hostile.write(frame(HEADERS, 1, 1, GET))
  const before = rssMiB()
  // A literal header that is not indexed: x: 4000 times a.
  const field = Buffer.concat([Buffer.from([0, 1]), Buffer.from('x'), Buffer.from([0x7f, 0xa1, 0x1e]), Buffer.alloc(4_000, 'a')])
  for (let i = 0; i < 5_000 && !cut; i++) {
    hostile.write(frame(CONTINUATION, 0, 1, field))
    if (i % 50 === 0) await new Promise(setImmediate)
  }
  await until(() => cut, 'it is cut off')
  assert.ok(rssMiB() - before < 100)
  assert.equal(router.counts().requests, 0)
  assert.equal((await askH2(router.port)).body, 'ok')
})

test('a head that is too large is refused, and the connection goes on', async () => {
  const pod = opened(await startH2Pod((req, res) => res.end(String(req.headers['x-long']?.length))))
  const router = await routerTo({ v1: [pod.port] }, { maxHeadBytes: 32_768 })
  const session = opened(dialH2(router.port))
  assert.equal((await askOn(session, { headers: { 'x-long': 'a'.repeat(20_000) } })).body, '20000')
  await assert.rejects(askOn(session, { headers: { 'x-long': 'a'.repeat(40_000) } }))
  assert.equal((await askOn(session, { headers: { 'x-long': 'b' } })).body, '1')
})

test('1,000 streams at once on one connection are served, over several connections to the pod', async () => {
  const waiting: (() => void)[] = []
  const pod = opened(await startH2Pod((_, res) => void waiting.push(() => res.end('ok'))))
  const router = await routerTo({ v1: [pod.port] })
  const session = opened(dialH2(router.port))
  await once(session, 'remoteSettings')
  const asking = Array.from({ length: 1_000 }, () => askOn(session, { method: 'POST', body: 'x'.repeat(500) }))
  await until(() => waiting.length === 1_000, 'all are at the pod')
  assert.equal(router.counts().inFlight, 1_000)
  for (const answer of waiting) answer()
  assert.ok((await Promise.all(asking)).every(({ body }) => body === 'ok'))
  assert.ok(pod.connections() <= 12, `${pod.connections()} connections`)
})

test('a client that reads nothing on 500 streams holds the pod back instead of filling the router`s memory', async () => {
  let sent = 0
  const chunk = Buffer.alloc(65_536)
  const pod = opened(
    await startH2Pod((_, res) => {
      const more = (): void => {
        let goesOn = true
        while (goesOn) {
          sent += chunk.length
          goesOn = res.write(chunk)
        }
        res.once('drain', more)
      }
      more()
    }),
  )
  const router = await routerTo({ v1: [pod.port] })
  const session = opened(dialH2(router.port))
  await once(session, 'remoteSettings')
  const before = rssMiB()
  const streams = Array.from({ length: 500 }, () => session.request({}).on('error', () => {}))
  await Promise.all(streams.map(stream => once(stream, 'response')))
  let last = -1
  await until(() => {
    const still = last === sent
    last = sent
    return still
  }, 'the pod stops')
  // What the pod in this process has written waits here too: at most a window and a chunk for each of the three.
  assert.ok(sent < 500 * 5 * 65_536, `${Math.round(sent / MIB)} MiB were taken from the pod`)
  assert.ok(rssMiB() - before < 400, `${Math.round(rssMiB() - before)} MiB`)
  const other = opened(dialH2(router.port)).request({})
  await once(other.resume(), 'data')
  session.destroy()
  other.close()
  await until(() => router.counts().inFlight === 0, 'all is let go')
})

test('a pod that reads nothing holds the client back', async () => {
  const pod = opened(await startStreamPod(stream => void stream.pause()))
  const router = await routerTo({ v1: [pod.port] })
  const stream = opened(dialH2(router.port)).request({ ':method': 'POST' })
  stream.on('error', () => {})
  let sent = 0
  const more = () => {
    let goesOn = true
    while (goesOn && sent < 100 * MIB) {
      sent += 65_536
      goesOn = stream.write(Buffer.alloc(65_536))
    }
    stream.once('drain', more)
  }
  more()
  let last = -1
  await until(() => {
    const still = last === sent && sent > 0
    last = sent
    return still
  }, 'the client stops')
  assert.ok(sent < 2 * MIB, `${sent} bytes were taken`)
  stream.close()
})

test('bodies of 20 MiB pass whole in both directions at once', async () => {
  const pod = opened(await startH2Pod((req, res) => void req.pipe(res)))
  const router = await routerTo({ v1: [pod.port] })
  const body = Buffer.alloc(20 * MIB, 'abcdefg')
  const got = await askH2(router.port, { method: 'POST', body })
  assert.ok(got.body === body.toString())
  assert.deepEqual([router.counts().bytesIn, router.counts().bytesOut], [body.length, body.length])
})

test('an early answer to an upload reaches the client although the pod reads no further', async () => {
  const pod = opened(
    await startStreamPod(stream => {
      stream.respond({ ':status': 413 })
      stream.end('too much', () => stream.close(constants.NGHTTP2_NO_ERROR))
    }),
  )
  const router = await routerTo({ v1: [pod.port] })
  const stream = opened(dialH2(router.port)).request({ ':method': 'POST' })
  const timer = setInterval(() => stream.writable && stream.write(Buffer.alloc(10_000)), 1)
  let body = ''
  stream.on('data', chunk => {
    body += String(chunk)
  })
  const [answer] = await once(stream, 'response')
  await once(stream, 'close')
  clearInterval(timer)
  assert.deepEqual([answer[':status'], body], [413, 'too much'])
  await until(() => router.counts().status4xx === 1 && router.counts().inFlight === 0, 'it is counted as answered')
})
