/** What clients see while everything changes under them: nothing. */
import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type Load, startLoad } from './testing/load.ts'
import { deadPort, startPod, until } from './testing/pods.ts'
import { startTestRouter } from './testing/router-under-test.ts'

const podThatSays = async (t: TestContext, text: string) => {
  const pod = await startPod((req, res) => void req.resume().on('end', () => res.end(text)))
  t.after(() => pod.close())
  return pod
}
const router = async (t: TestContext, ...limits: Parameters<typeof startTestRouter>) => {
  const started = await startTestRouter(...limits)
  t.after(() => started.close())
  return started
}
const none: readonly string[] = []

test('1,000 requests at once are split exactly', async t => {
  const [v1, v2] = [await podThatSays(t, 'v1'), await podThatSays(t, 'v2')]
  const running = await router(t)
  running.split({ v1: [v1.port], v2: [v2.port], weight: 7 })
  const load = startLoad({ port: () => running.port, workers: 16 })
  await until(() => load.requests() >= 1_000, '1,000 requests')
  await load.stop()
  const all = load.requests()
  const canary = load.bodies.get('v2') ?? 0
  assert.deepEqual(load.failures, none)
  assert.ok(Math.abs(canary - all * 0.07) < 1, `${canary} of ${all}`)
  assert.equal(running.counts('v2').requests, canary)
})

test('100 changes of a Route under load lose nothing', async t => {
  const pods = await Promise.all(['v1', 'v1', 'v2', 'v2'].map(text => podThatSays(t, text)))
  const ports = pods.map(pod => pod.port)
  const running = await router(t)
  running.split({ v1: ports.slice(0, 2), v2: ports.slice(2), weight: 0 })
  const load = startLoad({ port: () => running.port })
  for (let change = 1; change <= 100; change++) {
    const before = load.requests()
    const sticky = change % 10 === 0 ? { spec: { sticky: { by: 'cookie' } } as const } : {}
    running.split({
      v1: ports.slice(change % 2, 2),
      v2: ports.slice(2, change % 3 === 0 ? 3 : 4),
      weight: (change * 37) % 101,
      ...sticky,
    })
    await until(() => load.requests() > before + 20, 'requests under the new version')
  }
  await load.stop()
  assert.deepEqual(load.failures, none)
  assert.equal(running.counts('v1').upstreamFailures + running.counts('v2').upstreamFailures, 0)
  assert.equal(running.serving.report()['shop/web']?.version, 102)
})

/** Replaces 20 pods; `leave` is what the one that goes does after the table has changed. */
const replacePods = async (
  t: TestContext,
  withBodies: boolean,
  leave: (pod: { readonly server: Server }, load: Load) => Promise<void>,
) => {
  const running = await router(t)
  let pods = [await podThatSays(t, 'pod'), await podThatSays(t, 'pod')]
  running.split({ v1: pods.map(pod => pod.port) })
  const load = startLoad({ port: () => running.port, withBodies })
  for (let round = 0; round < 20; round++) {
    const next = await podThatSays(t, 'pod')
    const [leaving, ...staying] = pods
    assert.ok(leaving)
    pods = [...staying, next]
    running.split({ v1: pods.map(pod => pod.port) })
    await leave(leaving, load)
    const before = load.requests()
    await until(() => load.requests() > before + 40, 'requests after the change')
  }
  await load.stop()
  return load
}

test('pods that are replaced one after another, and serve on for a moment, lose nothing', async t => {
  const load = await replacePods(t, true, async ({ server }, { requests }) => {
    const before = requests()
    await until(() => requests() > before + 20, 'its last requests have ended')
    server.close()
  })
  assert.deepEqual(load.failures, none)
})

test('pods that close their idle connections in the very moment they leave lose nothing that may be sent twice', async t => {
  const load = await replacePods(t, false, async ({ server }) => void server.close())
  assert.deepEqual(load.failures, none)
})

test('pods that die at once under load cost at most what they were working on', async t => {
  const running = await router(t)
  let pods = [await podThatSays(t, 'pod'), await podThatSays(t, 'pod'), await podThatSays(t, 'pod')]
  running.split({ v1: pods.map(pod => pod.port) })
  const load = startLoad({ port: () => running.port, withBodies: false })
  for (let round = 0; round < 10; round++) {
    const before = load.requests()
    const [dying, ...staying] = pods
    // The table hears of it only later.
    await dying?.close()
    await until(() => load.requests() > before + 40, 'requests without it')
    pods = [...staying, await podThatSays(t, 'pod')]
    running.split({ v1: pods.map(pod => pod.port) })
  }
  await load.stop()
  const refused = load.failures.filter(failure => !failure.includes('closed the connection without an answer'))
  assert.deepEqual(refused, none)
  assert.ok(load.failures.length <= 10 * 12, `${load.failures.length} failures`)
})

test('a canary that refuses connections under load costs no client anything, and is found out', async t => {
  const v1 = await podThatSays(t, 'v1')
  const running = await router(t)
  running.split({ v1: [v1.port], v2: [await deadPort(), await deadPort()], weight: 25 })
  const load = startLoad({ port: () => running.port })
  await until(() => load.requests() >= 1_000, '1,000 requests')
  await load.stop()
  assert.deepEqual(load.failures, none)
  const canary = running.counts('v2')
  assert.ok(Math.abs(canary.requests - load.requests() / 4) < 1)
  assert.equal(canary.upstreamFailures, canary.requests)
  assert.equal(running.counts('v1').status2xx, load.requests())
})

test('of two routers one after the other drains under load, and nothing is lost', async t => {
  const pods = [await podThatSays(t, 'pod'), await podThatSays(t, 'pod')]
  const fresh = async () => {
    const started = await router(t)
    started.split({ v1: pods.map(pod => pod.port) })
    return started
  }
  // In the place of kube-proxy: new requests go to these in turn.
  let published = [await fresh(), await fresh()]
  let turn = 0
  const load = startLoad({ port: () => published[turn++ % published.length]?.port ?? 0 })
  for (let round = 0; round < 6; round++) {
    const [leaving, staying] = published
    assert.ok(leaving && staying)
    published = [staying]
    const before = load.requests()
    // The quiet period: whoever chose this router a moment ago is still served.
    await until(() => load.requests() > before + 40, 'the change has got round')
    leaving.startDraining()
    leaving.serving.close()
    await until(() => leaving.serving.connections === 0, 'no connection is left')
    published = [staying, await fresh()]
  }
  await load.stop()
  assert.deepEqual(load.failures, none)
  assert.ok(load.requests() > 240)
})

test('one Service with clients that hang does not hold another one up', async t => {
  const hanging = await startPod(() => {})
  t.after(() => hanging.close())
  const pod = await podThatSays(t, 'pod')
  const slow = await router(t, { maxConnections: 50 })
  slow.split({ v1: [hanging.port] })
  const load = startLoad({ port: () => slow.port, workers: 60 })
  await until(() => slow.counts().inFlight === 50, 'the cap is reached')
  const other = await router(t)
  other.split({ v1: [pod.port] })
  const good = startLoad({ port: () => other.port })
  await until(() => good.requests() > 200, 'the other one answers')
  await good.stop()
  assert.deepEqual(good.failures, none)
  assert.equal(slow.serving.report()['shop/web']?.connections, 50)
  slow.close()
  await load.stop()
})
