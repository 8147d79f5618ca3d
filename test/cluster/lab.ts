/**
 * Where the cluster suite runs: on the in-process cluster, with SLUICE_LAB=real on a real control plane (tools/kube/in-namespace), or with
 * SLUICE_LAB=node on a real node (test/node/).
 * Tests see no difference, and that is what they are for.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Pod } from '../../api/kubernetes.ts'
import { SLUICE_NAMESPACE } from '../../api/names.ts'
import { startCluster } from '../../cluster/start.ts'
import type { KubeClient } from '../../kube/client.ts'
import { silentLogger } from '../../kube/log.ts'
import { PODS } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { installSluice } from '../../local/install.ts'
import { LOCAL_ARGS } from '../../local/up.ts'
import { waitFor } from '../../local/wait.ts'
import { kubectl } from './kubectl.ts'
import type { Lab, LabOptions } from './lab-api.ts'
import { type RealCluster, startRealCluster } from './real-cluster.ts'

export type { Lab } from './lab-api.ts'

const NAMESPACE = 'suite'
// Loaded with this file, not in a hook: what ends the node has to be told to the runner before the first test.
const onNode = process.env['SLUICE_LAB'] === 'node' ? await import('../node/cluster-lab.ts') : undefined
const ROOT = resolve(import.meta.dirname, '../..')

const startChosen = (stateDir: string): Promise<RealCluster> => {
  if (process.env['SLUICE_LAB'] !== 'real') return startCluster({ stateDir, log: silentLogger })
  return startRealCluster(process.env['SLUICE_KUBE_BIN'] ?? '', stateDir)
}

/** The default ServiceAccount comes a moment after its namespace, and pods are refused without it. */
const untilPodsAreTaken = (client: KubeClient) =>
  waitFor({ what: `the default ServiceAccount of ${NAMESPACE}` }, async () => {
    await client.raw('GET', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`)
    return true
  })

export const startLab = (options: LabOptions = {}): Promise<Lab> => {
  return onNode === undefined ? startLocalLab(options) : onNode.labOnNode(NAMESPACE, options)
}

const startLocalLab = async ({ sluice = false }: LabOptions): Promise<Lab> => {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-lab-'))
  const cluster = await startChosen(stateDir)
  const { client, kubeconfig } = cluster
  const stop = async () => {
    await cluster.stop()
    rmSync(stateDir, { recursive: true, force: true })
  }
  const serve = { node: process.execPath, root: ROOT }
  try {
    await apply(client, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }])
    await untilPodsAreTaken(client)
    if (sluice) {
      await installSluice(client, { ...serve, routers: 2, stateDir: join(stateDir, 'routes'), args: LOCAL_ARGS }, () => undefined)
    }
  } catch (error) {
    await stop()
    throw error
  }
  return {
    client,
    kubeconfig,
    serve,
    stop,
    namespace: NAMESPACE,
    kubectl: (...args) => kubectl(kubeconfig, NAMESPACE, args),
    killSluice: async component => {
      const labelSelector = `app.kubernetes.io/component=${component}`
      const { items } = await client.list<Pod>(PODS, { namespace: SLUICE_NAMESPACE, labelSelector })
      for (const pod of items) cluster.kill(`${SLUICE_NAMESPACE}/${pod.metadata.name}`, 'SIGKILL')
    },
  }
}
