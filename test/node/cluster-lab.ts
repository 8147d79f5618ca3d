/** The cluster suite's lab on the real node: the same tests with containers instead of local processes, and Sluice installed by Helm. */
import { NAMESPACES } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { kubectl } from '../cluster/kubectl.ts'
import type { Lab, LabOptions } from '../cluster/lab-api.ts'
import { SAMPLE_IMAGE } from './images.ts'
import { installSluice, theNode } from './lab.ts'
import { killProcesses } from './processes.ts'

let labs = 0

/** The node is the one that all files share, so each lab has a namespace of its own on it, called `prefix` and a number; `stop` deletes it. */
export const labOnNode = async (prefix: string, { sluice = false }: LabOptions): Promise<Lab> => {
  labs += 1
  const namespace = `${prefix}-${labs}`
  const node = await theNode()
  const { client, kubeconfig } = node
  await apply(client, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }])
  await waitFor({ what: `the default ServiceAccount of ${namespace}` }, async () => {
    await client.raw('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`)
    return true
  })
  if (sluice) await installSluice(node)
  return {
    client,
    kubeconfig,
    namespace,
    serve: { node: '/bin/node', root: '/app', image: SAMPLE_IMAGE },
    kubectl: (...args) => kubectl(kubeconfig, namespace, args),
    killSluice: async component => void killProcesses(component),
    stop: () => client.delete(NAMESPACES, { name: namespace }),
  }
}
