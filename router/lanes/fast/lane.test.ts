/** What the fast lane does itself and what it gives away, untouched. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { PROBE_PATH } from '../../../api/names.ts'
import { systemClock } from '../../../kube/clock.ts'
import { silentLogger } from '../../../kube/log.ts'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { makeHttpProxyEngine } from '../../proxy/engine.ts'
import { closeAfterTests } from '../../testing/cleanup.ts'
import { ask, startPod, until } from '../../testing/pods.ts'
import { startTestRouter } from '../../testing/router-under-test.ts'
import type { Connection, Lane } from '../connection.ts'
import { makeFastLane } from './lane.ts'

const opened = closeAfterTests()
const pod = opened(await startPod((req, res) => void req.resume().on('end', () => res.end(`<${req.url}>`))))
const router = opened(await startTestRouter())
router.split({ v1: [pod.port], spec: { sticky: { by: 'header', header: 'X-User' } } })
const route = router.serving.routes.get('shop/web')
assert.ok(route)
const [port] = route.plan.ports
assert.ok(port)

/** A fast lane before a general lane that writes down what it is given. */
const startLane = async () => {
  const given: string[] = []
  const general: Lane = {
    accept: ({ socket }) => {
      socket.on('data', data => given.push(data.toString('latin1')))
      socket.resume()
    },
    stop: () => {},
  }
  const context = {
    router: 'router-1',
    engine: makeHttpProxyEngine(),
    fastLane: true,
    limits: DEFAULT_LIMITS,
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    draining: () => false,
  }
  const lane = makeFastLane(context, general)
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, socket => {
    sockets.push(socket.on('error', () => {}))
    const connection: Connection = { socket, route, port, peer: '10.0.0.9', busy: 0, lastUsed: 0 }
    lane.accept(connection)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened({
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  const address = server.address()
  const socket = connect({ port: typeof address === 'object' ? (address?.port ?? 0) : 0, host: '127.0.0.1' }).on(
    'error',
    () => {},
  )
  opened({ close: () => socket.destroy() })
  let got = ''
  socket.on('data', data => {
    got += data.toString('latin1')
  })
  return { socket, given: () => given.join(''), got: () => got }
}

const get = (path: string, lines = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`

test('requests beyond doubt are answered here, however many come at once', async () => {
  const { socket, given, got } = await startLane()
  socket.write(get('/1') + get('/2', 'X-User: ann\r\n') + get('/3'))
  await until(() => got().includes('</3>'), 'the last one is answered')
  assert.deepEqual(got().match(/<\/\d>/g), ['</1>', '</2>', '</3>'])
  assert.equal(given(), '')
})

test('from the first one in doubt on, the connection goes to the general lane with the very bytes', async () => {
  const { socket, given, got } = await startLane()
  const odd = `${get('/odd', 'Expect: 100-continue\r\n')}and all that follows\0`
  socket.write(get('/1') + odd)
  await until(() => given() === odd, 'it has them')
  assert.deepEqual(got().match(/<\/\w+>/g), ['</1>'])
  socket.write('and more')
  await until(() => given() === `${odd}and more`, 'what comes later goes there too')
})

for (const [what, bytes] of [
  ['a probe', get(PROBE_PATH)],
  ['a header that is given twice and decides about the version', get('/a', 'X-User: a\r\nX-User: b\r\n')],
  ['a head above 64 KB', get('/a', `X: ${'a'.repeat(70_000)}\r\n`)],
] as const) {
  test(`given away: ${what}`, async () => {
    const { socket, given } = await startLane()
    socket.write(bytes)
    await until(() => given() === bytes, 'it has them')
  })
}

test('a head in more pieces than real ones is given away, whatever stands in it', async () => {
  const { socket, given } = await startLane()
  socket.setNoDelay(true)
  for (const byte of get('/slow')) {
    socket.write(byte)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  await until(() => given() === get('/slow'), 'it has them')
})

test('a client that pipelines and does not read has one request under way and no more', async () => {
  const large = opened(await startPod((_, res) => void res.end('x'.repeat(50_000))))
  const other = opened(await startTestRouter())
  other.split({ v1: [large.port] })
  const socket = connect({ port: other.port, host: '127.0.0.1' }).on('error', () => {})
  await once(socket, 'connect')
  socket.pause()
  for (let i = 0; i < 50; i++) socket.write(get('/').repeat(1_000))
  for (let i = 0; i < 200; i++) {
    await new Promise(resolve => setTimeout(resolve, 2))
    assert.ok(other.counts().inFlight <= 1)
  }
  assert.equal((await ask(other.port)).body.length, 50_000)
  socket.destroy()
  await until(() => other.counts().inFlight === 0, 'nothing is left')
})
