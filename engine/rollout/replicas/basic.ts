/**
 * How many pods each version of a canary without traffic routing has: the share of traffic is the share of pods. The rules and numbers
 * are those of Argo Rollouts (CalculateReplicaCountsForBasicCanary).
 */
import type { Limits } from './limits.ts'
import { type Sized, sumOf } from './sized.ts'

export type BasicCanary = {
  /** spec.replicas of the Rollout. */
  readonly replicas: number
  readonly limits: Limits
  /** The weight that the steps ask for, 0 to 100. */
  readonly weight: number
  /** Absent before its ReplicaSet is made. */
  readonly canary: Sized | undefined
  /** Absent where there is none, or where it is the newest version too. */
  readonly stable: Sized | undefined
  readonly older: readonly Sized[]
}

export type Sizes = { readonly canary: number; readonly stable: number }

const isTied = (exact: number): boolean => Math.abs((exact % 1) - 0.5) < 1e-9

/**
 * Numbers of pods that come nearest to the weight, out of R or (with surge) R + 1; the first of equally near ones. Halves are rounded up,
 * and a version that has a share has a pod. Where Argo Rollouts finds nothing that fits (2 pods, 75 %, no surge) and leaves the canary at 0
 * for good, the share is rounded down here.
 */
const nearest = (replicas: number, weight: number, surge: number): Sizes => {
  if (replicas === 0) return { canary: 0, stable: 0 }
  const zeroAllowed = weight === 0 || weight === 100 || (replicas === 1 && surge === 0)
  const exact = (replicas * weight) / 100
  const [up, down] = [Math.ceil(exact), Math.floor(exact)]
  const mayRoundDown = down !== 0 || zeroAllowed
  const pairs: (readonly [canary: number, total: number])[] = []
  if (up < replicas || zeroAllowed) pairs.push([up, replicas])
  if (!isTied(exact) && mayRoundDown) pairs.push([down, replicas])
  if (surge > 0) pairs.push([up, replicas + 1])
  if (surge > 0 && !isTied(((replicas + 1) * weight) / 100) && mayRoundDown) pairs.push([down, replicas + 1])
  const off = ([canary, total]: readonly [number, number]) => Math.abs((canary * 100) / total - weight)
  const [canary, total] = pairs.reduce((best, pair) => (off(pair) < off(best) ? pair : best), pairs[0] ?? [down, replicas])
  return { canary, stable: total - canary }
}

/** The sizes that come nearest to the weight; everything is of the newest version where there is no other stable one. */
export const desiredSizes = ({ replicas, weight, limits, stable }: BasicCanary): Sizes =>
  stable === undefined ? { canary: replicas, stable: 0 } : nearest(replicas, weight, limits.surge)

const grow = (from: number, to: number, room: number): number =>
  from < to ? from + Math.max(0, Math.min(to - from, room)) : from

/** How many of its pods count when it is asked what could be taken away: unready ones only where they are what goes first. */
const drainable = (set: Sized | undefined, ignoresAvailability: boolean): number => {
  if (set === undefined) return 0
  return set.spec < set.available || ignoresAvailability ? set.spec : set.available
}

type Pair = { readonly drained: number; readonly other: number }

/** What shrinks and what grows together stay within the surge, and above the fewest pods that must be available. */
const withinLimits = (
  { drained, other }: Pair,
  sets: { readonly drained: Sized | undefined; readonly other: Sized | undefined },
  most: number,
  fewest: number,
): Pair => {
  const before = { drained: sets.drained?.available ?? 0, other: sets.other?.available ?? 0 }
  const trimmed = other - Math.max(0, other + drained - most)
  const available = Math.min(before.drained, drained) + Math.min(before.other, trimmed)
  const lost = Math.max(0, before.other - trimmed)
  const needed = Math.max(0, fewest - available)
  const kept = trimmed + Math.min(lost, needed)
  return { drained: drained - Math.max(0, kept + drained - most), other: kept }
}

const growBoth = (input: BasicCanary, desired: Sizes): Sizes => {
  const { replicas, limits, canary, stable, older } = input
  const room = replicas + limits.surge - sumOf([canary, stable, ...older], 'spec')
  const grownStable = stable ? grow(stable.spec, desired.stable, room) : 0
  const left = room - (grownStable - (stable?.spec ?? 0))
  return { stable: grownStable, canary: canary ? grow(canary.spec, desired.canary, left) : 0 }
}

const shrink = (input: BasicCanary, desired: Sizes, grown: Sizes): Sizes => {
  const { replicas, limits, canary, stable } = input
  const fewest = replicas - limits.unavailable
  const most = replicas + limits.surge
  const isIncreasing = canary === undefined || desired.canary >= canary.spec
  const excess = drainable(canary, !isIncreasing) + drainable(stable, isIncreasing) - fewest
  if (excess <= 0) return grown
  const lower = (set: Sized | undefined, want: number, size: number) =>
    set !== undefined && set.spec > want ? Math.max(want, set.spec - excess) : size
  if (!isIncreasing) {
    const drained = lower(canary, desired.canary, grown.canary)
    const pair = withinLimits({ drained, other: grown.stable }, { drained: canary, other: stable }, most, fewest)
    return { canary: pair.drained, stable: pair.other }
  }
  if (stable === undefined) return grown
  const drained = lower(stable, desired.stable, grown.stable)
  const pair = withinLimits({ drained, other: grown.canary }, { drained: stable, other: canary }, most, fewest)
  return { stable: pair.drained, canary: pair.other }
}

/** The next sizes of the newest and the stable version. Older ones go first: nothing shrinks beside them. */
export const basicSizes = (input: BasicCanary): Sizes => {
  const desired = desiredSizes(input)
  const grown = growBoth(input, desired)
  return sumOf(input.older, 'spec') > 0 ? grown : shrink(input, desired, grown)
}

/** The next sizes of the older versions, in their order: unready pods go at once, others while enough pods stay available. */
export const olderSizes = ({ replicas, limits, canary, stable, older }: BasicCanary): readonly number[] => {
  let spare = Math.max(0, sumOf([canary, stable, ...older], 'available') - (replicas - limits.unavailable))
  return older.map(({ spec, available }) => {
    const ready = Math.min(spec, available)
    const taken = Math.min(ready, spare)
    spare -= taken
    return ready - taken
  })
}
