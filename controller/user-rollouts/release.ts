/** Services of a Rollout that is gone: they lead to its pods by a hash, and would lead to nothing. */
import { releaseOps } from '../../engine/rollout/release-services.ts'
import type { KubeClient } from '../../kube/client.ts'
import type { Logger } from '../../kube/log.ts'
import { SERVICES } from '../../kube/resources.ts'
import { BY_MANAGER, type Caches } from '../caches.ts'
import { CONFLICT_MS, isStale, type Outcome } from '../rollout-controller.ts'

type Options = {
  readonly client: KubeClient
  readonly caches: Pick<Caches, 'rollouts' | 'services'>
  readonly log: Pick<Logger, 'info'>
}

/** `key`: NAMESPACE/NAME. Nothing while the Rollout is there, whoever runs it. */
export const makeReleaser =
  ({ client, caches, log }: Options) =>
  async (key: string): Promise<Outcome> => {
    const [namespace = '', rollout = ''] = key.split('/')
    if (caches.rollouts.get(namespace, rollout) !== undefined) return {}
    for (const service of caches.services.by(BY_MANAGER, key)) {
      const patch = releaseOps(service)
      if (patch.length === 0) continue
      const { name } = service.metadata
      log.info('a Service of a Rollout that is gone gets its selector back', { service: `${namespace}/${name}`, rollout: key })
      try {
        await client.patch(SERVICES, { namespace, name }, 'json', patch)
      } catch (error) {
        if (!isStale(error)) throw error
        return { afterMs: CONFLICT_MS }
      }
    }
    return {}
  }
