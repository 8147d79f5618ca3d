/** The sizes of a canary's versions as intents, and whether a step's size is reached. */
import type { ReplicaSet } from '../../api/kubernetes.ts'
import { isSettled, type RolloutContext } from './context.ts'
import { event, type RolloutIntent } from './intents.ts'
import type { RolloutProgress } from './progress.ts'
import { type BasicCanary, basicSizes, olderSizes } from './replicas/basic.ts'
import { currentSetWeight } from './replicas/routed.ts'
import { sumOf } from './replicas/sized.ts'
import { newRevision, revisionOf, sizedOf } from './versions.ts'

export const resize = (
  set: ReplicaSet | undefined,
  to: number,
  why: string,
  revision = revisionOf(set),
): readonly RolloutIntent[] => {
  const from = set?.spec.replicas ?? 1
  if (set === undefined || from === to) return []
  const { name } = set.metadata
  const text = `Scaled ${to > from ? 'up' : 'down'} ReplicaSet ${name} (revision ${revision}) from ${from} to ${to}`
  return [{ kind: 'scale', replicaSet: name, from, to, why }, event('ScalingReplicaSet', text)]
}

const inputOf = (context: RolloutContext, { index, aborted }: RolloutProgress): BasicCanary => {
  const { versions, steps, replicas, limits } = context
  const { current, stable, older } = versions
  return {
    replicas,
    limits,
    weight: currentSetWeight({ steps, index, aborted, maxWeight: 100 }),
    canary: current && sizedOf(current),
    stable: isSettled(context) || stable === undefined ? undefined : sizedOf(stable),
    older: older.map(sizedOf),
  }
}

/** Without traffic routing, where the share of pods is the share of traffic. */
export const planScale = (context: RolloutContext, progress: RolloutProgress): readonly RolloutIntent[] => {
  const { current, stable, older } = context.versions
  const input = inputOf(context, progress)
  const sizes = basicSizes(input)
  const why = `share of the newest version: ${input.weight}%`
  const old = olderSizes(input)
  return [
    ...(input.stable === undefined ? [] : resize(stable, sizes.stable, why)),
    ...resize(current, sizes.canary, why, newRevision(context.versions)),
    ...older.flatMap((set, i) => resize(set, old[i] ?? 0, 'neither the stable nor the newest version')),
  ]
}

export const isEnough = ({ canary }: RolloutContext, available: number, wanted: number): boolean => {
  const threshold = canary.replicaProgressThreshold
  if (threshold === undefined || wanted === 0) return available >= wanted
  if (threshold.type === 'Pods') return available >= Math.min(threshold.value, wanted)
  return (available / wanted) * 100 >= threshold.value - 1e-10
}

/** Both versions have the sizes of the step, the newest one's pods are available (or enough of them), and older ones have none. */
export const isAtSize = (context: RolloutContext, progress: RolloutProgress): boolean => {
  const input = inputOf(context, progress)
  const { canary, stable } = basicSizes(input)
  const current = input.canary
  if (current === undefined || current.spec !== canary || !isEnough(context, current.available, canary)) return false
  return (input.stable === undefined || input.stable.spec === stable) && sumOf(input.older, 'available') === 0
}

/** All pods are of the newest version and (enough of them) available: it can become the stable one. */
export const isFull = (context: RolloutContext): boolean => {
  const { versions, replicas } = context
  const current = versions.current && sizedOf(versions.current)
  return current !== undefined && current.spec === replicas && isEnough(context, current.available, replicas)
}
