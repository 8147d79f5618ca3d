/** Every request has a name when it comes to a pod. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachLane } from '../testing/lanes.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

eachLane((startTestRouter, { ask, startPod }) => {
  const opened = closeAfterTests()
  const aRouter = async () => {
    const pod = opened(await startPod((req, res) => void res.end(String(req.headers['x-request-id']))))
    const router = opened(await startTestRouter())
    router.split({ v1: [pod.port] })
    return router
  }

  test('a request without a name gets one of its own', async () => {
    const { port } = await aRouter()
    const names = []
    for (let i = 0; i < 50; i++) names.push((await ask(port)).body)
    for (const name of names) assert.match(name, UUID)
    assert.equal(new Set(names).size, 50)
  })

  test('a name that the client, or a proxy in front, has given is kept', async () => {
    const { port } = await aRouter()
    assert.equal((await ask(port, { headers: { 'X-Request-Id': 'mine-1' } })).body, 'mine-1')
  })

  test('a request behind other proxies, with all headers that they add, gets one too', async () => {
    const { port } = await aRouter()
    const headers = { 'X-Forwarded-For': '10.0.0.1', 'X-Forwarded-Host': 'shop.example', 'X-Forwarded-Proto': 'https' }
    assert.match((await ask(port, { headers })).body, UUID)
  })
})
