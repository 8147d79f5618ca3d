/**
 * How many pods each version has when nothing splits the traffic but the number of pods: the basic canary of Argo Rollouts
 * (CalculateReplicaCountsForBasicCanary), with the native controller's rules on top: never one active ReplicaSet that is not at N.
 */
import type { Sizes } from './capacity.ts'
import type { Version } from './versions.ts'

export type CountSizing = {
  /** N. */
  readonly replicas: number
  readonly surge: number
  readonly unavailable: number
  readonly weight: number
  readonly stable: Version
  readonly canary?: Version
  readonly retiring: readonly Version[]
}

const isTied = (exact: number): boolean => Math.abs((exact % 1) - 0.5) < 1e-9

/** Numbers of pods that come nearest to the weight, out of N or (with surge) N + 1; the first of equally near ones. */
export const nearestSizes = (replicas: number, weight: number, surge: number): Sizes => {
  if (replicas === 0) return { canary: 0, stable: 0 }
  const zeroAllowed = weight === 0 || weight === 100 || (replicas === 1 && surge === 0)
  const exact = (replicas * weight) / 100
  const [up, down] = [Math.ceil(exact), Math.floor(exact)]
  const pairs: (readonly [canary: number, total: number])[] = []
  if (up < replicas || zeroAllowed) pairs.push([up, replicas])
  if (!isTied(exact) && (down !== 0 || zeroAllowed)) pairs.push([down, replicas])
  if (surge > 0) {
    const more = ((replicas + 1) * weight) / 100
    pairs.push([Math.ceil(more), replicas + 1])
    if (!isTied(more) && (Math.floor(more) !== 0 || zeroAllowed)) pairs.push([Math.floor(more), replicas + 1])
  }
  const off = ([canary, total]: readonly [number, number]) => Math.abs((canary * 100) / total - weight)
  const best = pairs.reduce((nearest, pair) => (off(pair) < off(nearest) ? pair : nearest), pairs[0] ?? [up, replicas])
  return { canary: best[0], stable: best[1] - best[0] }
}

/**
 * The sizes to reach: the nearest ones, but one stable pod stays until the promotion. A version under test that were alone would be
 * scaled by the native controller whenever N changes.
 */
export const wantedSizesByCount = (replicas: number, weight: number, surge: number): Sizes => {
  const { canary, stable } = nearestSizes(replicas, weight, Math.max(1, surge))
  return { canary, stable: replicas === 0 ? 0 : Math.max(1, stable) }
}

const sum = (versions: readonly Version[], count: (version: Version) => number): number =>
  versions.reduce((total, version) => total + count(version), 0)

/** Pods that count as available after a version was brought down to `size`: unready ones go first. */
const availableAt = (version: Version, size: number): number => Math.min(version.available, size)

/**
 * The next size of each version, by name of its ReplicaSet: up within N + max(1, maxSurge), then down while N - maxUnavailable stay
 * available; versions in between first.
 */
export const nextSizesByCount = (sizing: CountSizing): { readonly [replicaSet: string]: number } => {
  const { replicas, stable, canary, retiring, weight } = sizing
  const surge = Math.max(1, sizing.surge)
  const wanted =
    canary && retiring.length === 0
      ? wantedSizesByCount(replicas, weight, surge)
      : { canary: canary?.spec ?? 0, stable: replicas }
  const all = canary ? [stable, canary, ...retiring] : [stable, ...retiring]
  const sizes: { [replicaSet: string]: number } = Object.fromEntries(all.map(({ name, spec }) => [name, spec]))
  let room = replicas + surge - sum(all, ({ spec }) => spec)
  const grow = (version: Version, want: number) => {
    const grown = Math.max(0, Math.min(want - version.spec, room))
    sizes[version.name] = version.spec + grown
    room -= grown
  }
  grow(stable, wanted.stable)
  if (canary && (canary.spec > 0 || stable.spec === replicas)) grow(canary, wanted.canary)
  shrinkAll(sizes, sizing, wanted)
  return sizes
}

/** Downwards, one version after the other, never below N - maxUnavailable available ones and never leaving one alone that is not at N. */
const shrinkAll = (sizes: { [name: string]: number }, sizing: CountSizing, wanted: Sizes): void => {
  const { replicas, unavailable, stable, canary, retiring } = sizing
  const all = canary ? [stable, canary, ...retiring] : [stable, ...retiring]
  const sizeOf = (version: Version) => sizes[version.name] ?? version.spec
  const shrink = (version: Version, want: number) => {
    if (sizeOf(version) <= want) return
    const available = sum(all, other => (other === version ? 0 : availableAt(other, sizeOf(other))))
    const lowest = Math.max(0, replicas - unavailable - available)
    const target = Math.min(sizeOf(version), Math.max(want, lowest))
    const alone = all.filter(other => other !== version && other.spec > 0)
    const leavesAlone = target === 0 && alone.length === 1 && alone[0]?.spec !== replicas
    sizes[version.name] = leavesAlone ? Math.min(1, sizeOf(version)) : target
  }
  for (const version of retiring) shrink(version, 0)
  shrink(stable, wanted.stable)
  if (canary && retiring.length === 0) shrink(canary, wanted.canary)
}
