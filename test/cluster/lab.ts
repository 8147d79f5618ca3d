/**
 * Where the cluster suite runs: on the in-process cluster, or with SLUICE_LAB=real on a real control plane (tools/kube/in-namespace),
 * there with the same node and service proxy beside it. Tests see no difference, and that is what they are for.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Pod } from '../../api/kubernetes.ts'
import { SLUICE_NAMESPACE } from '../../api/names.ts'
import { startFakeNode } from '../../cluster/testing/fake-node.ts'
import type { KubeClient } from '../../kube/client.ts'
import { clientOver } from '../../kube/http-client.ts'
import { PODS } from '../../kube/resources.ts'
import { kubeconfigTransport } from '../../kube/transport.ts'
import { apply } from '../../local/apply.ts'
import { startControlPlane } from './control-plane.ts'
import { kubectl } from './kubectl.ts'

export type Lab = {
  readonly client: KubeClient
  readonly namespace: string
  readonly kubectl: (...args: readonly string[]) => Promise<string>
  readonly killSluice: (component: string) => Promise<void>
  readonly stop: () => Promise<void>
}

const NAMESPACE = 'suite'

export const startLab = async (_options: { readonly sluice?: boolean } = {}): Promise<Lab> => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-lab-'))
  const plane = await startControlPlane({ bin: process.env['SLUICE_KUBE_BIN'] ?? '', dir, serviceCidr: '10.96.0.0/16' })
  const transport = await kubeconfigTransport({ kubeconfig: plane.kubeconfig })
  const client = clientOver(transport)
  await apply(client, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }])
  const node = startFakeNode({ client, network: '10.240' })
  return {
    client,
    namespace: NAMESPACE,
    kubectl: (...args) => kubectl(plane.kubeconfig, NAMESPACE, args),
    killSluice: async () => undefined,
    stop: async () => {
      await node.stop()
      await transport.close()
      await plane.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
