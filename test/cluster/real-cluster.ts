/** A real control plane with our node and service proxy beside it, in the shape of the in-process cluster. */
import { writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startCaches } from '../../cluster/controllers/caches.ts'
import { startNode } from '../../cluster/node/node.ts'
import { startProxy } from '../../cluster/proxy/proxy.ts'
import type { Cluster } from '../../cluster/start.ts'
import type { KubeClient } from '../../kube/client.ts'
import { systemClock } from '../../kube/clock.ts'
import { makeEventRecorder } from '../../kube/events.ts'
import { clientOver } from '../../kube/http-client.ts'
import { silentLogger } from '../../kube/log.ts'
import { kubeconfigTransport } from '../../kube/transport.ts'
import { type ControlPlane, makeKubeconfig, startControlPlane } from './control-plane.ts'

/** What the network namespace of tools/kube/in-namespace has as local addresses. */
const POD_NETWORK = '10.240'
const SERVICE_CIDR = '10.96.0.0/16'
const TOKEN_SECONDS = 24 * 60 * 60

type TokenRequest = { readonly status?: { readonly token?: string } }

/** As a kubelet does for a projected token; the ServiceAccount's rights are all that the pod has. */
const tokenOf = async (client: KubeClient, namespace: string, name: string): Promise<string> => {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: TOKEN_SECONDS } }
  const answer = await client.raw('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, body)
  const token = (answer as TokenRequest).status?.token
  if (token === undefined) throw new Error(`no token for ServiceAccount ${namespace}/${name}`)
  return token
}

const kubeconfigWriter =
  (client: KubeClient, { server, ca }: ControlPlane) =>
  async (path: string, { namespace, name }: { readonly namespace: string; readonly name: string }) =>
    writeFileSync(path, makeKubeconfig(server, ca, await tokenOf(client, namespace, name)), { mode: 0o600 })

export type RealCluster = Pick<Cluster, 'client' | 'kubeconfig' | 'kill' | 'proxyStats' | 'stop'>

/** Starts everything; `bin` is the folder that tools/kube/build filled. What was started is ended again when a part fails. */
export const startRealCluster = async (bin: string, stateDir: string): Promise<RealCluster> => {
  await mkdir(stateDir, { recursive: true })
  const plane = await startControlPlane({ bin, dir: join(stateDir, 'control-plane'), serviceCidr: SERVICE_CIDR })
  try {
    return await startBeside(plane, stateDir)
  } catch (error) {
    await plane.stop()
    throw error
  }
}

const startBeside = async (plane: ControlPlane, stateDir: string): Promise<RealCluster> => {
  const transport = await kubeconfigTransport({ kubeconfig: plane.kubeconfig })
  const client = clientOver(transport)
  const log = silentLogger
  const running = await startCaches(client, log)
  const node = await startNode({
    client,
    log,
    pods: running.caches.pods,
    directory: join(stateDir, 'node'),
    podNetwork: POD_NETWORK,
    workingDirectory: stateDir,
    writeKubeconfig: kubeconfigWriter(client, plane),
  })
  const events = makeEventRecorder({ client, component: 'kube-proxy', instance: 'local', clock: systemClock, log })
  const proxy = startProxy({ caches: running.caches, events, log })
  return {
    client,
    kubeconfig: plane.kubeconfig,
    kill: node.kill,
    proxyStats: proxy.stats,
    stop: async () => {
      await node.stop()
      proxy.stop()
      await running.stop()
      await transport.close()
      await plane.stop()
    },
  }
}
