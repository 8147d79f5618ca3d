/** Everything that the leader does for sidecars: their authority, their tables, their reports and numbers. */
import { isPodReady } from '../../api/pod-ready.ts'
import type { BucketReport, RouterReport } from '../../api/router-admin.ts'
import { sidecarPorts } from '../../api/sidecar.ts'
import type { KubeClient } from '../../kube/client.ts'
import type { Clock } from '../../kube/clock.ts'
import type { Logger } from '../../kube/log.ts'
import { BY_CONTROLLER_UID, type Caches } from '../caches.ts'
import { startSidecarAuthority } from './authority.ts'
import { makeSidecarClient } from './client.ts'
import { keyOfPod, startSidecarPush } from './push.ts'

export type Sidecars = {
  /** By `NAMESPACE/NAME` of the pod. */
  readonly reports: () => ReadonlyMap<string, RouterReport>
  /** The sidecars of a Deployment, by `NAMESPACE/NAME` of the pod; empty when sidecars do not split for it. */
  readonly of: (namespace: string, deployment: string) => readonly { readonly name: string; readonly ready: boolean }[]
  /** Rejects when the pod is gone or does not answer. */
  readonly buckets: (pod: string, route: string, seconds: number) => Promise<BucketReport>
  readonly stop: () => Promise<void>
}

export type SidecarsOptions = {
  readonly client: KubeClient
  readonly caches: Caches
  /** Where the controller runs. */
  readonly systemNamespace: string
  /** See kube/shared-keys.ts. */
  readonly stickyKeys: () => readonly string[]
  /** Called with `NAMESPACE/NAME` of each Route of which some sidecar says something new. */
  readonly onChange: (route: string) => void
  readonly clock: Clock
  readonly log: Logger
}

export const startSidecars = ({
  client,
  caches,
  systemNamespace,
  stickyKeys,
  onChange,
  clock,
  log,
}: SidecarsOptions): Sidecars => {
  const authority = startSidecarAuthority({ client, namespace: systemNamespace, clock, log })
  const admin = makeSidecarClient(authority)
  const push = startSidecarPush({ caches, authority, client: admin, stickyKeys, onChange, clock, log })
  return {
    reports: push.reports,
    of: (namespace, name) => {
      const owner = caches.deployments.get(namespace, name)?.metadata.uid ?? ''
      return caches.replicaSets
        .by(BY_CONTROLLER_UID, owner)
        .flatMap(({ metadata }) => caches.pods.by(BY_CONTROLLER_UID, metadata.uid ?? ''))
        .filter(pod => sidecarPorts(pod) !== undefined)
        .map(pod => ({ name: keyOfPod(pod), ready: isPodReady(pod) }))
    },
    buckets: (key, route, seconds) => {
      const [namespace = '', name = ''] = key.split('/')
      const pod = caches.pods.get(namespace, name)
      return pod === undefined ? Promise.reject(new Error(`pod ${key} is gone`)) : admin.buckets(pod, route, seconds)
    },
    stop: async () => {
      push.stop()
      authority.stop()
      await admin.close()
    },
  }
}
