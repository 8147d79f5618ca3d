import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachHttpLane, eachLane } from '../testing/lanes.ts'
import { TEST_WORKERS } from '../testing/path-under-test.ts'
import { ask, deadPort, startPod, startRawPod, until } from '../testing/pods.ts'
import type { TestRouter } from '../testing/router-under-test.ts'

/** What looks at pods as the router sees them must be in its process. */
const inside = { skip: TEST_WORKERS > 0 && 'the router is another process' }

eachLane((startTestRouter, { ask, startPod }) => {
  const opened = closeAfterTests()
  const routerTo = async (pods: Parameters<TestRouter['split']>[0], limits = {}): Promise<TestRouter> => {
    const router = opened(await startTestRouter(limits))
    router.split(pods)
    return router
  }
  const podThatSays = async (text: string) =>
    opened(await startPod((req, res) => void req.resume().on('end', () => res.end(text))))

  test('without a ready pod the router answers 503 with its name and a line of text', async () => {
    const router = await routerTo({})
    const got = await ask(router.port)
    assert.deepEqual(
      [got.status, got.headers['x-sluice-router'], got.body],
      [503, 'router-1', 'no pod is ready to take this request\n'],
    )
    assert.equal(router.counts().upstreamFailures, 1)
    assert.equal(router.counts().status5xx, 0, 'it is not an answer of the version')
  })

  test('when every pod refuses the answer is 502', async () => {
    const router = await routerTo({ v1: [await deadPort(), await deadPort()] })
    const got = await ask(router.port, { method: 'POST', body: 'x' })
    assert.deepEqual(
      [got.status, got.headers['x-sluice-router'], got.body],
      [502, 'router-1', 'the pod refused the connection\n'],
    )
    assert.deepEqual([router.counts().upstreamFailures, router.counts().retries, router.counts().inFlight], [1, 1, 0])
  })

  test(
    'of pods that refuse at most half are left out; those that are not are tried last, and nothing is lost',
    inside,
    async () => {
      const pod = await podThatSays('alive')
      const dead = await Promise.all([deadPort(), deadPort()])
      const router = await routerTo({ v1: [...dead, pod.port] })
      for (let i = 0; i < 20; i++) assert.equal((await ask(router.port)).body, 'alive')
      const [version] = router.serving.routes.get('shop/web')?.versions ?? []
      const pods = version?.pools.get('http')?.upstreams ?? []
      assert.equal(pods.length, 3)
      const leftOut = pods.filter(one => one.isLeftOut && one.downUntil > Date.now()).length
      assert.ok(leftOut <= 1 && pods.filter(one => one.downUntil > 0).length === 2, `${leftOut} are left out`)
    },
  )

  test('the only pod of a canary is never left out: it is tried each time, and stable answers', inside, async () => {
    const pod = await podThatSays('alive')
    const router = await routerTo({ v1: [pod.port], v2: [await deadPort()], weight: 100 })
    for (let i = 0; i < 5; i++) assert.equal((await ask(router.port)).body, 'alive')
    assert.deepEqual([router.counts('v2').upstreamFailures, router.counts('v2').fallbacks], [5, 5])
    const [upstream] = router.serving.routes.get('shop/web')?.versions[1]?.pools.get('http')?.upstreams ?? []
    assert.deepEqual([upstream?.isLeftOut, (upstream?.downUntil ?? 0) > 0], [false, true])
  })

  test('a pod that refuses is passed over: another one of the same version answers, also with a body', async () => {
    const pod = await podThatSays('alive')
    const router = await routerTo({ v1: [await deadPort(), pod.port] })
    for (let i = 0; i < 6; i++)
      assert.equal((await ask(router.port, { method: 'POST', body: 'b'.repeat(100_000) })).body, 'alive')
    const { status2xx, upstreamFailures, retries } = router.counts()
    assert.equal(status2xx, 6)
    assert.ok(upstreamFailures >= 1 && upstreamFailures === retries, `${upstreamFailures} failures, ${retries} retries`)
  })

  test('a canary that refuses connections falls back to stable: no client sees it, and every request counts against the canary', async () => {
    const stable = await podThatSays('stable')
    const router = await routerTo({ v1: [stable.port], v2: [await deadPort()], weight: 20 })
    const bodies = []
    for (let i = 0; i < 100; i++) bodies.push((await ask(router.port, i % 2 ? { method: 'POST', body: 'x' } : {})).body)
    assert.deepEqual(new Set(bodies), new Set(['stable']))
    const [v1, v2] = [router.counts('v1'), router.counts('v2')]
    assert.deepEqual([v1.requests, v1.status2xx, v1.upstreamFailures], [100, 100, 0])
    assert.deepEqual([v2.requests, v2.upstreamFailures, v2.fallbacks], [20, 20, 20])
  })

  test('a canary without pods falls back to stable and counts against the canary', async () => {
    const stable = await podThatSays('stable')
    const router = await routerTo({ v1: [stable.port], weight: 50 })
    for (let i = 0; i < 10; i++) assert.equal((await ask(router.port)).body, 'stable')
    assert.deepEqual(
      [router.counts('v2').upstreamFailures, router.counts('v2').fallbacks, router.counts('v1').status2xx],
      [5, 5, 10],
    )
  })

  test('stable never falls back to the canary', async () => {
    const canary = await podThatSays('canary')
    const router = await routerTo({ v2: [canary.port], weight: 50 })
    const statuses = []
    for (let i = 0; i < 10; i++) statuses.push((await ask(router.port)).status)
    assert.deepEqual([statuses.filter(s => s === 200).length, statuses.filter(s => s === 503).length], [5, 5])
  })

  test('a pod that does not answer within a set limit is a 504', async () => {
    let letGo = false
    const pod = opened(
      await startPod((_, res) => {
        res.once('close', () => {
          letGo = true
        })
      }),
    )
    const router = await routerTo({ v1: [pod.port] }, { answerTimeoutMs: 100 })
    const got = await ask(router.port)
    assert.deepEqual([got.status, got.body], [504, 'the pod did not answer in time\n'])
    assert.equal(router.counts().upstreamFailures, 1)
    await until(() => letGo, 'the pod is let go')
  })
})

eachHttpLane(startTestRouter => {
  const opened = closeAfterTests()
  const routerTo = async (pods: Parameters<TestRouter['split']>[0], limits = {}): Promise<TestRouter> => {
    const router = opened(await startTestRouter(limits))
    router.split(pods)
    return router
  }
  const podThatSays = async (text: string) =>
    opened(await startPod((req, res) => void req.resume().on('end', () => res.end(text))))

  test('a pod that closes without an answer is a 502, and nothing is sent twice', async () => {
    let seen = 0
    const pod = opened(
      await startRawPod(socket =>
        socket.once('data', () => {
          seen += 1
          socket.destroy()
        }),
      ),
    )
    const router = await routerTo({ v1: [pod.port] })
    for (const method of ['GET', 'POST']) {
      const got = await ask(router.port, { method })
      assert.deepEqual([got.status, got.body], [502, 'the pod closed the connection without an answer\n'])
    }
    assert.equal(seen, 2)
    assert.equal(router.counts().upstreamFailures, 2)
  })

  test('a pod that answers nonsense, or switches protocols unasked, is a 502', async () => {
    for (const answer of [
      'nonsense\r\n\r\n',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ]) {
      const pod = opened(await startRawPod(socket => socket.once('data', () => socket.end(answer))))
      const router = await routerTo({ v1: [pod.port] })
      assert.equal((await ask(router.port)).status, 502, answer)
      assert.equal(router.counts().upstreamFailures, 1)
      assert.equal(router.counts().inFlight, 0)
    }
  })

  test('a kept connection that the pod has closed meanwhile costs a GET nothing: it is asked again on a new one', async () => {
    let requests = 0
    let cutNext = false
    const pod = opened(
      await startRawPod(socket => {
        socket.on('data', () => {
          if (cutNext) {
            // As if the pod had closed while it was idle, and the request had crossed the close.
            cutNext = false
            return void socket.resetAndDestroy()
          }
          requests += 1
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        })
      }),
    )
    const router = await routerTo({ v1: [pod.port] })
    for (let i = 0; i < 5; i++) {
      assert.equal((await ask(router.port)).body, 'ok')
      cutNext = true
      assert.equal((await ask(router.port)).body, 'ok')
    }
    assert.equal(requests, 10)
    assert.deepEqual(
      [router.counts().retries, router.counts().upstreamFailures, router.counts().status2xx],
      [5, 0, 10],
      'it is nobody`s failure',
    )
    assert.equal((await ask(router.port)).body, 'ok')
    cutNext = true
    assert.equal((await ask(router.port, { method: 'POST', body: 'x' })).status, 502, 'a POST may have been acted on')
  })

  test('a pod that does not accept in time is a 504 for stable, and falls back from the canary', async () => {
    // A listener with a full backlog that never accepts leaves connections waiting.
    const full = await fullBacklog()
    const router = await routerTo({ v1: [full.port] }, { connectTimeoutMs: 100 })
    const got = await ask(router.port)
    assert.deepEqual([got.status, got.body], [504, 'the pod did not accept a connection in time\n'])
    const stable = await podThatSays('stable')
    router.split({ v1: [stable.port], v2: [full.port], weight: 100 })
    assert.equal((await ask(router.port)).body, 'stable')
    assert.equal(router.counts('v2').upstreamFailures, 1)
  })

  const fullBacklog = async (): Promise<{ readonly port: number }> => {
    const holder = spawn(
      process.execPath,
      [
        '-e',
        `
    const net = require('node:net')
    const server = net.createServer(() => {}).listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      const { port } = server.address()
      // The kernel completes connections up to the backlog; nobody accepts them while this process stands still.
      process.stdout.write(String(port) + '\\n', () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) })
    })`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    opened({ close: () => holder.kill('SIGKILL') })
    const [line] = (await once(holder.stdout, 'data')) as [Buffer]
    const port = Number(line.toString())
    for (let i = 0; i < 4; i++) {
      const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
      opened({ close: () => socket.destroy() })
    }
    return { port }
  }

  test('a pod that leaves the table keeps its requests and loses its idle connections', async () => {
    let answer = (): void => {}
    const old = opened(
      await startPod((req, res) => {
        if (req.url === '/slow') answer = () => res.end('slow')
        else res.end('old')
      }),
    )
    const young = await podThatSays('young')
    const router = await routerTo({ v1: [old.port] })
    const agent = new Agent({ keepAlive: true })
    const slow = ask(router.port, { path: '/slow' }, agent)
    assert.equal((await ask(router.port, {}, agent)).body, 'old')
    router.split({ v1: [young.port] })
    assert.equal((await ask(router.port, {}, agent)).body, 'young')
    await until(() => old.open() === 1, 'only the busy connection is left')
    answer()
    assert.equal((await slow).body, 'slow')
    await until(() => old.open() === 0, 'and then it is closed too')
    agent.destroy()
  })
})
