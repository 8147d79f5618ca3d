/** Pods that are there by half: that end their side and go on reading, that have gone without a word, or that send a byte at a time. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachHttpLane } from '../testing/lanes.ts'
import { ask, startRawPod, type TestPod, until } from '../testing/pods.ts'
import type { TestRouter } from '../testing/router-under-test.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

eachHttpLane(startTestRouter => {
  const opened = closeAfterTests()
  const routerTo = async (...pods: readonly TestPod[]): Promise<TestRouter> => {
    const router = opened(await startTestRouter({ answerTimeoutMs: 300 }))
    router.split({ v1: pods.map(({ port }) => port) })
    return router
  }
  const podThat = async (handler: (socket: Socket) => void) => opened(await startRawPod(handler))

  test('a pod that ends its side before it has answered is a 502, and its connection is closed', async () => {
    const pod = await podThat(socket => void socket.resume().end())
    const router = await routerTo(pod)
    for (const request of [{}, { method: 'POST', body: 'hello' }]) assert.equal((await ask(router.port, request)).status, 502)
    await until(() => pod.open() === 0, 'no connection to the pod is left')
    assert.deepEqual([router.counts().upstreamFailures, router.counts().inFlight], [2, 0])
  })

  test('a pod that ends its side in the middle of its answer cuts it, one that ends it behind its answer does not', async () => {
    const cutting = await podThat(
      socket => void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok')),
    )
    await assert.rejects(ask((await routerTo(cutting)).port))
    const ending = await podThat(socket => void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nok')))
    assert.equal((await ask((await routerTo(ending)).port)).body, 'ok')
    await until(() => cutting.open() + ending.open() === 0, 'no connection to the pods is left')
  })

  test('a pod that ends its side of an idle connection and reads on gets no further request on it', async () => {
    const heard: number[] = []
    const pod = await podThat(socket => {
      let requests = 0
      socket.on('data', () => {
        heard.push(++requests)
        if (requests === 1) socket.write(OK, () => socket.end())
      })
    })
    const router = await routerTo(pod)
    for (let i = 0; i < 5; i++) {
      const { status, body } = await ask(router.port)
      assert.deepEqual([status, body], [200, 'ok'])
      await until(() => pod.open() === 0, 'the idle connection is closed')
    }
    assert.deepEqual(heard, [1, 1, 1, 1, 1])
  })

  test('a pod that has gone without a word is a 504 when there is a limit, and others are served meanwhile', async () => {
    let silent = false
    let heard = 0
    const pod = await podThat(socket =>
      socket.on('data', () => {
        heard += 1
        if (!silent) socket.write(OK)
      }),
    )
    const router = await routerTo(pod)
    assert.equal((await ask(router.port)).body, 'ok')
    // As when its node lost its power: the kept connection takes the request, and nothing comes back.
    silent = true
    const lost = ask(router.port)
    await until(() => heard === 2, 'it is asked')
    silent = false
    assert.equal((await ask(router.port)).body, 'ok')
    assert.equal((await lost).status, 504)
    assert.equal(router.counts().inFlight, 0)
  })

  test('an answer that comes a byte at a time is passed on whole, however it is framed', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\nX-Trailer: a\r\n\r\n'
    for (const [answer, ends] of [
      [OK, false],
      [chunked, false],
      ['HTTP/1.1 200 OK\r\n\r\nok', true],
    ] as const) {
      const pod = await podThat(socket => {
        socket.setNoDelay(true)
        socket.once('data', () => drip(socket, answer, ends))
      })
      const router = opened(await startTestRouter())
      router.split({ v1: [pod.port] })
      const { status, body } = await ask(router.port)
      assert.deepEqual([status, body], [200, 'ok'])
    }
  })
})

/** A byte at each turn of the event loop. */
const drip = (socket: Socket, text: string, ends: boolean): void => {
  if (text === '') return void (ends && socket.end())
  socket.write(text.slice(0, 1))
  setImmediate(() => drip(socket, text.slice(1), ends))
}
