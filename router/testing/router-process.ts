/** A router as the process that it is in a pod, on an in-process cluster with the Route `shop/web`. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:https'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import type { Service } from '../../api/kubernetes.ts'
import { SLUICE_NAMESPACE } from '../../api/names.ts'
import type { Cluster } from '../../cluster/start.ts'
import { ENDPOINT_SLICES, NAMESPACES, ROUTES, SERVICES } from '../../kube/resources.ts'
import { anEndpoint, aRoute, aSlice, canaryAt, NAMESPACE } from './objects.ts'
import { deadPort } from './pods.ts'
import { startRouteCluster } from './route-cluster.ts'

const ROOT = resolve(import.meta.dirname, '../..')

export type World = {
  readonly cluster: Cluster
  /** Where routers listen for the Route: all on addresses of their own. */
  readonly port: number
  readonly kubeconfig: string
}

/** `v1` and `v2`: ports of pods on 127.0.0.1; v2 has `weight` %. */
export const startWorld = async (
  t: TestContext,
  { v1, v2, weight }: { readonly v1: number; readonly v2: number; readonly weight: number },
): Promise<World> => {
  const cluster = await startRouteCluster(t)
  const { client } = cluster
  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } })
  const service = await client.create<Service>(SERVICES, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: NAMESPACE },
    spec: { ports: [{ name: 'http', port: 80 }] },
  } satisfies Service)
  for (const [name, port] of [['web-v1', v1] as const, ['web-v2', v2] as const])
    await client.create(ENDPOINT_SLICES, aSlice(name, [anEndpoint('127.0.0.1')], { port }))
  const port = await deadPort()
  const route = aRoute({ ports: [{ name: 'http', port: 80, listenPort: port, protocol: 'http' }], backends: canaryAt(weight) })
  const owner = { apiVersion: 'v1', kind: 'Service', name: 'web', uid: service.metadata.uid ?? '' }
  await client.create(ROUTES, { ...route, metadata: { ...route.metadata, ownerReferences: [owner] } })
  return { cluster, port, kubeconfig: cluster.kubeconfig }
}

export type RouterProcess = {
  readonly pid: number
  /** Answers of the health port. */
  readonly health: (path: string) => Promise<{ readonly status: number; readonly body: string }>
  /** Answers of the admin port. */
  readonly admin: (path: string) => Promise<unknown>
  readonly log: readonly { readonly message: string; readonly [field: string]: unknown }[]
  readonly signal: (signal: NodeJS.Signals) => void
  /** Its exit code. */
  readonly ended: Promise<number | null>
}

export const startRouterProcess = async (
  t: TestContext,
  { kubeconfig }: World,
  { ip, args }: { readonly ip: string; readonly args: readonly string[] },
): Promise<RouterProcess> => {
  const [adminPort, healthPort] = [await deadPort(), await deadPort()]
  const ports = ['--admin-port', String(adminPort), '--health-port', String(healthPort)]
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, 'router/main.ts'), ...ports, ...args], {
    env: { ...process.env, KUBECONFIG: kubeconfig, POD_NAME: `router-${ip}`, POD_NAMESPACE: SLUICE_NAMESPACE, POD_IP: ip },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const log: { message: string; [field: string]: unknown }[] = []
  const lines = createInterface({ input: child.stderr ?? process.stdin })
  lines.on('line', line => log.push(line.startsWith('{') ? JSON.parse(line) : { message: line }))
  return {
    pid: child.pid ?? 0,
    log,
    health: async path => {
      const answer = await fetch(`http://${ip}:${healthPort}${path}`)
      return { status: answer.status, body: await answer.text() }
    },
    // That its certificate is good is tested elsewhere.
    admin: async path => {
      const asked = request({ host: ip, port: adminPort, path, rejectUnauthorized: false, agent: false }).end()
      const [answer] = await once(asked, 'response')
      return JSON.parse((await answer.toArray()).join(''))
    },
    signal: signal => void child.kill(signal),
    ended: once(child, 'exit').then(([code]) => code),
  }
}
