/** One listening port: accepts connections for the Route that has the port and gives each to the lane of what it speaks. */
import { createServer, type Server, type Socket } from 'node:net'
import type { RoutePort } from '../api/route.ts'
import type { Connection, Lane, LaneContext } from './lanes/connection.ts'
import { type LaneName, laneOf, makeLanes } from './lanes/registry.ts'
import { plainAddress } from './proxy/headers.ts'
import type { RunningRoute } from './running-route.ts'

export type Owner = { readonly route: RunningRoute; readonly port: RoutePort }

/** How a port comes to be listened on. */
export type Binding = {
  /** The server emits `listening`, or `error`. */
  readonly listen: (server: Server, port: number) => void
  /** The server accepts no more. */
  readonly closed: (port: number) => void
}

export const bindingHere = (host: string): Binding => ({
  listen: (server, port) => void server.listen({ port, host }),
  closed: () => {},
})

/** A port that is taken is tried again after this. */
const RETRY_MS = 1_000

export class PortListener {
  readonly #context: LaneContext
  readonly #binding: Binding
  readonly #number: number
  readonly #onListening: () => void
  readonly #server: Server
  readonly #lanes: { readonly [name in LaneName]: Lane }
  readonly #connections = new Set<Connection>()
  #owner: Owner
  #closed = false
  /** When no Route wanted the port any more, in ms; undefined while one does. */
  unwantedSince: number | undefined

  constructor(context: LaneContext, binding: Binding, options: { readonly owner: Owner; readonly onListening: () => void }) {
    this.#context = context
    this.#binding = binding
    this.#owner = options.owner
    this.#number = options.owner.port.listenPort
    this.#onListening = options.onListening
    this.#lanes = makeLanes(context)
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }, socket =>
      this.#accept(socket),
    )
    this.#server.maxConnections = context.limits.maxConnections
    this.#server.on('listening', () => this.#onListening())
    this.#server.on('error', error => this.#retry(error))
    this.#open()
  }

  get listening(): boolean {
    return this.#server.listening
  }

  get busy(): number {
    let busy = 0
    for (const connection of this.#connections) busy += connection.busy > 0 ? 1 : 0
    return busy
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Connections from now on belong to this Route; open ones stay with theirs. */
  assign(owner: Owner): void {
    this.#owner = owner
    this.unwantedSince = undefined
  }

  /** Closes connections of leaving Routes (or all, when the router drains) that have been idle for a while. */
  closeIdle(): void {
    const before = this.#context.clock.now() - this.#context.limits.idleGraceMs
    for (const connection of this.#connections) {
      const leaves = connection.route.leaving || this.#context.draining()
      if (leaves && connection.leave) connection.leave()
      else if (leaves && isIdle(connection, before, this.#context.clock.now())) closeUnlessAsked(connection)
    }
  }

  /** Accepts no more connections; those open are not touched. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#server.close()
    this.#binding.closed(this.#number)
    this.#stopLanes()
  }

  destroyConnections(): void {
    for (const { socket } of this.#connections) socket.destroy()
  }

  /** Only with the last connection: Node's HTTP server cuts idle ones when it is closed, whatever may be on its way to them. */
  #stopLanes(): void {
    if (!this.#closed || this.#connections.size > 0) return
    for (const lane of Object.values(this.#lanes)) lane.stop()
  }

  #open(): void {
    this.#binding.listen(this.#server, this.#number)
  }

  #retry(error: Error): void {
    if (this.#closed) return
    this.#context.log.error('cannot listen, trying again', {
      port: this.#number,
      route: this.#owner.route.key,
      error,
    })
    this.#context.clock.setTimeout(() => {
      if (!this.#closed) this.#open()
    }, RETRY_MS)
  }

  #accept(socket: Socket): void {
    const { route, port } = this.#owner
    const connection: Connection = {
      socket,
      route,
      port,
      peer: plainAddress(socket.remoteAddress),
      busy: 0,
      lastUsed: this.#context.clock.now(),
    }
    this.#connections.add(connection)
    route.connections += 1
    // Whoever carries the connection sees its end; without a listener an error here would end the process.
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#connections.delete(connection)
      route.connections -= 1
      this.#stopLanes()
    })
    const lane = laneOf(port, new Uint8Array())
    if (lane) this.#lanes[lane].accept(connection)
    else this.#awaitFirstBytes(connection)
  }

  #awaitFirstBytes(connection: Connection): void {
    const { socket, port } = connection
    let seen: Buffer = Buffer.alloc(0)
    let lane: LaneName | undefined
    const give = (): void => {
      if (!lane || socket.destroyed) return
      socket.removeListener('data', look)
      socket.removeListener('end', gone)
      socket.removeListener('timeout', gone)
      socket.setTimeout(0)
      socket.pause()
      socket.unshift(seen)
      this.#lanes[lane].accept(connection)
    }
    const look = (chunk: Buffer): void => {
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
      if (lane) return
      lane = laneOf(port, seen)
      if (lane === 'http') afterNextPoll(give)
      else if (lane) give()
    }
    const gone = (): void => void socket.destroy()
    socket.on('data', look)
    socket.once('end', gone)
    socket.setTimeout(this.#context.limits.headTimeoutMs, gone)
  }
}

/**
 * Runs when the event loop has looked at all connections once more. A client that has given up meanwhile is then known to have
 * gone: a router that is behind must not spend its time on requests that nobody waits for, or it never catches up.
 */
const afterNextPoll = (callback: () => void): void => void setImmediate(() => void setImmediate(callback))

/**
 * Nothing has been asked since `before` (ms), nor has any byte of a request come. Bytes that are seen for the first time at
 * `now` may be the beginning of one.
 */
const isIdle = (connection: Connection, before: number, now: number): boolean => {
  const { bytesRead } = connection.socket
  if (connection.busy === 0 && connection.bytesSeen !== bytesRead) connection.lastUsed = now
  connection.bytesSeen = bytesRead
  return connection.busy === 0 && connection.lastUsed <= before
}

/** A request that is there already, and that a router which is behind has not come to read, is answered first. */
const closeUnlessAsked = (connection: Connection): void => {
  const { socket, bytesSeen } = connection
  afterNextPoll(() => {
    if (connection.busy === 0 && socket.bytesRead === bytesSeen) socket.destroy()
  })
}
