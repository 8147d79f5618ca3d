/** One listening socket of the service proxy: accepts, chooses, dials, relays. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Balancer } from './balancer.ts'
import { relay } from './relay.ts'
import type { PortRule, Target } from './table.ts'

export type ProxyCounters = {
  /** Connections accepted since the start. */
  connections: number
  /** Dials that failed before a byte went out and were tried on another endpoint; a kernel proxy (iptables, nftables) would have failed these. */
  redials: number
  /** Connections that no endpoint took. */
  failed: number
  /** Connections open now. */
  open: number
}

export type ListenerOptions = {
  readonly counters: ProxyCounters
  readonly random: () => number
  readonly now: () => number
  /** The address cannot be listened on. Called once for each attempt. */
  readonly onProblem: (error: NodeJS.ErrnoException) => void
}

const DIAL_TIMEOUT_MS = 5000
const BACKLOG = 1024
const RETRY_LISTEN_MS = 2000

/**
 * Listens only while there is an endpoint, so that without one a client is refused by the kernel at once. Connections that are
 * established stay with their endpoint whatever happens to the rule, until `close`.
 */
export class PortListener {
  readonly #options: ListenerOptions
  readonly #balancer: Balancer
  readonly #sockets = new Set<Socket>()
  readonly #address: string
  readonly #port: number
  #server: Server | undefined
  #retry: NodeJS.Timeout | undefined

  constructor(address: string, port: number, options: ListenerOptions) {
    this.#address = address
    this.#port = port
    this.#options = options
    this.#balancer = new Balancer(options.random)
  }

  /** No connection is open. */
  get isIdle(): boolean {
    return this.#sockets.size === 0
  }

  apply(rule: PortRule): void {
    this.#balancer.update(rule.targets, rule.affinityMs)
    if (this.#balancer.isEmpty) this.#stopListening()
    else this.#listen()
  }

  /** Stops listening; with `abort` also ends every connection. */
  close(abort: boolean): void {
    this.#balancer.update([], undefined)
    this.#stopListening()
    if (abort) for (const socket of this.#sockets) socket.destroy()
  }

  #listen(): void {
    if (this.#server || this.#retry) return
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
    this.#server = server
    server.on('connection', client => this.#accept(client))
    server.on('error', error => this.#listenFailed(server, error))
    server.listen({ host: this.#address, port: this.#port, backlog: BACKLOG })
  }

  #listenFailed(server: Server, error: Error): void {
    if (this.#server !== server) return
    this.#server = undefined
    this.#options.onProblem(error)
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      if (!this.#balancer.isEmpty) this.#listen()
    }, RETRY_LISTEN_MS)
    this.#retry.unref()
  }

  #stopListening(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#server?.close()
    this.#server = undefined
  }

  #accept(client: Socket): void {
    this.#options.counters.connections += 1
    this.#options.counters.open += 1
    this.#track(client)
    client.once('close', () => {
      this.#options.counters.open -= 1
    })
    // Its reset before the relay stands is seen again by the relay or ends with the dial.
    client.on('error', () => {})
    this.#dial(client, [])
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #dial(client: Socket, tried: readonly Target[]): void {
    if (client.destroyed) return
    const target = this.#balancer.pick(client.remoteAddress ?? '', this.#options.now(), tried)
    if (!target) {
      this.#options.counters.failed += 1
      client.resetAndDestroy()
      return
    }
    if (tried.length > 0) this.#options.counters.redials += 1
    const upstream = connect({
      host: target.ip,
      port: target.port,
      allowHalfOpen: true,
      noDelay: true,
      timeout: DIAL_TIMEOUT_MS,
      ...sourceOf(client),
    })
    this.#track(upstream)
    const again = () => {
      upstream.destroy()
      this.#dial(client, [...tried, target])
    }
    upstream.once('error', again)
    upstream.once('timeout', again)
    upstream.once('connect', () => {
      upstream.setTimeout(0)
      upstream.off('error', again)
      upstream.off('timeout', again)
      if (client.destroyed) upstream.destroy()
      else relay(client, upstream)
    })
  }
}

/** A client with an address of its own keeps it, as it would behind a kernel proxy. */
function sourceOf(client: Socket): { readonly localAddress?: string } {
  const address = client.remoteAddress
  return address === undefined || address === '127.0.0.1' || !address.startsWith('127.') ? {} : { localAddress: address }
}
