import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectH2, createServer as createH2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { makeAuthority, makeServing } from '../../kube/certificate-pair.ts'
import { closeAfterTests } from '../testing/cleanup.ts'
import { deadPort, exchangeBytes, startRawPod, until } from '../testing/pods.ts'
import { startTestRouter, type TestRouter } from '../testing/router-under-test.ts'
import { settled } from '../testing/settled.ts'

const opened = closeAfterTests()
const routerTo = async (pods: Parameters<TestRouter['split']>[0]): Promise<TestRouter> => {
  const router = opened(await startTestRouter({ connectTimeoutMs: 500 }))
  router.split(pods)
  return router
}
const echoPod = async (name: string) =>
  opened(
    await startRawPod(
      socket => void socket.on('data', data => socket.write(`${name}:${data.toString('latin1')}`)).on('end', () => socket.end()),
    ),
  )

test('TLS and unknown bytes are passed as they are', async () => {
  const pod = await echoPod('v1')
  const router = await routerTo({ v1: [pod.port] })
  for (const bytes of ['\x16\x03\x01\x00\x05hello', '*1\r\n$4\r\nPING\r\n', 'SSH-2.0-x\r\n']) {
    assert.equal(await exchangeBytes(router.port, bytes), `v1:${bytes}`)
  }
  await until(() => router.counts().status2xx === 3 && router.counts().inFlight === 0, 'each connection counts once')
})

test('TLS reaches the pod unopened, split per connection: each stays with its version, whatever it says', async () => {
  const authority = await makeAuthority('a test', Date.now())
  const { key, cert } = await makeServing(authority, ['web'], Date.now())
  const podThatSays = async (name: string) => {
    const server = createTlsServer({ key, cert }, socket => {
      socket.on('error', () => {})
      socket.on('data', data => void socket.write(`${name}:${String(data)}`))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    opened({ close: () => server.close() })
    return (server.address() as AddressInfo).port
  }
  const router = await routerTo({ v1: [await podThatSays('v1')], v2: [await podThatSays('v2')], weight: 50 })
  const versions: string[] = []
  for (let i = 0; i < 4; i++) {
    const socket = connectTls({ port: router.port, host: '127.0.0.1', ca: authority.cert, servername: 'web' })
    const heard: string[] = []
    for (const word of ['GET / HTTP/1.1', 'again', 'more']) {
      socket.write(word)
      const [data] = await once(socket, 'data')
      heard.push(String(data))
    }
    const version = heard[0]?.slice(0, 2) ?? ''
    assert.deepEqual(heard, [`${version}:GET / HTTP/1.1`, `${version}:again`, `${version}:more`])
    versions.push(version)
    socket.destroy()
  }
  assert.deepEqual(versions.sort(), ['v1', 'v1', 'v2', 'v2'])
})

test('on a tcp port HTTP/2 is passed as it is, per connection', async () => {
  const server = createH2()
  server.on('stream', stream => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end('hi')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened({ close: () => server.close() })
  const router = await routerTo({})
  router.split({
    v1: [(server.address() as AddressInfo).port],
    spec: { ports: [{ name: 'http', port: 80, listenPort: router.port, protocol: 'tcp' }] },
  })
  await settled()
  const session = connectH2(`http://127.0.0.1:${router.port}`)
  for (let i = 0; i < 3; i++) {
    const stream = session.request({ ':path': '/svc/Method', ':method': 'POST' })
    stream.end('x')
    const [trailers] = await once(stream.resume(), 'trailers')
    assert.equal(trailers['grpc-status'], '0')
  }
  session.close()
  await until(() => router.counts().requests === 1 && router.counts().inFlight === 0, 'the connection has ended, and counts')
  assert.equal(router.counts().requests, 1, 'once')
})

test('on a tcp port the server may speak first', async () => {
  const pod = opened(await startRawPod(socket => void socket.end('220 ready\r\n')))
  const router = opened(await startTestRouter())
  router.split({ v1: [pod.port], spec: { ports: [{ name: 'http', port: 25, listenPort: router.port, protocol: 'tcp' }] } })
  assert.equal(await exchangeBytes(router.port, ''), '220 ready\r\n')
})

test('a side that ends its half can still read the other`s', async () => {
  const pod = opened(
    await startRawPod(socket => {
      let got = ''
      socket.on('data', data => (got += data.toString()))
      socket.on('end', () => socket.end(`whole: ${got}`))
    }),
  )
  const router = await routerTo({ v1: [pod.port] })
  const socket = connect({ port: router.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.end('* half')
  assert.equal((await socket.toArray()).join(''), 'whole: * half')
  await until(() => router.serving.connections === 0 && pod.open() === 0, 'both sides are closed')
})

test('connections are split exactly, and a refusing canary falls back to stable', async () => {
  const [v1, v2] = [await echoPod('v1'), await echoPod('v2')]
  const router = await routerTo({ v1: [v1.port], v2: [v2.port], weight: 20 })
  const answers = await Promise.all(Array.from({ length: 20 }, () => exchangeBytes(router.port, '*x')))
  assert.equal(answers.filter(answer => answer === 'v2:*x').length, 4)
  router.split({ v1: [v1.port], v2: [await deadPort()], weight: 100 })
  assert.equal(await exchangeBytes(router.port, '*x'), 'v1:*x')
  assert.equal(router.counts('v2').upstreamFailures, 1)
})

test('without a pod the connection is closed', async () => {
  const router = await routerTo({ v1: [await deadPort()] })
  assert.equal(await exchangeBytes(router.port, '*x', { quietMs: 5_000 }), '')
  await until(() => router.counts().upstreamFailures === 1 && router.counts().inFlight === 0, 'it is counted')
})

test('either side that breaks off ends the other', async () => {
  const pod = await echoPod('v1')
  const router = await routerTo({ v1: [pod.port] })
  const socket = connect({ port: router.port, host: '127.0.0.1' })
  socket.write('*x')
  await once(socket, 'data')
  socket.resetAndDestroy()
  await until(() => pod.open() === 0 && router.counts().inFlight === 0, 'the pod`s side is closed')
  const breaking = opened(await startRawPod(pods => void pods.once('data', () => pods.resetAndDestroy())))
  router.split({ v1: [breaking.port] })
  await exchangeBytes(router.port, '*x', { quietMs: 5_000 })
  await until(() => router.counts().upstreamFailures === 1, 'a pod that resets failed')
})
