/** Rollouts with a template of their own, written by users: the second way to use Sluice beside annotated Deployments. */
import { PREFIX } from '../../api/names.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { Caches } from '../caches.ts'
import { isForScope, isMadeInScope, type Scope } from '../scope.ts'

/** Made by a person: not Sluice's own note of a Deployment. */
export const isWritten = ({ metadata }: Rollout): boolean =>
  !(metadata.ownerReferences ?? []).some(({ kind, controller }) => kind === 'Deployment' && controller === true)

/** Made by a person for this controller, and not for one with another instance id. */
export const isUsersOwn = (rollout: Rollout, scope: Scope): boolean => isForScope(rollout, scope) && isWritten(rollout)

/** Run by Sluice: made by it for a Deployment, or with `userRollouts` also a user's own. All others belong to another controller. */
export const isOurRollout = (rollout: Rollout, scope: Scope): boolean =>
  (scope.instanceId === undefined && isMadeInScope(rollout, scope)) || (scope.userRollouts && isUsersOwn(rollout, scope))

export { servicesOf } from '../../traffic/named-services.ts'

type Found = Pick<Caches, 'rollouts' | 'deployments'>

const isMarked = ({ deployments }: Found, namespace: string, name: string): boolean =>
  Object.keys(deployments.get(namespace, name)?.metadata.annotations ?? {}).some(key => key.startsWith(PREFIX))

/** The Rollout of a key, when it is a user's own and no annotated Deployment of the same name has the key. */
export const findUsersOwn = (caches: Found, scope: Scope, namespace: string, name: string): Rollout | undefined => {
  const rollout = scope.userRollouts ? caches.rollouts.get(namespace, name) : undefined
  return rollout !== undefined && isUsersOwn(rollout, scope) && !isMarked(caches, namespace, name) ? rollout : undefined
}

/**
 * Whether what Sluice does for Deployments is this controller's to do for the key: update an annotated one, or give Services back that a
 * Deployment or Rollout left behind. Not while a Rollout of another controller has the key, and with an instance id never for a Deployment.
 */
export const isDeploymentOurs = (caches: Found, scope: Scope, namespace: string, name: string): boolean => {
  const rollout = caches.rollouts.get(namespace, name)
  const isOthers = rollout !== undefined && isWritten(rollout) && !isForScope(rollout, scope)
  if (scope.instanceId !== undefined)
    return !isOthers && rollout === undefined && caches.deployments.get(namespace, name) === undefined
  return !isOthers || isMarked(caches, namespace, name)
}

/** A user's own Rollout that refers to the annotated Deployment of its very name: it moves nothing, but says so in its status. */
export const findRefused = (caches: Found, scope: Scope, namespace: string, name: string): Rollout | undefined => {
  const rollout = scope.userRollouts ? caches.rollouts.get(namespace, name) : undefined
  const { kind, name: target } = rollout?.spec.workloadRef ?? {}
  const refers = kind === 'Deployment' && target === name && isMarked(caches, namespace, name)
  return rollout !== undefined && isUsersOwn(rollout, scope) && refers ? rollout : undefined
}
