/** Reads the caches into what the planner of Rollouts decides from. No writes, no clock. */
import type { Rollout } from '../../api/rollout.ts'
import type { RolloutSeen } from '../../engine/rollout/seen.ts'
import { BY_CONTROLLER_UID, type Caches } from '../caches.ts'
import { servicesOf } from './select.ts'

export const gatherRollout = (caches: Caches, rollout: Rollout): RolloutSeen => {
  const { namespace = '', name, uid = '' } = rollout.metadata
  const replicaSets = caches.replicaSets.by(BY_CONTROLLER_UID, uid)
  return {
    namespace,
    name,
    rollout,
    replicaSets,
    pods: replicaSets.flatMap(({ metadata }) => caches.pods.by(BY_CONTROLLER_UID, metadata.uid ?? '')),
    services: [...new Set(servicesOf(rollout))].flatMap(service => caches.services.get(namespace, service) ?? []),
  }
}
