/** What Sluice manages, from all Rollouts and Deployments. Pure. */
import type { Deployment } from '../api/kubernetes.ts'
import { PREFIX } from '../api/names.ts'
import type { Rollout } from '../api/rollout.ts'
import type { RolloutView } from './rollout-view.ts'

export type ListedRollout = Pick<RolloutView, 'name' | 'namespace' | 'rollout' | 'deployment'>

const keyOf = ({ metadata }: Deployment | Rollout): string => `${metadata.namespace ?? ''}/${metadata.name}`

/** Every Rollout with its Deployment, and opted-in Deployments that have no Rollout yet; in order of namespace and name. */
export const joinByName = (rollouts: readonly Rollout[], deployments: readonly Deployment[]): readonly ListedRollout[] => {
  const byKey = new Map(deployments.map(one => [keyOf(one), one]))
  const listed = new Set(rollouts.map(keyOf))
  const waiting = deployments.filter(
    one => one.metadata.annotations?.[`${PREFIX}strategy`] !== undefined && !listed.has(keyOf(one)),
  )
  const views: ListedRollout[] = [
    ...rollouts.map(rollout => {
      const deployment = rollout.spec.workloadRef?.kind === 'Deployment' ? byKey.get(keyOf(rollout)) : undefined
      return {
        name: rollout.metadata.name,
        namespace: rollout.metadata.namespace ?? '',
        rollout,
        ...(deployment && { deployment }),
      }
    }),
    ...waiting.map(deployment => ({
      name: deployment.metadata.name,
      namespace: deployment.metadata.namespace ?? '',
      deployment,
    })),
  ]
  return views.sort((a, b) => a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name))
}
