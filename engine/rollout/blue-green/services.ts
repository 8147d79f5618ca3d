/** Where the active and the preview Service lead, and what their endpoints show of it. */
import type { ReplicaSet } from '../../../api/kubernetes.ts'
import type { RolloutContext } from '../context.ts'
import type { RolloutIntent } from '../intents.ts'
import { leadTo } from '../services.ts'
import { hashOf, sizedOf } from '../versions.ts'
import { hasAll } from './sizes.ts'
import type { BlueGreenView } from './view.ts'

const podsOf = ({ seen }: RolloutContext, { metadata }: ReplicaSet): readonly string[] =>
  seen.pods
    .filter(pod => pod.metadata.ownerReferences?.some(owner => owner.controller === true && owner.uid === metadata.uid))
    .map(pod => pod.metadata.name)

/** How many of its pods the endpoints of the active Service name; 0 where nobody keeps EndpointSlices of it. */
export const countCarrying = (context: RolloutContext, set: ReplicaSet): number => {
  const endpoints = new Set(context.seen.activeEndpoints)
  return podsOf(context, set).filter(name => endpoints.has(name)).length
}

/**
 * The endpoints of the active Service are pods of this version, all of its available ones, and none of another version. True as well where
 * nobody keeps EndpointSlices of the Service, so that nothing can be told.
 */
export const isCarriedBy = (context: RolloutContext, set: ReplicaSet | undefined): boolean => {
  const { seen, versions, replicas } = context
  if (set === undefined) return false
  if (seen.activeEndpoints === undefined) return true
  const endpoints = new Set(seen.activeEndpoints)
  const others = [versions.current, versions.stable, ...versions.older].filter(one => one !== undefined && one !== set)
  const counted = (one: ReplicaSet) => podsOf(context, one).filter(name => endpoints.has(name)).length
  return (
    counted(set) >= Math.min(sizedOf(set).available, replicas) && others.every(one => one === undefined || counted(one) === 0)
  )
}

/** At once, before its pods are ready: nobody but a tester waits behind it. */
export const planPreview = (context: RolloutContext, { preview }: BlueGreenView): readonly RolloutIntent[] =>
  preview === undefined || context.versions.current === undefined || context.isPaused
    ? []
    : leadTo(context, preview, context.versions.hash)

/** After an abort: the stable version takes the traffic back with all of its pods, or with any where the newest one has none. */
const canTakeBack = ({ versions, replicas }: RolloutContext): boolean => {
  const { stable, current } = versions
  if (stable === undefined) return false
  const isNewestDown = current === undefined || sizedOf(current).available === 0
  return hasAll(stable, replicas) || (isNewestDown && sizedOf(stable).available > 0)
}

/** Hash that the active Service is to select; undefined = as it is. */
export const activeTarget = (
  context: RolloutContext,
  { activeHash }: BlueGreenView,
  { aborted, maySwitch }: { readonly aborted: boolean; readonly maySwitch: boolean },
): string | undefined => {
  const { stable, current, hash } = context.versions
  if (aborted) return activeHash !== undefined && stable !== undefined && canTakeBack(context) ? hashOf(stable) : activeHash
  return maySwitch && hasAll(current, context.replicas) ? hash : activeHash
}

export const planActive = (
  context: RolloutContext,
  { active }: BlueGreenView,
  target: string | undefined,
): readonly RolloutIntent[] => (active === undefined || target === undefined ? [] : leadTo(context, active, target))
