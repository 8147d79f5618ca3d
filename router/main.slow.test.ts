/** Two router processes in the in-process cluster: real pods, real slices, clients that know a cluster address only. */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Deployment, EndpointSlice, Pod, Service } from '../api/kubernetes.ts'
import { FRONTED_SERVICE_LABEL, ROUTER_APP_LABEL, SLUICE_NAMESPACE } from '../api/names.ts'
import type { Route } from '../api/route.ts'
import { DEPLOYMENTS, ENDPOINT_SLICES, PODS, ROUTES, SERVICE_ACCOUNTS, SERVICES } from '../kube/resources.ts'
import { ask } from './testing/pods.ts'
import { startRouteCluster } from './testing/route-cluster.ts'

const ROOT = resolve(import.meta.dirname, '..')

const deployment = (
  namespace: string,
  name: string,
  podLabels: { readonly [key: string]: string },
  spec: {
    readonly replicas: number
    readonly serviceAccountName?: string
    readonly container: {
      readonly command: readonly string[]
      readonly env?: unknown
      readonly port: number
      readonly path: string
    }
  },
): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    replicas: spec.replicas,
    selector: { matchLabels: podLabels },
    template: {
      metadata: { labels: podLabels },
      spec: {
        terminationGracePeriodSeconds: 40,
        ...(spec.serviceAccountName ? { serviceAccountName: spec.serviceAccountName } : {}),
        containers: [
          {
            name: 'main',
            image: 'local',
            command: spec.container.command,
            env: spec.container.env as [],
            readinessProbe: { httpGet: { path: spec.container.path, port: spec.container.port }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
})
const fromField = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
const routers = () =>
  deployment(SLUICE_NAMESPACE, 'sluice-router', ROUTER_APP_LABEL, {
    replicas: 2,
    serviceAccountName: 'sluice-router',
    container: {
      command: ['node', join(ROOT, 'router/main.ts'), '--quiet-seconds', '1'],
      env: [
        fromField('POD_NAME', 'metadata.name'),
        fromField('POD_NAMESPACE', 'metadata.namespace'),
        fromField('POD_IP', 'status.podIP'),
      ],
      port: 8081,
      path: '/readyz',
    },
  })
const app = (version: string) =>
  deployment(
    'default',
    `web-${version}`,
    { app: 'web', version },
    {
      replicas: 1,
      container: {
        command: ['node', '-e', `require('http').createServer((q,r)=>r.end('${version}')).listen(8080, process.env.POD_IP)`],
        port: 8080,
        path: '/',
      },
    },
  )
const service = (name: string, selector?: { readonly [key: string]: string }): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default', labels: selector ? { [FRONTED_SERVICE_LABEL]: 'web' } : {} },
  spec: { ...(selector ? { selector } : {}), ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
})
const route = (owner: Service): Route => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Route',
  metadata: {
    name: 'web',
    namespace: 'default',
    ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', uid: owner.metadata.uid ?? '' }],
  },
  spec: {
    service: 'web',
    deployment: 'web',
    version: 1,
    endpoints: 'ready',
    ports: [{ name: 'http', port: 80, listenPort: 20_001, protocol: 'http' }],
    backends: [
      { role: 'stable', hash: 'v1', service: 'web-v1', weight: 80 },
      { role: 'canary', hash: 'v2', service: 'web-v2', weight: 20 },
    ],
  },
})

const eventually = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
  const deadline = Date.now() + 60_000
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`still not true after a minute: ${what}`)
    await new Promise(again => setTimeout(again, 50))
  }
}

const startWorld = async (t: TestContext) => {
  const cluster = await startRouteCluster(t)
  const { client } = cluster
  await client.create(SERVICE_ACCOUNTS, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'sluice-router', namespace: SLUICE_NAMESPACE },
  })
  for (const one of [routers(), app('v1'), app('v2')]) await client.create(DEPLOYMENTS, one)
  const web = await client.create(SERVICES, service('web'))
  for (const version of ['v1', 'v2']) await client.create(SERVICES, service(`web-${version}`, { app: 'web', version }))
  await client.create(ROUTES, route(web))
  const routerSlice = async (size: number) => {
    const { items } = await client.list<EndpointSlice>(ENDPOINT_SLICES, { namespace: 'default' })
    const of = (role: string) => items.find(({ metadata }) => metadata.name === `web-sluice-${role}`)?.endpoints?.length
    return of('router') === size && of('fail-open') === 1 ? items : undefined
  }
  await eventually('both routers are published', () => routerSlice(2))
  return { cluster, client, host: web.spec.clusterIP ?? '', routerSlice }
}

/** Asks a Service at its cluster address all the time; notes what went wrong. */
const startClients = (host: string) => {
  const failures: string[] = []
  const bodies: string[] = []
  let ending = false
  const work = async (worker: number): Promise<void> => {
    const agent = worker % 2 ? new Agent({ keepAlive: true, maxSockets: 1 }) : false
    while (!ending) {
      await ask(80, { headers: { host: 'web' } }, agent, host).then(
        got => void (got.status === 200 ? bodies : failures).push(got.body),
        (error: unknown) => void failures.push(String(error)),
      )
      await new Promise(again => setTimeout(again, 10))
    }
    if (agent) agent.destroy()
  }
  const working = Promise.all(Array.from({ length: 6 }, (_, worker) => work(worker)))
  const stop = async () => {
    ending = true
    await working
  }
  return { failures, bodies, stop }
}

test('two router processes split exactly, and one that is deleted leaves without a lost request', {
  timeout: 180_000,
}, async t => {
  const { client, host, routerSlice } = await startWorld(t)
  const clients = startClients(host)
  await eventually('500 answers', async () => (clients.bodies.length > 500 ? true : undefined))
  const canary = clients.bodies.filter(body => body === 'v2').length
  assert.ok(Math.abs(canary - clients.bodies.length / 5) < 2, `${canary} of ${clients.bodies.length}`)
  const { items } = await client.list<Pod>(PODS, { namespace: SLUICE_NAMESPACE })
  const [leaving] = items
  assert.ok(leaving)
  await client.delete(PODS, { namespace: SLUICE_NAMESPACE, name: leaving.metadata.name })
  await eventually('its pod is gone', async () => {
    const now = await client.list<Pod>(PODS, { namespace: SLUICE_NAMESPACE })
    return now.items.some(({ metadata }) => metadata.name === leaving.metadata.name) ? undefined : true
  })
  await eventually('its successor is published', () => routerSlice(2))
  await clients.stop()
  assert.deepEqual(clients.failures, [])
})
