/** A real gRPC client and server with the router between them. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Metadata, status } from '@grpc/grpc-js'
import { closeAfterTests } from '../../testing/cleanup.ts'
import { dialGrpc, startGrpcPod } from '../../testing/grpc-peers.ts'
import { deadPort, until } from '../../testing/pods.ts'
import { startTestRouter, type TestRouter } from '../../testing/router-under-test.ts'
import { settled } from '../../testing/settled.ts'

const opened = closeAfterTests()
const routerTo = async (pods: Parameters<TestRouter['split']>[0]): Promise<TestRouter> => {
  const router = opened(await startTestRouter())
  router.split(pods)
  return router
}
const pod = async (name: string) => opened(await startGrpcPod(name))
const clientOf = (router: TestRouter) => opened(dialGrpc(router.port))

test('calls of all four kinds pass', async () => {
  const router = await routerTo({ v1: [(await pod('v1')).port] })
  const client = clientOf(router)
  assert.equal((await client.say('hello')).text, 'v1:hello')
  assert.equal(await client.gather(['a', 'b', 'c']), 'v1:a+b+c')
  assert.deepEqual(await client.count(3), ['v1:0', 'v1:1', 'v1:2'])
  const talk = client.talk()
  for (const word of ['one', 'two', 'three']) {
    talk.write(word)
    const [heard] = await once(talk, 'data')
    assert.equal(heard, `v1:${word}`, 'each answer comes before the next question')
  }
  talk.end()
  const [end] = await once(talk, 'status')
  assert.equal(end.code, status.OK)
  await settled()
  assert.deepEqual([router.counts().status2xx, router.counts().requests], [4, 4])
})

test('metadata and trailers pass, also those that are bytes', async () => {
  const router = await routerTo({ v1: [(await pod('v1')).port] })
  const metadata = new Metadata()
  metadata.set('x-asked', 'this')
  const { trailers } = await clientOf(router).say('hello', { metadata })
  assert.deepEqual(trailers.get('x-trailing'), ['this'])
  assert.deepEqual(trailers.get('x-bytes-bin'), [Buffer.from([0, 255, 10])])
})

test('the calls of one client are split exactly', async () => {
  const router = await routerTo({ v1: [(await pod('v1')).port], v2: [(await pod('v2')).port], weight: 10 })
  const client = clientOf(router)
  const said = await Promise.all(Array.from({ length: 100 }, () => client.say('x')))
  assert.equal(said.filter(({ text }) => text === 'v2:x').length, 10)
  assert.equal(router.serving.report()['shop/web']?.connections, 1)
})

test('a status is passed on and counted: faults of the server as 5xx, those of the caller as 4xx', async () => {
  const router = await routerTo({ v1: [(await pod('v1')).port] })
  const client = clientOf(router)
  for (const code of ['INTERNAL', 'UNAVAILABLE', 'UNIMPLEMENTED', 'NOT_FOUND', 'UNAUTHENTICATED'] as const)
    await assert.rejects(client.fail(code), { code: status[code], details: 'v1 cannot' })
  await settled()
  assert.deepEqual([router.counts().status5xx, router.counts().status4xx, router.counts().status2xx], [3, 2, 0])
  const calls = router.serving.routes.get('shop/web')?.stats.get('v1')?.grpc
  assert.deepEqual([calls?.[status.INTERNAL], calls?.[status.NOT_FOUND], calls?.[status.OK]], [1, 1, 0])
})

test('a call whose deadline passes, and one that is cancelled, end at the pod and count as given up', async () => {
  const asked = await pod('v1')
  const router = await routerTo({ v1: [asked.port] })
  const client = clientOf(router)
  await assert.rejects(client.hang({ deadlineMs: 300 }).said, { code: status.DEADLINE_EXCEEDED })
  const { said, cancel } = client.hang()
  await until(() => router.counts().inFlight === 1, 'it is under way')
  setTimeout(cancel, 50)
  await assert.rejects(said, { code: status.CANCELLED })
  await until(() => asked.cancelled() === 2 && router.counts().inFlight === 0, 'the pod knows')
  assert.deepEqual([router.counts().clientAborts, router.counts().requests], [2, 2])
})

test('a canary that is gone falls back to stable, and without any pod a call is UNAVAILABLE', async () => {
  const router = await routerTo({ v1: [(await pod('v1')).port], v2: [await deadPort()], weight: 50 })
  const client = clientOf(router)
  for (let i = 0; i < 10; i++) assert.equal((await client.say('x')).text, 'v1:x')
  await settled()
  assert.equal(router.counts('v2').fallbacks, 5)
  router.split({})
  await settled()
  await assert.rejects(client.say('x'), { code: status.UNAVAILABLE, details: 'no pod is ready to take this request' })
})
