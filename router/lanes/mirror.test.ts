/** A mirror route copies requests, and those who sent them see nothing of it. */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test } from 'node:test'
import type { MirrorRoute } from '../../api/route.ts'
import type { Limits } from '../limits.ts'
import type { MirrorResult } from '../mirror/mirror-stats.ts'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachHttpLane } from '../testing/lanes.ts'
import { ask, deadPort, startPod, startRawPod, until } from '../testing/pods.ts'
import type { TestRouter } from '../testing/router-under-test.ts'

type Seen = { readonly line: string; readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }

const mirror = (percent: number, match: MirrorRoute['match'] = [{ path: { prefix: '/' } }]): MirrorRoute => ({
  name: 'copies',
  hash: 'v2',
  percent,
  match,
})

const copies = (router: TestRouter, result: MirrorResult): number =>
  router.serving.routes.get('shop/web')?.stats.get('v2')?.mirror.total(result) ?? 0

eachHttpLane(startTestRouter => {
  const opened = closeAfterTests()

  const aPod = async (text: string) => {
    const seen: Seen[] = []
    const pod = await startPod((req, res) => {
      const chunks: Buffer[] = []
      req.on('data', (chunk: Buffer) => chunks.push(chunk))
      req.on('end', () => {
        seen.push({ line: `${req.method} ${req.url}`, headers: req.headers, body: Buffer.concat(chunks).toString() })
        res.end(text)
      })
    })
    opened(pod)
    return { port: pod.port, seen }
  }

  const routerWith = async (
    v2: number,
    routes: readonly MirrorRoute[],
    { limits = {}, weight = 0 }: { limits?: Partial<Limits>; weight?: number } = {},
  ) => {
    const stable = await aPod('stable')
    const router = opened(await startTestRouter(limits))
    router.split({ v1: [stable.port], v2: [v2], weight, spec: { mirrorRoutes: [...routes] } })
    return { router, stable }
  }

  test('30 % are 30 copies of any 100 requests, and every request is answered by the version that it was for', async () => {
    const canary = await aPod('canary')
    const { router, stable } = await routerWith(canary.port, [mirror(30)])
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let i = 0; i < 100; i++) assert.equal((await ask(router.port, { path: `/${i}` }, agent)).body, 'stable')
    await until(() => copies(router, '2xx') === 30, 'the copies are answered')
    agent.destroy()
    assert.equal(canary.seen.length, 30)
    assert.equal(stable.seen.length, 100)
    assert.equal(router.counts('v2').requests, 0, 'a copy is no request of the version')
    assert.equal(router.counts('v1').status2xx, 100)
  })

  test('a copy is the request with its body, in one piece or in chunks, and says that it is a copy', async () => {
    const canary = await aPod('canary')
    const { router, stable } = await routerWith(canary.port, [mirror(100)])
    const long = 'x'.repeat(50_000)
    await ask(router.port, { path: '/a?b=c', headers: { 'X-User': 'me' } })
    await ask(router.port, { method: 'POST', path: '/small', body: 'hello' })
    await ask(router.port, { method: 'PUT', path: '/long', body: long })
    await ask(router.port, { method: 'POST', path: '/chunks', body: long, headers: { 'Transfer-Encoding': 'chunked' } })
    await until(() => canary.seen.length === 4, 'the copies')
    const plain = ({ line, body, headers }: Seen) => {
      const { 'x-sluice-mirror': _, connection, ...others } = headers
      assert.notEqual(connection, 'close')
      return { line, body, headers: others }
    }
    const sorted = (seen: readonly Seen[]) => seen.map(plain).sort((a, b) => (a.line < b.line ? -1 : 1))
    assert.deepEqual(sorted(canary.seen), sorted(stable.seen))
    assert.deepEqual(new Set(canary.seen.map(({ headers }) => headers['x-sluice-mirror'])), new Set(['true']))
    assert.deepEqual(new Set(stable.seen.map(({ headers }) => headers['x-sluice-mirror'])), new Set([undefined]))
  })

  test('only what matches is copied, never what goes to the version itself, and never a copy', async () => {
    const canary = await aPod('canary')
    const match = [
      { method: { exact: 'GET' }, path: { prefix: '/shop' }, headers: [{ name: 'X-Team', value: { regex: 'a|b' } }] },
    ]
    const { router } = await routerWith(canary.port, [mirror(100, match)], { weight: 50 })
    const headers = { 'X-Team': 'a' }
    const bodies: string[] = []
    for (let i = 0; i < 10; i++) bodies.push((await ask(router.port, { path: '/shop/1', headers })).body)
    await ask(router.port, { path: '/other', headers })
    await ask(router.port, { path: '/shop/2', headers: { 'X-Team': 'c' } })
    await ask(router.port, { path: '/shop/2' })
    await ask(router.port, { method: 'POST', path: '/shop/3', headers })
    await ask(router.port, { path: '/shop/4', headers: { ...headers, 'X-Sluice-Mirror': 'true' } })
    assert.equal(bodies.filter(body => body === 'stable').length, 5)
    await until(() => copies(router, '2xx') === 5, 'the copies of what went to the other version')
    const marked = canary.seen.filter(seen => seen.headers['x-sluice-mirror'] === 'true' && seen.line === 'GET /shop/1')
    assert.equal(marked.length, 5)
  })

  test('a version that refuses, breaks off or says nothing costs its copies, not the requests', async () => {
    const breaks = opened(await startRawPod(socket => void socket.once('data', () => socket.destroy())))
    const silent = opened(await startRawPod(() => {}))
    for (const [port, result] of [
      [await deadPort(), 'failure'],
      [breaks.port, 'failure'],
      [silent.port, 'dropped'],
    ] as const) {
      const { router } = await routerWith(port, [mirror(100)], { limits: { mirrorTimeoutMs: 100 } })
      for (let i = 0; i < 5; i++)
        assert.equal((await ask(router.port, { method: 'POST', body: 'x'.repeat(9_000) })).body, 'stable')
      await until(() => copies(router, result) === 5, `five are ${result}`)
      assert.equal(router.counts('v2').upstreamFailures, 0)
      assert.equal(router.counts('v1').status2xx, 5)
    }
  })

  test('no more than so many copies are under way, and the others are dropped at once', async () => {
    const silent = opened(await startRawPod(() => {}))
    const { router } = await routerWith(silent.port, [mirror(100)])
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })
    await Promise.all(Array.from({ length: 250 }, () => ask(router.port, {}, agent)))
    agent.destroy()
    assert.equal(copies(router, 'dropped'), 150)
    assert.equal(silent.open(), 100)
  })

  test('a body beyond the bound is passed on whole, and its copy is dropped', async () => {
    const canary = await aPod('canary')
    const { router, stable } = await routerWith(canary.port, [mirror(100)])
    await ask(router.port, { method: 'POST', body: 'x'.repeat(1_000_000) })
    assert.equal(stable.seen[0]?.body.length, 1_000_000)
    assert.equal(copies(router, 'dropped'), 1)
    assert.equal(canary.seen.length, 0)
  })

  test('a client that goes away before its body is whole leaves no copy', async () => {
    const canary = await aPod('canary')
    const { router } = await routerWith(canary.port, [mirror(100)])
    const agent = new Agent()
    const asking = ask(router.port, { method: 'POST', headers: { 'Content-Length': '100' }, body: 'short' }, agent)
    const refused = assert.rejects(asking)
    await until(() => router.counts('v1').inFlight === 1, 'the request is under way')
    agent.destroy()
    await refused
    await until(() => copies(router, 'dropped') === 1, 'the copy is dropped')
    assert.equal(canary.seen.length, 0)
  })
})
