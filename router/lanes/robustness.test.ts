/** Clients and pods that are slow, half dead or hostile: a clear status, and nobody else notices. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachHttpLane } from '../testing/lanes.ts'
import { ask, exchangeBytes, startPod, startRawPod, until } from '../testing/pods.ts'
import type { TestRouter } from '../testing/router-under-test.ts'
import { settled } from '../testing/settled.ts'

/** A head without an end. */
const sayHeadersOn = (socket: Socket) => {
  socket.write('HTTP/1.1 200 OK\r\n')
  const timer = setInterval(() => socket.write(`X-A: ${'a'.repeat(10_000)}\r\n`), 1)
  socket.on('close', () => clearInterval(timer))
}

eachHttpLane(startTestRouter => {
  const opened = closeAfterTests()
  const routerTo = async (pods: Parameters<TestRouter['split']>[0], limits = {}): Promise<TestRouter> => {
    const router = opened(await startTestRouter(limits))
    router.split(pods)
    return router
  }
  const podThatSays = async (text: string) =>
    opened(await startPod((req, res) => void req.resume().on('end', () => res.end(text))))

  test('heads that come a byte at a time have as long as any other, and others are served meanwhile', async () => {
    const pod = await podThatSays('ok')
    const router = await routerTo({ v1: [pod.port] }, { headTimeoutMs: 400 })
    const drips = Array.from({ length: 40 }, () => {
      const socket = connect({ port: router.port, host: '127.0.0.1' }).on('error', () => {})
      socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ')
      const timer = setInterval(() => socket.write('a'), 20)
      socket.on('close', () => clearInterval(timer)).resume()
      return socket
    })
    assert.equal((await ask(router.port)).body, 'ok')
    await until(() => drips.every(({ closed }) => closed), 'all of them are cut')
    await settled()
    assert.equal(router.counts().requests, 1, 'none of them reached a pod')
    assert.equal(router.serving.connections, 0)
  })

  test('a head of 60 KB passes, in one piece or in many', async () => {
    const pod = opened(await startPod((req, res) => res.end(String(req.headers['x-long']?.length))))
    const router = await routerTo({ v1: [pod.port] })
    const head = `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'a'.repeat(60_000)}\r\n\r\n`
    assert.match(await exchangeBytes(router.port, head), /\r\n60000|60000$/)
    const socket = connect({ port: router.port, host: '127.0.0.1', noDelay: true })
    let got = ''
    socket.on('data', data => {
      got += data.toString('latin1')
    })
    for (let at = 0; at < head.length; at += 3_000) {
      socket.write(head.slice(at, at + 3_000))
      await new Promise(setImmediate)
    }
    await until(() => got.includes('60000'), 'it is answered')
    socket.destroy()
  })

  test('a pod that stops in the middle of its head is a 504 when there is a limit', async () => {
    const pod = opened(
      await startRawPod(socket => {
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nX-A: '))
        socket.on('end', () => socket.end())
      }),
    )
    const router = await routerTo({ v1: [pod.port] }, { answerTimeoutMs: 100 })
    assert.equal((await ask(router.port)).status, 504)
    await until(() => pod.open() === 0, 'the pod is let go')
    assert.deepEqual([router.counts().upstreamFailures, router.counts().inFlight], [1, 0])
  })

  test('a pod whose head has no end is a 502, not memory', async () => {
    const pod = opened(await startRawPod(socket => void socket.once('data', () => sayHeadersOn(socket))))
    const router = await routerTo({ v1: [pod.port] })
    assert.equal((await ask(router.port)).status, 502)
    await until(() => pod.open() === 0, 'the pod is let go')
  })

  test('a pod that says something nobody asked for loses its connection, and the next request is not answered with it', async () => {
    const pod = opened(
      await startRawPod(socket =>
        socket.on('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
        }),
      ),
    )
    const router = await routerTo({ v1: [pod.port] })
    for (let i = 0; i < 5; i++) assert.equal((await ask(router.port)).body, 'ok')
  })
})
