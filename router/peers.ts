/**
 * Notices within milliseconds that another router's process has died, by an idle connection to it: the kubelet takes a second
 * or more to say so, and until then half of all new connections would be refused. Only what is certain counts: there was a
 * connection, it ended, and a new one is refused, which is what a host says when nothing listens. A router that cannot be
 * reached for any other reason is left to its readiness. One that comes back counts as dead until it says itself that it is
 * ready, since its pod may still be called ready from before.
 */
import { get } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Clock, Timer } from '../kube/clock.ts'

/** A refused connection is tried again after this before the router is taken for dead, and from then on until it is back. */
const AGAIN_MS = 20
const ASK_TIMEOUT_MS = 1_000

type Peer = { socket: Socket | undefined; timer: Timer | undefined; wasThere: boolean; refused: number }

export type PeerWatchOptions = {
  /** Where every router listens (its health port). */
  readonly port: number
  readonly clock: Clock
  /** Called when one died or came back. */
  readonly onChange: () => void
}

export class PeerWatch {
  readonly #options: PeerWatchOptions
  readonly #peers = new Map<string, Peer>()
  #stopped = false

  constructor(options: PeerWatchOptions) {
    this.#options = options
  }

  /** Watches just these from now on. */
  follow(addresses: readonly string[]): void {
    if (this.#stopped) return
    for (const [address, peer] of this.#peers) if (!addresses.includes(address)) this.#forget(address, peer)
    for (const address of addresses) {
      if (this.#peers.has(address)) continue
      const peer: Peer = { socket: undefined, timer: undefined, wasThere: false, refused: 0 }
      this.#peers.set(address, peer)
      this.#dial(address, peer)
    }
  }

  isDead(address: string): boolean {
    return (this.#peers.get(address)?.refused ?? 0) >= 2
  }

  stop(): void {
    this.#stopped = true
    for (const [address, peer] of this.#peers) this.#forget(address, peer)
  }

  #forget(address: string, { socket, timer }: Peer): void {
    this.#peers.delete(address)
    timer?.cancel()
    socket?.destroy()
  }

  #isWatched(address: string, peer: Peer): boolean {
    return this.#peers.get(address) === peer
  }

  #dial(address: string, peer: Peer): void {
    const socket = connect({ host: address, port: this.#options.port })
    peer.socket = socket
    let refused = false
    socket.on('connect', () => {
      peer.wasThere = true
      if (!this.isDead(address)) peer.refused = 0
      else this.#askWhetherReady(address, peer, socket)
    })
    socket.on('error', error => {
      refused = 'code' in error && error.code === 'ECONNREFUSED'
    })
    socket.resume()
    socket.once('close', () => {
      if (!this.#isWatched(address, peer)) return
      if (refused && peer.wasThere) this.#noteRefusal(address, peer)
      const waitMs = refused || peer.refused > 0 ? AGAIN_MS : 1
      peer.timer = this.#options.clock.setTimeout(() => this.#dial(address, peer), waitMs)
    })
    socket.unref()
  }

  #noteRefusal(address: string, peer: Peer): void {
    const wasDead = this.isDead(address)
    peer.refused += 1
    if (!wasDead && this.isDead(address)) this.#options.onChange()
  }

  /** Closes `socket`, so that it is asked again, unless the answer is yes. */
  #askWhetherReady(address: string, peer: Peer, socket: Socket): void {
    const request = get(
      { host: address, port: this.#options.port, path: '/readyz', agent: false, timeout: ASK_TIMEOUT_MS },
      answer => {
        answer.resume()
        if (answer.statusCode !== 200 || !this.#isWatched(address, peer)) return void socket.destroy()
        peer.refused = 0
        this.#options.onChange()
      },
    )
    request.on('timeout', () => request.destroy())
    request.on('error', () => socket.destroy())
  }
}
