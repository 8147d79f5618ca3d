/** How many pods each version has while the routers split the traffic: capacity before weight on the way up, after it on the way down. */

import { ALL_HUNDREDTHS, toHundredths } from '../api/traffic-weight.ts'
import type { Wish } from './desired.ts'
import type { Version } from './versions.ts'
import type { Weights } from './weights.ts'

export type Sizes = { readonly canary: number; readonly stable: number }

/**
 * The sizes to reach at a wish: together N, or N + 1 where both shares are rounded up. At 100 % one stable pod stays until the
 * promotion. A size of its own can only make the canary larger than its share of traffic needs (Argo Rollouts would let few pods take
 * all traffic); beside one of full size (blue-green) the stable version stays whole, so that going back needs no new pod.
 */
export const wantedSizes = (replicas: number, { weight, scale }: Wish): Sizes => {
  if (replicas === 0) return { canary: 0, stable: 0 }
  const share = toHundredths(weight)
  const byWeight = Math.ceil((replicas * share) / ALL_HUNDREDTHS)
  const stable = Math.max(1, Math.ceil((replicas * (ALL_HUNDREDTHS - share)) / ALL_HUNDREDTHS))
  if (scale === undefined) return { canary: byWeight, stable }
  const own = scale.replicas ?? Math.ceil((replicas * toHundredths(scale.weight ?? weight)) / ALL_HUNDREDTHS)
  return { canary: Math.max(byWeight, own), stable: own >= replicas ? replicas : stable }
}

export type Sizing = {
  /** N. */
  readonly replicas: number
  readonly surge: number
  readonly stable: Version
  /** The version under test, when it may have pods. */
  readonly canary?: Version
  readonly retiring: readonly Version[]
  readonly wanted: Sizes
  readonly most: Weights
  readonly least: Weights
  /** Every ready router, and at least one, runs these weights. */
  readonly acknowledged: boolean
  /** No router sends by older weights than these. */
  readonly outdatedNowhere: boolean
  /** Its last requests are still under way; the pods stay for them a while. */
  readonly isDraining: (hash: string) => boolean
  /** No Service leads to the routers yet: every ready pod is in the path, whatever its share. */
  readonly isNative: boolean
  readonly unavailable: number
  /** A first pod of the canary may be made: the routers are in the path. */
  readonly mayStart: boolean
}

/** The most pods that a share which was reached from below can stand for: shares are whole percents, pods are not. */
const podsWorth = (share: number, replicas: number): number => Math.ceil(((share + 1) * replicas) / 100) - 1

const sumBy = (versions: readonly Version[], count: (version: Version) => number): number =>
  versions.reduce((sum, version) => sum + count(version), 0)

/** The others that take traffic carry this many of N pods' worth. */
const carriedByOthers = (others: readonly Version[], sizing: Sizing): number =>
  sumBy(others, ({ hash, available }) => Math.min(available, podsWorth(sizing.least[hash] ?? 0, sizing.replicas)))

const lowestStable = (sizing: Sizing, others: readonly Version[]): number => {
  const { stable, wanted, replicas, acknowledged } = sizing
  if (!acknowledged) return stable.spec
  return Math.max(
    wanted.stable,
    replicas -
      carriedByOthers(
        others.filter(({ hash }) => (sizing.least[hash] ?? 0) > 0),
        sizing,
      ),
  )
}

/** A version that goes: to 0 once it has no traffic and the stable version stands alone, else what its share still needs. */
const lowestOther = (version: Version, wanted: number, sizing: Sizing, others: readonly Version[]): number => {
  const { stable, replicas, outdatedNowhere, most, isNative, unavailable } = sizing
  if (!outdatedNowhere) return version.spec
  const share = most[version.hash] ?? 0
  if (wanted === 0 && share === 0 && sizing.isDraining(version.hash)) return version.spec
  if (wanted === 0 && share === 0) {
    const needed = isNative ? replicas - unavailable - stable.available : 0
    return Math.max(needed, stable.spec === replicas ? 0 : Math.min(1, version.spec))
  }
  const allShares = sumBy(others, other => most[other.hash] ?? 0)
  const stableWorth = Math.min(stable.available, podsWorth(100 - allShares, replicas))
  const siblings = sumBy(others, other => (other === version || (most[other.hash] ?? 0) === 0 ? 0 : other.available))
  return Math.max(wanted, 1, replicas - stableWorth - siblings)
}

/**
 * The next size of each version, by name of its ReplicaSet. Ready pods that are in the path never fall below N, the total never
 * rises above N + max(1, maxSurge) or what the wish itself adds up to; a first canary pod is made only while the stable version is at N, and a version goes to 0 only
 * when the one that stays is at N, because the native controller scales the only active ReplicaSet to N.
 */
export const nextSizes = (sizing: Sizing): { readonly [replicaSet: string]: number } => {
  const { stable, canary, retiring, wanted, replicas, surge, mayStart } = sizing
  const others = canary ? [canary, ...retiring] : retiring
  const sizes: { [replicaSet: string]: number } = {}
  let room =
    Math.max(replicas + Math.max(1, surge), wanted.canary + wanted.stable) - stable.spec - sumBy(others, ({ spec }) => spec)
  const resize = (version: Version, want: number, lowest: number) => {
    const grown = Math.max(0, Math.min(want - version.spec, room))
    if (want > version.spec) room -= grown
    sizes[version.name] = want > version.spec ? version.spec + grown : Math.min(version.spec, Math.max(want, lowest))
  }
  const isAlone = others.every(({ spec }) => spec === 0)
  resize(stable, isAlone ? replicas : wanted.stable, Math.min(replicas, lowestStable(sizing, others)))
  for (const version of retiring) resize(version, 0, lowestOther(version, 0, sizing, others))
  if (canary) {
    const isFirst = canary.spec === 0
    const may = !isFirst || (mayStart && stable.spec === replicas && retiring.length === 0)
    resize(canary, may ? wanted.canary : 0, lowestOther(canary, wanted.canary, sizing, others))
  }
  return sizes
}
