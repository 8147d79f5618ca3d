/** Puts Sluice into a cluster whose node runs pods as local processes, and waits until it works. */
import type { Deployment, KubeObject } from '../api/kubernetes.ts'
import { SLUICE_NAMESPACE } from '../api/names.ts'
import type { KubeClient } from '../kube/client.ts'
import { CRDS, DEPLOYMENTS, MUTATING_WEBHOOKS } from '../kube/resources.ts'
import { apply, readCrds } from './apply.ts'
import { makeSluice, type SluiceOptions } from './manifests.ts'
import { waitFor } from './wait.ts'

type Conditioned = KubeObject & {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

const untilEstablished = async (client: KubeClient, crds: readonly KubeObject[]) => {
  for (const { metadata } of crds) {
    await waitFor({ what: `the kind ${metadata.name} to be served` }, async () => {
      const crd = await client.get<Conditioned>(CRDS, { name: metadata.name })
      return crd.status?.conditions?.some(condition => condition.type === 'Established' && condition.status === 'True')
    })
  }
}

/** True when every pod of the Deployment's newest template is there and available. */
export const isRolledOut = ({ metadata, spec, status }: Deployment): boolean =>
  status?.observedGeneration === metadata.generation &&
  status?.updatedReplicas === (spec.replicas ?? 1) &&
  status?.availableReplicas === (spec.replicas ?? 1) &&
  status?.replicas === (spec.replicas ?? 1)

export const untilRolledOut = (client: KubeClient, namespace: string, name: string): Promise<Deployment> =>
  waitFor({ what: `all pods of Deployment ${namespace}/${name} to be available` }, async () => {
    const deployment = await client.get<Deployment>(DEPLOYMENTS, { namespace, name })
    return isRolledOut(deployment) && deployment
  })

type Configuration = KubeObject & { readonly webhooks?: readonly { readonly clientConfig: { readonly caBundle?: string } }[] }

/** Applies everything; resolves when the webhook answers for Deployments and the controller and all routers are ready. */
export const installSluice = async (client: KubeClient, options: SluiceOptions, say: (line: string) => void): Promise<void> => {
  const crds = readCrds(options.root)
  await apply(client, crds)
  await untilEstablished(client, crds)
  await apply(client, makeSluice(options))
  for (const component of ['webhook', 'router', 'controller']) {
    await untilRolledOut(client, SLUICE_NAMESPACE, `sluice-${component}`)
    say(`  ${component} is ready`)
  }
  await waitFor({ what: 'the webhook to be registered' }, async () => {
    const { webhooks = [] } = await client.get<Configuration>(MUTATING_WEBHOOKS, { name: 'sluice' })
    return webhooks.length > 0 && webhooks.every(webhook => webhook.clientConfig.caBundle)
  })
}
