/** How long a router waits for a pod: by the Route, where that says something. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import type { RouteTimeouts } from '../../api/route.ts'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachHttpLane, eachLane, type Peers, type StartRouter } from '../testing/lanes.ts'
import { deadPort, exchangeBytes, startRawPod, until } from '../testing/pods.ts'
import { startTestRouter } from '../testing/router-under-test.ts'

const opened = closeAfterTests()

const routerTo = async (start: StartRouter, port: number, timeouts: RouteTimeouts, limits = {}) => {
  const router = opened(await start(limits))
  router.split({ v1: [port], spec: { timeouts } })
  return router
}
const podOf = async ({ startPod }: Pick<Peers, 'startPod'>, handler: RequestListener) => opened(await startPod(handler)).port

eachLane((start, peers) => {
  test('a Route says itself how long an answer may take to begin', async () => {
    const port = await podOf(peers, () => {})
    const router = await routerTo(start, port, { responseMs: 100 }, { answerTimeoutMs: 60_000 })
    const got = await peers.ask(router.port)
    assert.deepEqual([got.status, got.body], [504, 'the pod did not answer in time\n'])
    assert.equal(router.counts().upstreamFailures, 1)
  })

  test('0 takes the limit of the router away', async () => {
    const port = await podOf(peers, (_, res) => void setTimeout(() => res.end('slow'), 400))
    const router = await routerTo(start, port, { responseMs: 0 }, { answerTimeoutMs: 50 })
    assert.equal((await peers.ask(router.port)).body, 'slow')
  })

  test('an answer that stops moving is cut and is a failure of the pod', async () => {
    const port = await podOf(peers, (_, res) => void res.write('begun'))
    const router = await routerTo(start, port, { idleMs: 150 })
    await assert.rejects(peers.ask(router.port))
    await until(() => router.counts().upstreamFailures === 1 && router.counts().inFlight === 0, 'the failure is counted')
  })

  test('one that moves on may take longer than that in all', async () => {
    const port = await podOf(peers, (_, res) => {
      let left = 20
      const timer = setInterval(() => {
        left -= 1
        if (left > 0) return void res.write('x')
        clearInterval(timer)
        res.end('x')
      }, 100)
    })
    const router = await routerTo(start, port, { idleMs: 1500 })
    assert.equal((await peers.ask(router.port)).body, 'x'.repeat(20))
  })

  test('a connection that is not accepted in time is given up', async () => {
    const router = await routerTo(start, await deadPort(), { connectMs: 200 })
    assert.equal((await peers.ask(router.port)).status, 502)
  })
})

eachHttpLane(start => {
  const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'

  test('a pod that does not answer an upgrade in time is a 504', async () => {
    const pod = opened(await startRawPod(() => {}))
    const router = await routerTo(start, pod.port, { responseMs: 100 })
    assert.match(await exchangeBytes(router.port, upgrade, { quietMs: 1000 }), /^HTTP\/1\.1 504 /)
  })

  test('an upgraded connection is cut when nothing passes for so long', async () => {
    const answer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'
    const pod = opened(await startRawPod(socket => void socket.once('data', () => socket.write(answer))))
    const router = await routerTo(start, pod.port, { idleMs: 200 })
    const socket = connect({ port: router.port, host: '127.0.0.1' })
    socket.on('error', () => {})
    socket.write(upgrade)
    await once(socket, 'data')
    await once(socket, 'close')
    await until(() => router.serving.connections === 0, 'nothing is left')
  })
})

test('a connection that is passed through is cut when nothing passes for so long, and not before', async () => {
  const pod = opened(await startRawPod(socket => void socket.on('data', data => socket.write(data))))
  const router = await routerTo(startTestRouter, pod.port, { idleMs: 1000 })
  const socket = connect({ port: router.port, host: '127.0.0.1' })
  socket.on('error', () => {})
  for (let i = 0; i < 13; i++) {
    socket.write('*1\r\n$4\r\nPING\r\n')
    await once(socket, 'data')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  assert.equal(socket.destroyed, false)
  await once(socket, 'close')
  await until(() => router.serving.connections === 0, 'nothing is left')
})
