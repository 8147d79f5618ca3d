/**
 * A Route in force: its plan, and what lives longer than one plan (counts, open connections to pods, phases of the weighted
 * choice).
 */

import { toHundredths } from '../api/traffic-weight.ts'
import type { Address } from './endpoints.ts'
import { addressKey } from './endpoints.ts'
import { type Limits, withTimeouts } from './limits.ts'
import type { MirrorTurns } from './mirror/choose.ts'
import { type Cursor, newWeightState } from './pick.ts'
import { RING_SECONDS } from './stats/second-ring.ts'
import { VersionStats } from './stats/version-stats.ts'
import type { RoutePlan, VersionPlan } from './table.ts'
import { Upstream } from './upstream.ts'
import { nearAddresses, type Place } from './zone.ts'

export type Pool = {
  readonly upstreams: readonly Upstream[]
  readonly cursor: Cursor
  /** Where `upstreams` are, in the same order. */
  readonly addresses: readonly Address[]
  /** Those in the router's own zone, as last asked for. */
  near?: Near
}

type Near = { readonly place: Place; readonly upstreams: readonly Upstream[]; readonly cursor: Cursor }

export type RunningVersion = {
  readonly plan: VersionPlan
  readonly stats: VersionStats
  /** By name of the Route's port. */
  readonly pools: ReadonlyMap<string, Pool>
}

const NOWHERE: Address = { host: '', port: 0 }

/** Counts of versions that left the Route are kept, so that a window can still be read; the oldest beyond so many are dropped. */
const KEPT_VERSIONS = 5

const EMPTY_POOL: Pool = { upstreams: [], cursor: { next: 0 }, addresses: [] }

export class RunningRoute {
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly weightState = newWeightState()
  readonly mirrorTurns: MirrorTurns = new Map()
  readonly mirrorCursor: Cursor = { next: 0 }
  /** Client connections open on the Route's ports. */
  connections = 0
  /** The Route is gone or leaves the path: answers ask clients to connect anew. */
  removed = false
  readonly #ringSeconds: number
  #plan: RoutePlan
  /** As last asked for: of which limits, and what comes of them. */
  #limits: { readonly base: Limits; readonly own: Limits } | undefined
  #versions: readonly RunningVersion[] = []
  #weights: readonly number[] = []
  readonly #stats = new Map<string, VersionStats>()

  /** `ringSeconds`: how many seconds of counts are kept here, see SecondRing. */
  constructor(plan: RoutePlan, ringSeconds = RING_SECONDS) {
    this.#ringSeconds = ringSeconds
    this.key = plan.key
    this.namespace = plan.namespace
    this.name = plan.name
    this.#plan = plan
    this.apply(plan)
  }

  get plan(): RoutePlan {
    return this.#plan
  }

  /** Stable first. */
  get versions(): readonly RunningVersion[] {
    return this.#versions
  }

  /** In hundredths of a percent, in the order of `versions`. */
  get weights(): readonly number[] {
    return this.#weights
  }

  get leaving(): boolean {
    return this.removed || this.#plan.endpoints === 'draining'
  }

  /** By version hash, with those that left. */
  get stats(): ReadonlyMap<string, VersionStats> {
    return this.#stats
  }

  /** Puts a plan in force: every request that is dispatched after this call goes by it. Pods that stay keep their connections. */
  apply(plan: RoutePlan): void {
    const before = new Map(this.#versions.map(version => [version.plan.hash, version]))
    this.#versions = plan.versions.map(version => this.#runVersion(version, before.get(version.hash)))
    this.#weights = plan.versions.map(({ weight }) => toHundredths(weight))
    this.#plan = plan
    this.#limits = undefined
    const mirrors = new Set(plan.mirrorRoutes.map(({ name }) => name))
    for (const name of this.mirrorTurns.keys()) if (!mirrors.has(name)) this.mirrorTurns.delete(name)
    const kept = new Set(this.#versions.flatMap(upstreamsOf))
    for (const upstream of [...before.values()].flatMap(upstreamsOf)) if (!kept.has(upstream)) upstream.retire()
  }

  /** The Route is gone: nothing may be kept open for it. */
  retire(): void {
    for (const upstream of this.#versions.flatMap(upstreamsOf)) upstream.retire()
  }

  /** The router's limits, with what the Route says itself. */
  limits(base: Limits): Limits {
    const { timeouts } = this.#plan
    if (!timeouts) return base
    if (this.#limits?.base !== base) this.#limits = { base, own: withTimeouts(base, timeouts) }
    return this.#limits.own
  }

  pool(version: RunningVersion, portName: string): Pool {
    return version.pools.get(portName) ?? EMPTY_POOL
  }

  /** Of the pool the pods that are to be preferred in this place; none where nothing is. */
  near(pool: Pool, place: Place): Near {
    if (pool.near?.place === place) return pool.near
    const addresses = new Set(nearAddresses(pool.addresses, place))
    const upstreams = pool.upstreams.filter((_, i) => addresses.has(pool.addresses[i] ?? NOWHERE))
    pool.near = { place, upstreams, cursor: { next: 0 } }
    return pool.near
  }

  inFlight(): number {
    let sum = 0
    for (const { inFlight } of this.#stats.values()) sum += inFlight
    return sum
  }

  #runVersion(plan: VersionPlan, before: RunningVersion | undefined): RunningVersion {
    const pools = Object.entries(plan.addresses).map(
      ([port, addresses]) => [port, poolOf(addresses, before?.pools.get(port))] as const,
    )
    return { plan, stats: this.#statsOf(plan.hash), pools: new Map(pools) }
  }

  #statsOf(hash: string): VersionStats {
    const stats = this.#stats.get(hash) ?? new VersionStats(this.#ringSeconds)
    // Set anew, the ones in use stay the youngest.
    this.#stats.delete(hash)
    this.#stats.set(hash, stats)
    for (const [old, { inFlight }] of this.#stats) {
      if (this.#stats.size <= KEPT_VERSIONS) break
      if (inFlight === 0 && old !== hash) this.#stats.delete(old)
    }
    return stats
  }
}

const upstreamsOf = ({ pools }: RunningVersion): readonly Upstream[] => [...pools.values()].flatMap(({ upstreams }) => upstreams)

const poolOf = (addresses: readonly Address[], before: Pool = EMPTY_POOL): Pool => {
  const known = new Map(before.upstreams.map(upstream => [upstream.key, upstream]))
  return {
    upstreams: addresses.map(address => known.get(addressKey(address)) ?? new Upstream(address)),
    cursor: { next: before.cursor.next },
    addresses,
  }
}
