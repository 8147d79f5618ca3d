/** Which ReplicaSet is the stable version, as far as the objects tell without a controller. */
import type { Deployment, ReplicaSet } from '../../api/kubernetes.ts'
import { STABLE_TEMPLATE } from '../../api/names.ts'
import { templateHash } from '../../api/template.ts'
import { hashOf, type RolloutView } from '../../view/rollout-view.ts'

export type Stable = { readonly replicaSet: ReplicaSet; readonly how: string }

type Finder = (view: RolloutView & { readonly deployment: Deployment }) => Stable | undefined

const setsOf = (view: RolloutView): readonly ReplicaSet[] => view.versions.map(one => one.replicaSet)

const FINDERS: readonly Finder[] = [
  view => {
    const found = setsOf(view).find(one => hashOf(one) !== '' && hashOf(one) === view.rollout?.status?.stableRS)
    return found && { replicaSet: found, how: 'status.stableRS of its Rollout' }
  },
  view => {
    const noted = view.deployment.metadata.annotations?.[STABLE_TEMPLATE]
    const found = setsOf(view).find(one => noted !== undefined && templateHash(one.spec.template) === noted)
    return found && { replicaSet: found, how: `its annotation ${STABLE_TEMPLATE}` }
  },
  view => {
    const active = setsOf(view).filter(one => (one.spec.replicas ?? 1) > 0)
    return active.length === 1 && active[0] ? { replicaSet: active[0], how: 'being the only one with pods' } : undefined
  },
]

/** `named`: the ReplicaSet that the user says is the stable one. Undefined when nothing tells. */
export const chooseStable = (
  view: RolloutView & { readonly deployment: Deployment },
  named: string | undefined,
): Stable | undefined => {
  if (named !== undefined) {
    const found = setsOf(view).find(one => one.metadata.name === named)
    return found && { replicaSet: found, how: '--stable' }
  }
  for (const find of FINDERS) {
    const stable = find(view)
    if (stable !== undefined) return stable
  }
  return undefined
}
