/** A Route that leaves closes idle connections, and never one on which a request has begun to come. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachHttpLane } from '../testing/lanes.ts'
import { startPod, until } from '../testing/pods.ts'

/** The last one on its connection. */
const ANSWER = /^HTTP\/1\.1 200 .*connection: close.*hello$/is
const HEAD = 'GET / HTTP/1.1\r\nHost: web\r\n'

/** All of this process, router and client. */
const standStill = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

eachHttpLane(startTestRouter => {
  const opened = closeAfterTests()
  const aKeptConnection = async () => {
    const pod = opened(await startPod((_, res) => res.end('hello')))
    const router = opened(await startTestRouter({ idleGraceMs: 400 }))
    router.split({ v1: [pod.port] })
    const socket = connect({ port: router.port, host: '127.0.0.1' })
    let got = ''
    let failed: Error | undefined
    socket.on('data', chunk => {
      got += chunk.toString()
    })
    socket.on('error', error => {
      failed = error
    })
    socket.write(`${HEAD}\r\n`)
    await until(() => got.endsWith('hello'), 'the first answer')
    got = ''
    const closed = once(socket, 'close')
    return { router, socket, pod, closed, got: () => got, failed: () => failed }
  }

  test('a request that has arrived at a router which is behind is answered, not cut with its idle connection', async () => {
    const { router, socket, pod, closed, got, failed } = await aKeptConnection()
    router.split({ v1: [pod.port], spec: { endpoints: 'draining' } })
    // After this the loop looks at its timers, and only then at its connections: the request waits in the kernel meanwhile.
    await new Promise(resolve => setImmediate(resolve))
    socket.write(`${HEAD}\r\n`)
    standStill(800)
    await closed
    assert.equal(failed(), undefined)
    assert.match(got(), ANSWER)
  })

  test('a request of which a part has come is waited for', async () => {
    const { router, socket, pod, closed, got } = await aKeptConnection()
    router.split({ v1: [pod.port], spec: { endpoints: 'draining' } })
    let written = 0
    const slowly = setInterval(() => socket.write(`X-Part: ${written++}\r\n`), 100)
    socket.write(HEAD)
    await until(() => written >= 12, 'the head takes three times as long as a connection may be idle')
    clearInterval(slowly)
    socket.write('\r\n')
    await closed
    assert.match(got(), ANSWER)
  })

  test('a connection on which nothing comes is closed', async () => {
    const { router, pod, closed } = await aKeptConnection()
    router.split({ v1: [pod.port], spec: { endpoints: 'draining' } })
    await closed
    await until(() => router.serving.connections === 0, 'and is forgotten')
  })
})
