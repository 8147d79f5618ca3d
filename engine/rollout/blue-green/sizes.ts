/** How many pods the newest, the stable and the active version of a blue-green update have. */
import type { ReplicaSet } from '../../../api/kubernetes.ts'
import type { RolloutContext } from '../context.ts'
import type { RolloutIntent } from '../intents.ts'
import type { RolloutProgress } from '../progress.ts'
import { resize } from '../scale.ts'
import { newRevision, sizedOf } from '../versions.ts'
import type { BlueGreenView } from './view.ts'

/** Every pod that is wanted is there and available. */
export const hasAll = (set: ReplicaSet | undefined, wanted: number): boolean => {
  if (set === undefined) return false
  const { spec, available } = sizedOf(set)
  return spec === wanted && available >= wanted
}

/** Pods of the newest version: previewReplicaCount until the switch is allowed, all of them then. */
export const newestSize = (
  { replicas, isPaused, versions }: RolloutContext,
  { strategy, isFast, isSwitched }: BlueGreenView,
  isCheckpointed: boolean,
): number => {
  const few = strategy.previewReplicaCount
  // The user paused before it had any pods.
  if (isPaused && versions.current?.spec.replicas === 0) return 0
  return few === undefined || isFast || isSwitched || isCheckpointed ? replicas : few
}

/** A stable version whose traffic is gone keeps what it has, and gets no pods back, once its own delay was asked for. */
const isLeaving = ({ strategy, isSwitched }: BlueGreenView, aborted: boolean): boolean =>
  !aborted && isSwitched && strategy.scaleDownDelaySeconds !== undefined

/** Whatever carries the traffic, or would have to take it back, has all its pods. */
export const planCarriers = (
  context: RolloutContext,
  view: BlueGreenView,
  { aborted }: RolloutProgress,
): readonly RolloutIntent[] => {
  const { versions, replicas } = context
  const { current, stable } = versions
  const carriers = [view.activeSet, isLeaving(view, aborted) ? undefined : stable]
  return [...new Set(carriers)]
    .filter(set => set !== undefined && set !== current)
    .flatMap(set => resize(set, replicas, 'it carries the traffic, or takes it back after an abort'))
}

export const planNewestSize = (context: RolloutContext, size: number): readonly RolloutIntent[] =>
  resize(context.versions.current, size, 'size of the newest version', newRevision(context.versions))
