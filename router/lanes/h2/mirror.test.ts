/** A mirror route copies requests of HTTP/2 too, and those who sent them see nothing of it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants } from 'node:http2'
import { test } from 'node:test'
import type { MirrorRoute } from '../../../api/route.ts'
import type { Limits } from '../../limits.ts'
import type { MirrorResult } from '../../mirror/mirror-stats.ts'
import { closeAfterTests } from '../../testing/cleanup.ts'
import { askH2, askOn, dialH2, startH2Pod, startStreamPod } from '../../testing/h2-peers.ts'
import { TEST_WORKERS } from '../../testing/path-under-test.ts'
import { deadPort, startPod, until } from '../../testing/pods.ts'
import { startTestRouter, type TestRouter } from '../../testing/router-under-test.ts'

type Seen = { readonly line: string; readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }

/** How many copies are under way is known where they are. */
const inside = { skip: TEST_WORKERS > 0 && 'the router is another process' }

const opened = closeAfterTests()

const aPod = async (text: string) => {
  const seen: Seen[] = []
  const pod = opened(
    await startH2Pod((req, res) => {
      const chunks: Buffer[] = []
      req.on('data', (chunk: Buffer) => chunks.push(chunk))
      req.on('end', () => {
        seen.push({ line: `${req.method} ${req.url}`, headers: req.headers, body: Buffer.concat(chunks).toString() })
        res.end(text)
      })
    }),
  )
  return { port: pod.port, seen }
}

const mirror = (percent: number): MirrorRoute => ({ name: 'copies', hash: 'v2', percent, match: [{ path: { prefix: '/' } }] })

const copies = (router: TestRouter, result: MirrorResult): number =>
  router.serving.routes.get('shop/web')?.stats.get('v2')?.mirror.total(result) ?? 0
const openCopies = (router: TestRouter): number => router.serving.routes.get('shop/web')?.stats.get('v2')?.mirror.open ?? -1

const routerWith = async (v2: number, percent = 100, limits: Partial<Limits> = {}) => {
  const stable = await aPod('stable')
  const router = opened(await startTestRouter(limits))
  router.split({ v1: [stable.port], v2: [v2], spec: { mirrorRoutes: [mirror(percent)] } })
  return { router, stable }
}

test('30 % are 30 copies of any 100 requests, and every request is answered by the version that it was for', async () => {
  const canary = await aPod('canary')
  const { router, stable } = await routerWith(canary.port, 30)
  const session = opened(dialH2(router.port))
  for (let i = 0; i < 100; i++) assert.equal((await askOn(session, { path: `/${i}` })).body, 'stable')
  await until(() => copies(router, '2xx') === 30, 'the copies are answered')
  assert.deepEqual([canary.seen.length, stable.seen.length], [30, 100])
  assert.deepEqual([router.counts('v2').requests, router.counts('v1').status2xx], [0, 100])
  assert.equal(openCopies(router), 0)
})

test('a copy is the request with its body, and says that it is a copy; a copy is not copied again', async () => {
  const canary = await aPod('canary')
  const { router, stable } = await routerWith(canary.port)
  await askH2(router.port, { path: '/a?b=c', headers: { 'x-user': 'me' } })
  await askH2(router.port, { method: 'PUT', path: '/long', body: 'x'.repeat(50_000) })
  await askH2(router.port, { path: '/copy', headers: { 'x-sluice-mirror': 'true' } })
  await until(() => canary.seen.length === 2, 'the copies')
  const plain = ({ line, body, headers }: Seen) => {
    const { 'x-sluice-mirror': _, ...others } = headers
    return { line, body, headers: others }
  }
  const sorted = (seen: readonly Seen[]) => seen.map(plain).sort((a, b) => (a.line < b.line ? -1 : 1))
  assert.deepEqual(sorted(canary.seen), sorted(stable.seen.filter(({ line }) => line !== 'GET /copy')))
  assert.deepEqual(new Set(canary.seen.map(({ headers }) => headers['x-sluice-mirror'])), new Set(['true']))
})

test('a copy of a gRPC call counts by its gRPC status', async () => {
  const pod = opened(
    await startStreamPod(stream => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '13' }))
      stream.end('x')
    }),
  )
  const { router } = await routerWith(pod.port)
  const headers = { 'content-type': 'application/grpc', te: 'trailers' }
  assert.equal((await askH2(router.port, { method: 'POST', headers, body: 'hello' })).body, 'stable')
  await until(() => copies(router, '5xx') === 1, 'INTERNAL is a fault of the server')
})

test('a version that refuses, does not speak HTTP/2, breaks off or says nothing costs its copies, not the requests', async () => {
  const http1 = opened(await startPod((_, res) => res.end('one')))
  const breaks = opened(await startStreamPod(stream => stream.close(constants.NGHTTP2_INTERNAL_ERROR)))
  const silent = opened(await startStreamPod(() => {}))
  for (const [port, result] of [
    [await deadPort(), 'failure'],
    [http1.port, 'failure'],
    [breaks.port, 'failure'],
    [silent.port, 'dropped'],
  ] as const) {
    const { router } = await routerWith(port, 100, { mirrorTimeoutMs: 300 })
    for (let i = 0; i < 5; i++)
      assert.equal((await askH2(router.port, { method: 'POST', body: 'x'.repeat(9_000) })).body, 'stable')
    await until(() => copies(router, result) === 5 && openCopies(router) === 0, `five are ${result}`)
    assert.equal(router.counts('v2').upstreamFailures, 0)
    assert.equal(router.counts('v1').status2xx, 5)
  }
})

test('no more than so many copies are under way, and the others are dropped at once', inside, async () => {
  const silent = opened(await startStreamPod(() => {}))
  const { router } = await routerWith(silent.port)
  const session = opened(dialH2(router.port))
  await Promise.all(Array.from({ length: 250 }, () => askOn(session)))
  assert.deepEqual([copies(router, 'dropped'), openCopies(router)], [150, 100])
})

test('a body beyond the bound is passed on whole, and its copy is dropped', async () => {
  const canary = await aPod('canary')
  const { router, stable } = await routerWith(canary.port)
  await askH2(router.port, { method: 'POST', body: 'x'.repeat(1_000_000) })
  assert.equal(stable.seen[0]?.body.length, 1_000_000)
  assert.deepEqual([copies(router, 'dropped'), canary.seen.length], [1, 0])
})

test(
  'a stream that is not whole in time goes on, and its copy is dropped; so it is when the client goes away',
  inside,
  async () => {
    const canary = await aPod('canary')
    const { router } = await routerWith(canary.port, 100, { mirrorTimeoutMs: 200 })
    const session = opened(dialH2(router.port))
    const long = session.request({ ':method': 'POST', ':path': '/long' }, { endStream: false })
    long.write('begun')
    await until(() => copies(router, 'dropped') === 1, 'the copy of the long stream is dropped')
    long.end(' and ended')
    const [answer] = await once(long, 'response')
    assert.equal(answer[':status'], 200)
    const other = dialH2(router.port)
    const cut = other.request({ ':method': 'POST', ':path': '/cut' }, { endStream: false })
    cut.on('error', () => {})
    cut.write('begun')
    await until(() => openCopies(router) === 1, 'the request is under way')
    other.destroy()
    await until(() => copies(router, 'dropped') === 2 && openCopies(router) === 0, 'the copy of the one that was cut too')
    assert.equal(canary.seen.length, 0)
  },
)
