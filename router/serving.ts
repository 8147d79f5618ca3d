/**
 * The table in force and the ports that are listened on. A new table is swapped in within one turn of the event loop, so every
 * request sees either the old one or the new one; a Route's version is acknowledged once its plan is in force and all its ports
 * listen.
 */
import type { RouteReport } from '../api/router-admin.ts'
import type { Timer } from '../kube/clock.ts'
import type { LaneContext } from './lanes/connection.ts'
import { type Binding, bindingHere, PortListener } from './port-listener.ts'
import { RunningRoute } from './running-route.ts'
import type { RoutePlan, Table } from './table.ts'

/** How often idle connections are looked for while something leaves. */
const SWEEP_MS = 250

export type ServingOptions = {
  readonly context: LaneContext
  /** Address to listen on. */
  readonly host: string
  readonly binding?: Binding
  /** The listeners of a Route that is gone stay open at least this long, for clients that have not heard of it. */
  readonly lingerMs: number
  /** See SecondRing; all that it keeps when absent. */
  readonly ringSeconds?: number
}

export class Serving {
  readonly #context: LaneContext
  readonly #binding: Binding
  readonly #ringSeconds: number | undefined
  readonly #lingerMs: number
  readonly #routes = new Map<string, RunningRoute>()
  readonly #listeners = new Map<number, PortListener>()
  /** Version that each Route has been acknowledged with. */
  readonly #acknowledged = new Map<string, number>()
  #sweeper: Timer | undefined
  #stopped = false
  #onChange: () => void = () => {}

  constructor({ context, host, lingerMs, binding = bindingHere(host), ringSeconds }: ServingOptions) {
    this.#context = context
    this.#binding = binding
    this.#ringSeconds = ringSeconds
    this.#lingerMs = lingerMs
  }

  get routes(): ReadonlyMap<string, RunningRoute> {
    return this.#routes
  }

  /** True when every port of every Route is listened on. */
  get listening(): boolean {
    return [...this.#routes.values()].every(route => route.removed || this.#listens(route.plan))
  }

  /** Connections that are open on all ports. */
  get connections(): number {
    let sum = 0
    for (const listener of this.#listeners.values()) sum += listener.connections
    return sum
  }

  /** Called when a listener came up or went away. */
  onChange(callback: () => void): void {
    this.#onChange = callback
  }

  apply(table: Table): void {
    if (this.#stopped) {
      this.#applyToOpen(table)
      return
    }
    for (const plan of table.routes.values()) this.#applyRoute(plan)
    const now = this.#context.clock.now()
    const wanted = new Set([...table.routes.values()].flatMap(({ ports }) => ports.map(({ listenPort }) => listenPort)))
    for (const [number, listener] of this.#listeners) if (!wanted.has(number)) listener.unwantedSince ??= now
    for (const [key, route] of this.#routes) {
      if (table.routes.has(key)) continue
      route.removed = true
      this.#acknowledged.delete(key)
    }
    this.#acknowledge()
    this.#sweepLater()
  }

  /** By `NAMESPACE/NAME`: Routes in force; or also those that are gone and have something open. */
  report({ alsoRemoved = false } = {}): { readonly [route: string]: RouteReport } {
    const routes = [...this.#routes.values()].filter(({ removed }) => alsoRemoved || !removed)
    return Object.fromEntries(routes.map(route => [route.key, this.#reportOf(route)]))
  }

  /** Looks for idle connections from now on: the router drains. */
  drain(): void {
    this.#sweepLater()
  }

  /** Accepts no more connections. */
  close(): void {
    this.#stopped = true
    for (const listener of this.#listeners.values()) listener.close()
    this.#sweepLater()
  }

  destroyConnections(): void {
    this.#sweeper?.cancel()
    for (const listener of this.#listeners.values()) listener.destroyConnections()
    for (const route of this.#routes.values()) route.retire()
  }

  /** No port is opened any more, but what is still asked on open connections must not go to pods that are gone. */
  #applyToOpen({ routes }: Table): void {
    for (const [key, route] of this.#routes) {
      const plan = routes.get(key)
      if (plan) route.apply(plan)
    }
  }

  #applyRoute(plan: RoutePlan): void {
    const route = this.#routes.get(plan.key) ?? new RunningRoute(plan, this.#ringSeconds)
    route.removed = false
    route.apply(plan)
    this.#routes.set(plan.key, route)
    for (const port of plan.ports) {
      const owner = { route, port }
      const listener = this.#listeners.get(port.listenPort)
      if (listener) listener.assign(owner)
      else
        this.#listeners.set(
          port.listenPort,
          new PortListener(this.#context, this.#binding, { owner, onListening: () => this.#listenerUp() }),
        )
    }
  }

  #listenerUp(): void {
    this.#acknowledge()
    this.#onChange()
  }

  #acknowledge(): void {
    for (const { key, plan, removed } of this.#routes.values())
      if (!removed && this.#listens(plan)) this.#acknowledged.set(key, plan.version)
  }

  #listens({ ports }: RoutePlan): boolean {
    return ports.every(({ listenPort }) => this.#listeners.get(listenPort)?.listening)
  }

  #reportOf(route: RunningRoute): RouteReport {
    return {
      version: this.#acknowledged.get(route.key) ?? 0,
      listening: this.#listens(route.plan),
      upstreams: Object.fromEntries(route.versions.map(({ plan }) => [plan.hash, plan.ready])),
      inFlight: Object.fromEntries([...route.stats].map(([hash, { inFlight }]) => [hash, inFlight])),
      connections: route.connections,
    }
  }

  #sweepLater(): void {
    if (this.#sweeper || !this.#leaves()) return
    this.#sweeper = this.#context.clock.setTimeout(() => {
      this.#sweeper = undefined
      this.#sweep()
      this.#sweepLater()
    }, SWEEP_MS)
  }

  #leaves(): boolean {
    if (this.#context.draining()) return this.connections > 0
    for (const route of this.#routes.values()) if (route.leaving) return true
    for (const { unwantedSince } of this.#listeners.values()) if (unwantedSince !== undefined) return true
    return false
  }

  #sweep(): void {
    const before = this.#context.clock.now() - this.#lingerMs
    for (const [number, listener] of this.#listeners) {
      listener.closeIdle()
      if (listener.unwantedSince === undefined || listener.unwantedSince > before || listener.busy > 0) continue
      listener.close()
      this.#listeners.delete(number)
      this.#onChange()
    }
    for (const [key, route] of this.#routes) {
      if (
        !route.removed ||
        route.inFlight() > 0 ||
        route.plan.ports.some(({ listenPort }) => this.#listeners.get(listenPort)?.unwantedSince !== undefined)
      )
        continue
      route.retire()
      this.#routes.delete(key)
    }
  }
}
