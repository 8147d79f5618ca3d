/** Starts the in-process cluster and Sluice in it: what `make up`, `make demo` and the chaos run have in common. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, startCluster } from '../cluster/start.ts'
import type { Logger } from '../kube/log.ts'
import { installSluice } from './install.ts'

export type UpOptions = {
  /** Folder for logs, certificates, kubeconfigs and the routers' last good routes. */
  readonly stateDir: string
  /** Folder of this project. */
  readonly root: string
  readonly node: string
  readonly routers: number
  /** Port of the API server; a free one when absent. */
  readonly port?: number
  readonly log: Logger
  readonly say: (line: string) => void
}

/** Everything on one machine knows of an endpoint at once, so Sluice need not wait for proxies on other nodes as long as it does by default. */
export const LOCAL_ARGS = { controller: ['--propagation-ms=500', '--rollouts', '--notifications'] } as const

/** Resolves when Sluice works; stop the cluster to end all of it. */
export const up = async ({ stateDir, root, node, routers, port, log, say }: UpOptions): Promise<Cluster> => {
  mkdirSync(stateDir, { recursive: true })
  say('starting a Kubernetes in this process')
  const cluster = await startCluster({ stateDir: join(stateDir, 'cluster'), log, ...(port !== undefined && { port }) })
  say(`  kubeconfig: ${cluster.kubeconfig}`)
  say('starting Sluice in it: webhook, routers, controller')
  try {
    await installSluice(cluster.client, { node, root, routers, stateDir: join(stateDir, 'routes'), args: LOCAL_ARGS }, say)
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}
