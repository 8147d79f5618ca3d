import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type AdminServer, json, makeIdentity, startAdminServer } from '../analysis/testing/admin-server.ts'
import type { Pod } from '../api/kubernetes.ts'
import { ROUTER_SERVER_NAME } from '../api/names.ts'
import { makeRouterClient, type RouterClient } from './router-reports.ts'

const pod = (name: string, podIP?: string, phase = 'Running'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'sluice-system' },
  spec: { containers: [] },
  status: { phase, ...(podIP === undefined ? {} : { podIP }) },
})

describe('the router client', () => {
  let server: AdminServer
  let client: RouterClient
  const report = { router: 'r1', draining: false, routes: {} }

  before(async () => {
    server = await startAdminServer(await makeIdentity(ROUTER_SERVER_NAME), (request, response) =>
      json(request.url === '/routes' ? report : { router: 'r1', now: 5, route: 'default/web', buckets: [] })(request, response),
    )
    client = makeRouterClient({
      pods: () => [pod('r1', '127.0.0.1'), pod('r2', '127.0.0.2'), pod('starting'), pod('done', '127.0.0.3', 'Succeeded')],
      ca: () => server.ca,
      // Nobody listens for the second.
      originOf: ({ metadata }) => (metadata.name === 'r1' ? server.origin : server.origin.replace('127.0.0.1', '127.0.0.2')),
      timeoutMs: 5000,
    })
  })
  after(async () => {
    await client.close()
    await server.close()
  })

  test('has an answer or an error for each pod with an address', async () => {
    const reports = await client.reports()
    assert.deepEqual([...reports.keys()], ['r1', 'r2'])
    assert.deepEqual(reports.get('r1'), report)
    assert.match(String(reports.get('r2')), /router at https:\/\/127\.0\.0\.2:\d+: .*ECONNREFUSED/)
  })

  test('reads the buckets of a Route', async () => {
    assert.deepEqual(await client.buckets('r1', 'default/web', 10), { router: 'r1', now: 5, route: 'default/web', buckets: [] })
    await assert.rejects(client.buckets('r2', 'default/web', 10), /ECONNREFUSED/)
  })

  test('knows no pod that is not there', async () => {
    await assert.rejects(client.buckets('r9', 'default/web', 10), { message: 'router r9 has no address' })
    await assert.rejects(client.buckets('starting', 'default/web', 10), { message: 'router starting has no address' })
  })
})
