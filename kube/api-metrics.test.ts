import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { observeClient } from './api-metrics.ts'
import type { KubeClient, WatchEvent } from './client.ts'
import { ApiError } from './errors.ts'
import { CONFIG_MAPS } from './resources.ts'
import { makeMemoryApi } from './testing/memory-api.ts'

const REF = { namespace: 'shop', name: 'a' }
const OBJECT = { apiVersion: 'v1', kind: 'ConfigMap', metadata: REF }

const watching = (events: () => AsyncIterable<WatchEvent<never>>): KubeClient => ({
  ...makeMemoryApi().client(),
  watch: events as KubeClient['watch'],
})

test('requests are counted by method, resource and status, and answered and refused as before', async () => {
  const registry = new Registry()
  const lost = new Error('connection reset')
  const client = observeClient(
    registry,
    makeMemoryApi().client(async ({ method }, run) => {
      if (method === 'DELETE') throw lost
      return run()
    }),
  )
  assert.equal((await client.create(CONFIG_MAPS, OBJECT)).metadata.name, 'a')
  await assert.rejects(client.create(CONFIG_MAPS, OBJECT), (error: ApiError) => error.status === 409)
  await assert.rejects(client.delete(CONFIG_MAPS, REF), lost)
  const text = await registry.metrics()
  for (const line of [
    'sluice_api_requests_total{method="create",resource="configmaps",code="200"} 1',
    'sluice_api_requests_total{method="create",resource="configmaps",code="409"} 1',
    'sluice_api_requests_total{method="delete",resource="configmaps",code="none"} 1',
    'sluice_api_request_duration_seconds_count{method="create"} 2',
  ])
    assert.ok(text.includes(`${line}\n`), `${line} in\n${text}`)
})

test('a watch counts when it ends, by how it ended', async () => {
  const gone = new ApiError({ status: 410, reason: 'Expired', message: 'too old' })
  const endings: readonly [string, AbortSignal, () => AsyncIterable<WatchEvent<never>>][] = [
    ['200', new AbortController().signal, async function* () {}],
    [
      '410',
      new AbortController().signal,
      // biome-ignore lint/correctness/useYield: a watch that is refused before the first event
      async function* () {
        throw gone
      },
    ],
    [
      'aborted',
      AbortSignal.abort(),
      // biome-ignore lint/correctness/useYield: a watch that was given up before the first event
      async function* () {
        throw new Error('stopped')
      },
    ],
  ]
  for (const [code, signal, events] of endings) {
    const registry = new Registry()
    const client = observeClient(registry, watching(events))
    const read = async () => {
      for await (const event of client.watch(CONFIG_MAPS, { resourceVersion: '1', timeoutSeconds: 1, idleMs: 1, signal }))
        assert.fail(JSON.stringify(event))
    }
    await (code === '200' ? read() : assert.rejects(read()))
    assert.ok(
      (await registry.metrics()).includes(`sluice_api_requests_total{method="watch",resource="configmaps",code="${code}"} 1\n`),
      code,
    )
  }
})
