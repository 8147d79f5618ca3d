/** One pod as this router sees it: where it is, how busy it is, and the connections that are kept open to it. */
import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Address, addressKey } from './endpoints.ts'
import { PodPool } from './lanes/fast/pod-pool.ts'
import { PodSessions } from './lanes/h2/pod-sessions.ts'

/**
 * Idle connections are closed after this; most servers keep theirs for 5 s or more, and a server that announces less is
 * believed.
 */
const IDLE_MS = 4_000
const MAX_IDLE = 64
/** How long a pod is left out after a failed connection: doubled with every further one, up to the last. */
const DOWN_MS = [250, 500, 1_000, 2_000, 4_000] as const

export class Upstream {
  readonly key: string
  readonly host: string
  readonly port: number
  /** The app beside this router. */
  readonly own: boolean
  readonly agent: EndpointAgent
  /** What http-proxy is given as its target; one object for all requests. */
  readonly target: { readonly host: string; readonly port: number; readonly protocol: 'http:' }
  /** The fast lane's idle connections to it. */
  readonly pods = new PodPool()
  /** Those that copies of requests use: they take none from the requests. */
  readonly mirrorPods = new PodPool()
  /** The h2 lane's connections to it. */
  readonly h2: PodSessions
  /** Those that copies of its requests use. */
  readonly mirrorH2: PodSessions
  inFlight = 0
  downUntil = 0
  isLeftOut = false
  #failures = 0

  constructor(address: Address) {
    this.key = addressKey(address)
    this.host = address.host
    this.port = address.port
    this.own = address.own === true
    this.h2 = new PodSessions(this)
    this.mirrorH2 = new PodSessions(this)
    this.target = { host: address.host, port: address.port, protocol: 'http:' }
    this.agent = new EndpointAgent({ keepAlive: true, maxFreeSockets: MAX_IDLE, scheduling: 'lifo', timeout: IDLE_MS })
  }

  /** A connection was refused or timed out at `now` (ms); whether it may be left out, see pick.ts. */
  markDown(now: number, isLeftOut: boolean): void {
    this.isLeftOut = isLeftOut
    this.downUntil = now + (DOWN_MS[Math.min(this.#failures, DOWN_MS.length - 1)] ?? 0)
    this.#failures += 1
  }

  markUp(): void {
    this.#failures = 0
    this.downUntil = 0
    this.isLeftOut = false
  }

  /** It is no longer in the table: idle connections are closed, busy ones as soon as their request has ended. */
  retire(): void {
    this.agent.retire()
    this.pods.retire()
    this.mirrorPods.retire()
    this.h2.retire()
    this.mirrorH2.retire()
  }
}

/** An agent that can be told to keep no more connections, without cutting those in use (agent.destroy() would). */
export class EndpointAgent extends Agent {
  #retired = false
  readonly #kept = new WeakSet<Duplex>()

  override keepSocketAlive(socket: Duplex): boolean {
    if (this.#retired) return false
    // What Node does here is three system calls, and needed once for a connection.
    if (this.#kept.has(socket)) return true
    // The declared return type is void; Node takes false to mean: close it.
    const keeps = Boolean(super.keepSocketAlive(socket) as unknown)
    if (keeps) this.#kept.add(socket)
    return keeps
  }

  retire(): void {
    this.#retired = true
    for (const sockets of Object.values(this.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
  }
}
