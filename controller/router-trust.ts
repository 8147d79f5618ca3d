/** The authority that the routers' admin ports are signed by, from the Secret that the routers keep. */
import type { KubeObject } from '../api/kubernetes.ts'
import { ROUTER_SECRET } from '../api/names.ts'
import type { KubeClient } from '../kube/client.ts'
import { type Informer, startInformer } from '../kube/informer.ts'
import type { Logger } from '../kube/log.ts'
import { SECRETS } from '../kube/resources.ts'

type Secret = KubeObject & { readonly data?: { readonly [key: string]: string } }

export type RouterTrust = {
  /** PEM; empty while the Secret is not there yet, so that nobody is trusted. */
  readonly ca: () => string
  readonly informer: Informer<Secret>
}

/** Follows the Secret in `namespace`; its private keys are not kept. */
export const startRouterTrust = (options: {
  readonly client: KubeClient
  readonly log: Logger
  readonly namespace: string
}): RouterTrust => {
  const { client, log, namespace } = options
  const informer = startInformer<Secret>({
    client,
    log,
    namespace,
    resource: SECRETS,
    fieldSelector: `metadata.name=${ROUTER_SECRET}`,
    transform: ({ data = {}, ...secret }) => ({ ...secret, data: { 'ca.crt': data['ca.crt'] ?? '' } }),
  })
  return {
    informer,
    ca: () => Buffer.from(informer.get(namespace, ROUTER_SECRET)?.data?.['ca.crt'] ?? '', 'base64').toString('utf8'),
  }
}
