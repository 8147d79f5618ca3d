/** What gRPC clients see while weights, pods and the router itself change under them: nothing. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { dialGrpc, type GrpcClient, startGrpcPod } from './testing/grpc-peers.ts'
import { until } from './testing/pods.ts'
import { startTestRouter } from './testing/router-under-test.ts'

const none: readonly string[] = []
const podNamed = async (t: TestContext, name: string) => {
  const pod = await startGrpcPod(name)
  t.after(() => pod.close())
  return pod
}

const KINDS: readonly ((client: GrpcClient, text: string) => Promise<unknown>)[] = [
  (client, text) => client.say(text),
  (client, text) => client.gather([text, text, text]),
  client => client.count(5),
  (client, text) =>
    new Promise((resolve, reject) => {
      const talk = client.talk()
      talk.on('error', reject)
      talk.on('data', () => talk.end())
      talk.on('status', ({ code }) => (code === 0 ? resolve(code) : reject(new Error(`status ${code}`))))
      talk.write(text)
    }),
]

/** Clients that call without pause, each kind in turn. */
const startCalls = (t: TestContext, ports: readonly number[], clients = 4, workers = 4) => {
  const failures: string[] = []
  let calls = 0
  let stopping = false
  const dialled = Array.from({ length: clients }, () => dialGrpc(...ports))
  t.after(() => dialled.forEach(client => void client.close()))
  const work = async (client: GrpcClient, worker: number) => {
    for (let i = worker; !stopping; i++) {
      try {
        await KINDS[i % KINDS.length]?.(client, `${worker}/${i}`)
      } catch (error) {
        failures.push(`call ${i} (kind ${i % KINDS.length}): ${error instanceof Error ? error.message : String(error)}`)
      }
      calls += 1
    }
  }
  const working = Promise.all(dialled.flatMap(client => Array.from({ length: workers }, (_, worker) => work(client, worker))))
  return {
    calls: () => calls,
    failures,
    more: async (count: number) => {
      const before = calls
      await until(() => calls >= before + count, `${count} more calls`)
    },
    stop: async () => {
      stopping = true
      await working
    },
  }
}

test('60 changes of the weights and of the pods lose no call', async t => {
  const router = await startTestRouter()
  t.after(() => router.close())
  const pods = await Promise.all(['v1', 'v1', 'v2', 'v2'].map(name => podNamed(t, name)))
  const ports = pods.map(({ port }) => port)
  router.split({ v1: ports.slice(0, 2), v2: ports.slice(2), weight: 0 })
  const load = startCalls(t, [router.port])
  for (let change = 1; change <= 60; change++) {
    router.split({ v1: ports.slice(change % 2, 2), v2: ports.slice(2, change % 3 === 0 ? 3 : 4), weight: (change * 37) % 101 })
    await load.more(40)
  }
  await load.stop()
  assert.deepEqual(load.failures, none)
  assert.equal(router.counts('v1').upstreamFailures + router.counts('v2').upstreamFailures, 0)
})

test('20 pods that leave one after another, with a goodbye, lose no call', async t => {
  const router = await startTestRouter()
  t.after(() => router.close())
  let pods = [await podNamed(t, 'pod'), await podNamed(t, 'pod')]
  router.split({ v1: pods.map(({ port }) => port) })
  const load = startCalls(t, [router.port])
  for (let round = 0; round < 20; round++) {
    const next = await podNamed(t, 'pod')
    const [leaving, ...staying] = pods
    // Every second one says goodbye before the table knows: its last calls go elsewhere.
    const left = round % 2 === 0 ? undefined : leaving?.leave()
    await load.more(20)
    pods = [...staying, next]
    router.split({ v1: pods.map(({ port }) => port) })
    await (left ?? leaving?.leave())
    await load.more(20)
  }
  await load.stop()
  assert.deepEqual(load.failures, none)
})

test('routers that drain one after another under load lose no call', async t => {
  const pod = await podNamed(t, 'pod')
  const start = async () => {
    const router = await startTestRouter()
    t.after(() => router.close())
    router.split({ v1: [pod.port] })
    return router
  }
  for (let round = 0; round < 5; round++) {
    const [leaving, staying] = [await start(), await start()]
    const load = startCalls(t, [leaving.port, staying.port])
    await load.more(200)
    // As router.ts does once nobody is sent here any more.
    leaving.startDraining()
    leaving.serving.close()
    await until(() => leaving.serving.connections === 0, 'all clients have gone')
    await load.more(200)
    await load.stop()
    assert.deepEqual(load.failures, none, `round ${round}`)
    assert.ok(staying.counts().requests > 0)
  }
})
