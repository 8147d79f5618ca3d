/** A whole Kubernetes cluster in this process: API server, native controllers, a node that runs pods as local processes, a service proxy. */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { KubeClient } from '../kube/client.ts'
import { systemClock } from '../kube/clock.ts'
import { makeEventRecorder } from '../kube/events.ts'
import { clientOver } from '../kube/http-client.ts'
import type { Logger } from '../kube/log.ts'
import { type ApiServer, createApiServer } from './api/server.ts'
import { type RunningCaches, startCaches } from './controllers/caches.ts'
import { startControllers } from './controllers/registry.ts'
import { claimNetwork, type Network } from './network.ts'
import { type LocalNode, startNode } from './node/node.ts'
import { type ProxyStats, startProxy } from './proxy/proxy.ts'

export type ClusterOptions = {
  /** A directory for the kubeconfig, the pods' logs and their kubeconfigs; made if missing. */
  readonly stateDir: string
  /** Of the API server; default `127.0.0.1`. */
  readonly host?: string
  /** Of the API server; default 0: any free port. */
  readonly port?: number
  /** Cluster addresses of Services; default: a /22 of 127.96.0.0/16 that no other cluster on this machine uses. */
  readonly clusterCidr?: string
  readonly log: Logger
  /** Run pods as processes; default true. Without it something else has to make pods ready (testing/fake-node.ts). */
  readonly node?: boolean
  /** Serve cluster addresses; default true. */
  readonly proxy?: boolean
  /** Where a pod's processes run when the container has no workingDir; default: the current directory. */
  readonly workingDirectory?: string
}

export type Cluster = {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string
  /** An administrator's client, without a socket in between. */
  readonly client: KubeClient
  readonly api: ApiServer
  /** URL of the API server. */
  readonly url: string
  readonly proxyStats: () => ProxyStats
  /** Sends a signal to the processes of a pod, `NAME` or `NAMESPACE/NAME`; false when it has none here. */
  readonly kill: (podName: string, signal: NodeJS.Signals) => boolean
  /** Ends everything, every pod's processes included. */
  readonly stop: () => Promise<void>
}

const NO_STATS: ProxyStats = { connections: 0, redials: 0, failed: 0, open: 0 }

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const ends: (() => unknown)[] = []
  /** The last that was started is the first to end. */
  const stop = async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  }
  try {
    return { ...(await startParts(options, end => ends.push(end))), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** `onStop` is told how to end each part that was started. */
async function startParts(options: ClusterOptions, onStop: (end: () => unknown) => void): Promise<Omit<Cluster, 'stop'>> {
  const { host = '127.0.0.1', port = 0, log } = options
  const stateDir = resolve(options.stateDir)
  await mkdir(stateDir, { recursive: true })
  const network = await claimNetwork()
  onStop(network.release)
  const api = createApiServer({
    serviceCidr: options.clusterCidr ?? network.serviceCidr,
    onBackgroundError: error => log.error('the API server could not delete what was to go', { error }),
  })
  onStop(api.close)
  const { url } = await api.listen({ host, port })
  const kubeconfig = join(stateDir, 'kubeconfig')
  await api.writeKubeconfig(kubeconfig)
  const client = clientOver(api.transport())
  const running = await startCaches(client, log)
  onStop(running.stop)
  onStop(startControllers({ client, caches: running.caches, log }).stop)
  const proxy = options.proxy === false ? undefined : runProxy(client, running, log)
  if (proxy) onStop(proxy.stop)
  const node = options.node === false ? undefined : await runNode({ options, stateDir, api, client, running, network })
  if (node) onStop(() => node.stop())
  return {
    kubeconfig,
    client,
    api,
    url,
    proxyStats: () => proxy?.stats() ?? NO_STATS,
    kill: (podName, signal) => node?.kill(podName, signal) ?? false,
  }
}

type NodeParts = {
  readonly options: ClusterOptions
  readonly stateDir: string
  readonly api: ApiServer
  readonly client: KubeClient
  readonly running: RunningCaches
  readonly network: Network
}

async function runNode({ options, stateDir, api, client, running, network }: NodeParts): Promise<LocalNode> {
  const node = await startNode({
    client,
    pods: running.caches.pods,
    directory: stateDir,
    log: options.log.with({ component: 'node' }),
    podNetwork: network.podNetwork,
    workingDirectory: options.workingDirectory ?? process.cwd(),
    writeKubeconfig: (path, account) => api.writeKubeconfig(path, account),
  })
  api.setLogSource(({ namespace, pod, container, ...query }) => node.logs({ namespace, name: pod, container }, query))
  return node
}

function runProxy(client: KubeClient, { caches }: RunningCaches, log: Logger) {
  const events = makeEventRecorder({ client, component: 'kube-proxy', instance: 'local', clock: systemClock, log })
  return startProxy({ caches, events, log: log.with({ component: 'proxy' }) })
}
