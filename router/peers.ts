/**
 * Notices within milliseconds that another router's process has died, by an idle connection to it: the kubelet takes a second or more to say so, and until then
 * half of all new connections would be refused. Only what is certain counts: there was a connection, it ended, and a new one is refused, which is
 * what a host says when nothing listens. A router that cannot be reached for any other reason is left to its readiness.
 */
import { connect, type Socket } from 'node:net'
import type { Clock, Timer } from '../kube/clock.ts'

/** A refused connection is tried again after this before the router is taken for dead, and from then on until it is back. */
const AGAIN_MS = 100

type Peer = { socket: Socket | undefined; timer: Timer | undefined; wasThere: boolean; refused: number }

export class PeerWatch {
  readonly #port: number
  readonly #clock: Clock
  readonly #onChange: () => void
  readonly #peers = new Map<string, Peer>()
  #stopped = false

  /** `port`: where every router listens (its health port). `onChange` is called when one died or came back. */
  constructor({ port, clock, onChange }: { readonly port: number; readonly clock: Clock; readonly onChange: () => void }) {
    this.#port = port
    this.#clock = clock
    this.#onChange = onChange
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

  #dial(address: string, peer: Peer): void {
    const socket = connect({ host: address, port: this.#port })
    peer.socket = socket
    let refused = false
    socket.on('connect', () => {
      const wasDead = this.isDead(address)
      peer.wasThere = true
      peer.refused = 0
      if (wasDead) this.#onChange()
    })
    socket.on('error', error => {
      refused = 'code' in error && error.code === 'ECONNREFUSED'
    })
    socket.resume()
    socket.once('close', () => {
      if (this.#peers.get(address) !== peer) return
      if (refused && peer.wasThere) this.#noteRefusal(address, peer)
      peer.timer = this.#clock.setTimeout(() => this.#dial(address, peer), peer.refused === 0 && !refused ? 1 : AGAIN_MS)
    })
    socket.unref()
  }

  #noteRefusal(address: string, peer: Peer): void {
    const wasDead = this.isDead(address)
    peer.refused += 1
    if (!wasDead && this.isDead(address)) this.#onChange()
  }
}
