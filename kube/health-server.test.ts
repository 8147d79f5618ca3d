import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counter, Registry } from 'prom-client'
import { type HealthServerOptions, startHealthServer } from './health-server.ts'

const asked = async (options: Partial<HealthServerOptions>, path: string) => {
  const server = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    ready: () => undefined,
    registry: new Registry(),
    ...options,
  })
  try {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`)
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
  } finally {
    await server.close()
  }
}

test('alive and ready are two questions, and what is missing is said', async () => {
  const starting = { ready: () => 'the cache of Deployments is not filled yet' }
  assert.deepEqual(await asked(starting, '/healthz'), { status: 200, type: 'text/plain; charset=utf-8', text: 'ok\n' })
  const notReady = await asked(starting, '/readyz?verbose')
  assert.deepEqual([notReady.status, notReady.text], [503, 'the cache of Deployments is not filled yet\n'])
  assert.equal((await asked({}, '/readyz')).status, 200)
  const broken = () => {
    throw new Error('broken')
  }
  assert.equal((await asked({ ready: broken }, '/readyz')).text, 'the check itself failed: broken\n')
  assert.equal((await asked({ live: () => 'stuck' }, '/healthz')).status, 503)
})

test('metrics come from the registry, and a failing one is an error and not the end', async () => {
  const registry = new Registry()
  new Counter({ name: 'things_total', help: 'Things', registers: [registry] }).inc(3)
  const metrics = await asked({ registry }, '/metrics')
  assert.equal(metrics.type, registry.contentType)
  assert.match(metrics.text, /^things_total 3$/m)
  const failing = { contentType: 'text/plain', metrics: () => Promise.reject(new Error('broken collector')) }
  assert.deepEqual((await asked({ registry: failing }, '/metrics')).text, 'metrics failed: broken collector\n')
})

test('other paths are not found and a taken port is an error', async () => {
  assert.equal((await asked({}, '/nope')).status, 404)
  const registry = new Registry()
  const first = await startHealthServer({ host: '127.0.0.1', port: 0, ready: () => undefined, registry })
  await assert.rejects(startHealthServer({ host: '127.0.0.1', port: first.port, ready: () => undefined, registry }), {
    code: 'EADDRINUSE',
  })
  await first.close()
})
