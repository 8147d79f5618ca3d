import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import type { Deployment, EndpointSlice, KubeObject, Pod, Service } from '../api/kubernetes.ts'
import { clientOver } from '../kube/http-client.ts'
import { silentLogger } from '../kube/log.ts'
import { DEPLOYMENTS, ENDPOINT_SLICES, EVENTS, PODS, SERVICES } from '../kube/resources.ts'
import { kubeconfigTransport } from '../kube/transport.ts'
import { type Cluster, startCluster } from './start.ts'
import { eventually, eventuallyIs } from './testing/cluster.ts'

const SERVER = join(import.meta.dirname, 'testing/pod-server.ts')
const APP = { app: 'web' }
const directory = () => mkdtempSync(join(tmpdir(), 'sluice-cluster-'))
const ref = { namespace: 'default', name: 'web' }

const deployment = (replicas: number): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: ref,
  spec: {
    replicas,
    selector: { matchLabels: APP },
    template: {
      metadata: { labels: APP },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'none',
            command: ['node', SERVER, '--slow-exit=300'],
            ports: [{ containerPort: 8080, name: 'http' }],
            readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
})

const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: ref,
  spec: { selector: APP, ports: [{ name: 'http', port: 8000, targetPort: 'http' }] },
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a whole cluster', () => {
  let cluster: Cluster
  before(async () => {
    cluster = await startCluster({ stateDir: directory(), log: silentLogger })
  })
  after(() => cluster.stop())

  const until = (is: (found: Deployment) => boolean) =>
    eventuallyIs<Deployment>(cluster.client, { resource: DEPLOYMENTS, ref, is })

  it('serves a Deployment at the cluster address of its Service, through a rolling update without a lost request', async () => {
    await cluster.client.create(DEPLOYMENTS, deployment(2))
    const { spec } = await cluster.client.create(SERVICES, service)
    await until(({ status }) => status?.availableReplicas === 2)
    const url = `http://${spec.clusterIP}:8000/`
    const ask = async () => (await fetch(url, { headers: { connection: 'close' } })).text()
    await eventually(() => ask().catch(() => undefined))
    const names = new Set<string>()
    let asking = true
    const failures: unknown[] = []
    const client = (async () => {
      while (asking) {
        await ask().then(
          name => names.add(name),
          error => failures.push(error),
        )
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    })()
    await cluster.client.patch(DEPLOYMENTS, ref, 'merge', { spec: { template: { metadata: { annotations: { version: '2' } } } } })
    await until(
      ({ status, metadata }) =>
        status?.observedGeneration === metadata.generation &&
        status?.updatedReplicas === 2 &&
        status.replicas === 2 &&
        status.availableReplicas === 2,
    )
    await eventually(async () => names.size === 4)
    asking = false
    await client
    assert.deepEqual(failures, [])
    assert.ok(cluster.proxyStats().connections >= 4)
  })

  it('is used through its kubeconfig over HTTPS', async () => {
    const transport = await kubeconfigTransport({ kubeconfig: cluster.kubeconfig })
    const { items } = await clientOver(transport).list<Pod>(PODS, { namespace: 'default' })
    await transport.close()
    assert.ok(items.length >= 2)
  })

  it('leads requests to its pods by way of the API server, also over HTTPS', async () => {
    const { items } = await cluster.client.list<Pod>(PODS, { namespace: 'default', labelSelector: 'app=web' })
    const name = items.find(({ metadata }) => metadata.deletionTimestamp === undefined)?.metadata.name ?? ''
    const path = `/api/v1/namespaces/default/pods/${name}/proxy/env`
    const asked = (environment: unknown) => (environment as { readonly HOSTNAME?: string }).HOSTNAME
    assert.equal(asked(await cluster.client.raw('GET', path)), name)
    const transport = await kubeconfigTransport({ kubeconfig: cluster.kubeconfig })
    assert.equal(asked(await clientOver(transport).raw('GET', path)), name)
    await transport.close()
  })

  it('refuses connections to a Service without endpoints', async () => {
    await cluster.client.patch(DEPLOYMENTS, ref, 'merge', { spec: { replicas: 0 } })
    const { spec } = await cluster.client.get<Service>(SERVICES, ref)
    await eventually(() =>
      fetch(`http://${spec.clusterIP}:8000/`).then(
        () => false as const,
        error => (error as { readonly cause?: { readonly code?: string } }).cause?.code === 'ECONNREFUSED',
      ),
    )
  })

  it('reports a port that it cannot listen on, and serves it when the port is free', async () => {
    const address = ((await cluster.client.get<Service>(SERVICES, ref)).spec.clusterIP ?? '').replace(/\.\d+$/, '.200')
    const squatter = createServer().listen(9000, address)
    const backend = createServer(socket => socket.end('served')).listen(9001, address)
    await Promise.all([once(squatter, 'listening'), once(backend, 'listening')])
    const meta = { namespace: 'default', name: 'taken' }
    const taken = { ...service, metadata: meta, spec: { clusterIP: address, ports: [{ name: 'http', port: 9000 }] } }
    await cluster.client.create<Service>(SERVICES, taken)
    await cluster.client.create<EndpointSlice>(ENDPOINT_SLICES, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...meta, labels: { 'kubernetes.io/service-name': 'taken' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [address] }],
      ports: [{ name: 'http', port: 9001 }],
    })
    const messages = async () =>
      (await cluster.client.list<KubeObject & { readonly message: string }>(EVENTS, { namespace: 'default' })).items.map(
        ({ message }) => message,
      )
    await eventually(async () =>
      (await messages()).some(message => message.startsWith(`port 9000 is not served: cannot listen on ${address}:9000: `)),
    )
    squatter.close()
    const ask = async () => {
      const chunks: Buffer[] = []
      for await (const chunk of connect(9000, address)) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString() === 'served'
    }
    await eventually(() => ask().catch(() => false as const))
    backend.close()
  })

  it('reports a UDP port as not served', async () => {
    await cluster.client.create<Service>(SERVICES, {
      ...service,
      metadata: { namespace: 'default', name: 'dns' },
      spec: { selector: APP, ports: [{ port: 53, protocol: 'UDP' }] },
    })
    await eventually(async () =>
      (await cluster.client.list<KubeObject & { readonly reason: string }>(EVENTS, { namespace: 'default' })).items.some(
        ({ reason }) => reason === 'UnsupportedPort',
      ),
    )
  })
})

describe('the process of a cluster', () => {
  const main = join(import.meta.dirname, 'main.ts')
  const children: ChildProcess[] = []
  after(() => {
    for (const child of children) child.kill('SIGKILL')
  })

  /** Starts main.ts with one pod; answers it and the pod's process id. */
  async function startMain(): Promise<{ readonly child: ChildProcess; readonly pid: number }> {
    const child = spawn(process.execPath, [main, '--state-dir', directory()], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const lines = createInterface({ input: child.stdout })
    let kubeconfig = ''
    for await (const line of lines) {
      kubeconfig = /^export KUBECONFIG=(.*)$/.exec(line)?.[1] ?? ''
      if (kubeconfig !== '') break
    }
    const transport = await kubeconfigTransport({ kubeconfig })
    const client = clientOver(transport)
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'default' },
      spec: deployment(1).spec.template.spec,
    }
    await client.create<Pod>(PODS, pod)
    const running = await eventuallyIs<Pod>(client, { resource: PODS, ref, is: ({ status }) => status?.phase === 'Running' })
    await transport.close()
    const id = String(running.status?.containerStatuses?.[0]?.['containerID'])
    return { child, pid: Number(id.slice('process://'.length)) }
  }

  it('takes its pods with it when it is killed', async () => {
    const { child, pid } = await startMain()
    assert.equal(alive(pid), true)
    child.kill('SIGKILL')
    await eventually(async () => !alive(pid))
  })

  it('ends its pods on SIGTERM and exits with 0', async () => {
    const { child, pid } = await startMain()
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    assert.equal(code, 0)
    assert.equal(alive(pid), false)
  })
})
