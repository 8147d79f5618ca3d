/** The certificate of the sidecars' authority, which the controller publishes in a ConfigMap. */
import type { KubeObject, Labels } from '../api/kubernetes.ts'
import { SIDECAR_CA } from '../api/names.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import { startInformer } from '../kube/informer.ts'
import type { Logger } from '../kube/log.ts'
import { CONFIG_MAPS } from '../kube/resources.ts'

type ConfigMap = KubeObject & { readonly data?: Labels }

export type SidecarAuthority = {
  /** PEM; undefined while nothing is published. */
  readonly ca: () => string | undefined
  readonly stop: () => Promise<void>
}

export const startSidecarAuthority = (options: {
  readonly client: KubeClient
  readonly namespace: string
  readonly clock: Clock
  readonly log: Logger
}): SidecarAuthority => {
  const { client, namespace, clock, log } = options
  const informer = startInformer<ConfigMap>({
    client,
    resource: CONFIG_MAPS,
    namespace,
    fieldSelector: `metadata.name=${SIDECAR_CA}`,
    clock,
    log,
  })
  return { ca: () => informer.get(namespace, SIDECAR_CA)?.data?.['ca.crt'], stop: async () => informer.stop() }
}
