/** Where one request or connection is tried, in which order, and what that does to the counts of the versions. */
import { choosePinned } from './affinity.ts'
import { chooseEndpoint, type EndpointChoice, mayBeLeftOut } from './pick.ts'
import type { Pool, RunningRoute, RunningVersion } from './running-route.ts'
import type { Outcome } from './stats/second-ring.ts'
import type { Upstream } from './upstream.ts'
import { type Place as Here, isFit } from './zone.ts'

/** Pods of one version that are tried for one request. */
const MAX_ATTEMPTS = 3

export type Place = { readonly version: RunningVersion; readonly upstream: Upstream }

type DispatchOptions = {
  readonly port: string
  readonly version: RunningVersion
  readonly now: () => number
  /** The client's address. */
  readonly peer: string
  /** Of a version's pods, at most so many are left out at once because they could not be reached. */
  readonly maxEjectedPercent: number
  /** Where the router is, when that is to make a difference. */
  readonly place: Here | undefined
}

/**
 * The tries of one request. A version whose pod failed gets one `upstreamFailures` for the request, also when another pod or
 * the stable version then answered; so `requests` of a version is the sum of its outcomes, and one request can be an outcome of
 * two versions.
 */
export class Dispatch {
  readonly #route: RunningRoute
  readonly #port: string
  readonly #now: () => number
  readonly #maxEjectedPercent: number
  readonly #here: Here | undefined
  /** Whom to keep on one pod; undefined where that is not asked for. */
  readonly #pinned: string | undefined
  #version: RunningVersion
  #place: Place | undefined
  #attempts = 0
  /** The last version that there is to try. */
  #isLast = false
  #failed: RunningVersion | undefined
  #tried: Set<Upstream> | undefined

  constructor(route: RunningRoute, { port, version, now, peer, maxEjectedPercent, place }: DispatchOptions) {
    this.#route = route
    this.#port = port
    this.#version = version
    this.#now = now
    this.#maxEjectedPercent = maxEjectedPercent
    this.#here = place
    this.#pinned = route.plan.affinity === 'client-ip' ? peer : undefined
  }

  /** The version that the request is with now. */
  get version(): RunningVersion {
    return this.#version
  }

  /** The next pod to try, counted as in flight until done() or the next call; undefined when nothing is left to try. */
  next(): Place | undefined {
    this.#release()
    const upstream = this.#attempts < MAX_ATTEMPTS ? this.#choose() : undefined
    if (upstream) return this.#take(upstream)
    this.fail()
    const other = this.#fallback()
    if (!other) return undefined
    this.#version.stats.fallbacks += 1
    this.#version = other
    this.#attempts = 0
    this.#tried = undefined
    return this.next()
  }

  /** The pod could not be reached: nothing was sent. */
  unreachable(): void {
    const upstream = this.#place?.upstream
    if (!upstream) return
    const now = this.#now()
    const { upstreams } = this.#route.pool(this.#version, this.#port)
    upstream.markDown(now, mayBeLeftOut(upstreams, this.#maxEjectedPercent, now))
    this.#tried = (this.#tried ?? new Set()).add(upstream)
    this.fail()
  }

  /** The pod did nothing with the request and said so: no failure, but another one is next. */
  refused(): void {
    const upstream = this.#place?.upstream
    if (upstream) this.#tried = (this.#tried ?? new Set()).add(upstream)
  }

  /** The version failed this request; counted once. */
  fail(): void {
    if (this.#failed === this.#version) return
    this.#failed = this.#version
    this.#version.stats.ring.count(this.#now(), 'upstreamFailures', -1)
  }

  /** How the request ended for the version it is with. `latencyMs` below 0: not measured. */
  finish(outcome: Exclude<Outcome, 'upstreamFailures'>, latencyMs: number): void {
    this.#version.stats.ring.count(this.#now(), outcome, latencyMs)
  }

  /** So many bytes of the client were passed to the version that the request is with. */
  passedIn(bytes: number): void {
    this.#version.stats.bytesIn += bytes
  }

  /** So many bytes of that version's pod were passed to the client. */
  passedOut(bytes: number): void {
    this.#version.stats.bytesOut += bytes
  }

  done(): void {
    this.#release()
  }

  /** The stable version stands in for another; a sidecar's own app, whatever its version, for all of them. */
  #fallback(): RunningVersion | undefined {
    const [stable] = this.#route.versions
    if (this.#isLast) return undefined
    if (stable && this.#version !== stable && this.#version.plan.role !== 'stable') return stable
    this.#isLast = true
    return this.#route.versions.find(version => version.plan.own && version !== this.#version)
  }

  #choose(): Upstream | undefined {
    const pool = this.#route.pool(this.#version, this.#port)
    const { upstreams, cursor } = pool
    const [own] = upstreams
    if (own?.own && own.downUntil <= this.#now() && !this.#tried?.has(own)) return own
    // The stable version has nobody to fall back to: a pod that refused a moment ago is better than no answer.
    const desperate = this.#version.plan.role === 'stable'
    const choice = { now: this.#now(), desperate, tried: this.#tried }
    // All routers agree on who a client is pinned to, wherever they are.
    if (this.#pinned !== undefined) return choosePinned(upstreams, this.#pinned, choice)
    return this.#chooseNear(pool, choice) ?? chooseEndpoint(upstreams, cursor, choice)
  }

  /** A pod of the router's own zone that can be reached, as long as enough of them can. */
  #chooseNear(pool: Pool, choice: EndpointChoice): Upstream | undefined {
    if (!this.#here) return undefined
    const near = this.#route.near(pool, this.#here)
    if (!isFit(near.upstreams, choice.now)) return undefined
    const upstream = chooseEndpoint(near.upstreams, near.cursor, choice)
    return upstream && upstream.downUntil <= choice.now ? upstream : undefined
  }

  #take(upstream: Upstream): Place {
    if (this.#attempts > 0) this.#version.stats.retries += 1
    this.#attempts += 1
    upstream.inFlight += 1
    this.#version.stats.inFlight += 1
    this.#place = { version: this.#version, upstream }
    return this.#place
  }

  #release(): void {
    if (!this.#place) return
    this.#place.upstream.inFlight -= 1
    this.#place.version.stats.inFlight -= 1
    this.#place = undefined
  }
}
