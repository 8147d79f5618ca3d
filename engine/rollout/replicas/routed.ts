/**
 * How many pods each version of a canary has whose traffic is split by weights: the rules of Argo Rollouts
 * (CalculateReplicaCountsForTrafficRoutedCanary). maxSurge and maxUnavailable do not count here.
 */
import type { CanaryStep } from '../../../api/rollout.ts'
import { atLeast } from './limits.ts'

/** What the steps up to one of them say about weight and size. */
export type StepWish = {
  readonly weight: number
  /** The last setCanaryScale, unless a later one took it back. */
  readonly scale?: { readonly replicas?: number; readonly weight?: number }
}

export type Position = {
  readonly steps: readonly CanaryStep[]
  /** steps.length = all done. */
  readonly index: number
  readonly aborted: boolean
  readonly maxWeight: number
}

/** The weight of the last setWeight up to the current step; all past the last step, none after an abort or before any. */
export const currentSetWeight = ({ steps, index, aborted, maxWeight }: Position): number => {
  if (aborted) return 0
  if (index >= steps.length) return maxWeight
  return steps.slice(0, index + 1).findLast(({ setWeight }) => setWeight !== undefined)?.setWeight ?? 0
}

/** The setCanaryScale in force; none past the last step and after `matchTrafficWeight: true`. */
export const currentCanaryScale = ({ steps, index }: Pick<Position, 'steps' | 'index'>): StepWish['scale'] => {
  if (index >= steps.length) return undefined
  const scale = steps.slice(0, index + 1).findLast(step => step.setCanaryScale !== undefined)?.setCanaryScale
  return scale === undefined || scale.matchTrafficWeight === true ? undefined : scale
}

export type RoutedCanary = {
  readonly replicas: number
  readonly maxWeight: number
  readonly minPods: number | undefined
  /** The weight that decides about sizes: of the steps, all when fully promoted or nothing else is stable. */
  readonly weight: number
  readonly scale: StepWish['scale']
  readonly dynamic: boolean
  readonly aborted: boolean
  /** The weights last sent to the router; absent before the first. */
  readonly sent: { readonly canary: number; readonly stable: number } | undefined
}

/** Pods that a weight stands for, rounded up. */
export const podsOfWeight = (weight: number, replicas: number, maxWeight: number): number =>
  Math.ceil((weight * replicas) / maxWeight)

/**
 * The sizes of both versions. With dynamicStableScale the stable version shrinks only as far as the weights last sent allow, and after
 * an abort the canary keeps what its traffic still needs.
 */
export const routedSizes = (input: RoutedCanary): { readonly canary: number; readonly stable: number } => {
  const { replicas, maxWeight, minPods, scale, dynamic, aborted, sent } = input
  const pods = (weight: number) => podsOfWeight(weight, replicas, maxWeight)
  const weight = scale?.weight ?? input.weight
  const own = scale?.replicas ?? atLeast(minPods, pods(weight), replicas)
  if (!dynamic) return { canary: own, stable: replicas }
  const stable = Math.max(pods(maxWeight - input.weight), sent === undefined ? 0 : pods(sent.stable))
  const canary = aborted && sent !== undefined ? Math.max(pods(sent.canary), own) : own
  return { canary, stable: atLeast(minPods, stable, replicas) }
}

export type SteppedAbort = {
  readonly replicas: number
  readonly maxWeight: number
  readonly steps: readonly CanaryStep[]
  readonly canaryAvailable: number
  readonly stableAvailable: number
  /** abortScaleDownDelaySeconds was written by the user. */
  readonly hasExplicitDelay: boolean
}

/**
 * The canary's weight on the way back with dynamicStableScale: down through the weights of the steps, each only when the stable version
 * has grown for it.
 */
export const steppedAbortWeight = (input: SteppedAbort): number => {
  const { replicas, maxWeight, steps, canaryAvailable, stableAvailable, hasExplicitDelay } = input
  const lacking = Math.max(0, replicas - stableAvailable)
  // With a delay of its own the canary stays as it is, and waiting for it to shrink would never end.
  const carried = hasExplicitDelay ? lacking : Math.max(lacking, canaryAvailable)
  const weights = steps.flatMap(({ setWeight }) => setWeight ?? [])
  return weights.reverse().find(weight => podsOfWeight(weight, replicas, maxWeight) < carried) ?? 0
}
