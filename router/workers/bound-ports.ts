/**
 * The sockets that workers listen on. They are bound here once and shared, so that a connection which comes while a worker dies
 * waits in the socket for another one: as long as this process holds it, it is neither closed nor refused.
 */
import net from 'node:net'
import { getSystemErrorName } from 'node:util'

/** Node's own object for a socket; net.Server.listen() and ChildProcess.send() take it. */
export type BoundSocket = { readonly close: () => void }
export type Bind = (port: number) => BoundSocket | { readonly problem: string }

type Held = { readonly socket: BoundSocket; readonly users: Set<object> }

export class BoundPorts {
  readonly #bind: Bind
  readonly #held = new Map<number, Held>()
  #wanted: ReadonlySet<number> = new Set()

  constructor(bind: Bind) {
    this.#bind = bind
  }

  /** The port's socket, for a worker that will listen on it. */
  open(user: object, port: number): BoundSocket | { readonly problem: string } {
    const held = this.#held.get(port)
    if (held) {
      held.users.add(user)
      return held.socket
    }
    const socket = this.#bind(port)
    if (!('problem' in socket)) this.#held.set(port, { socket, users: new Set([user]) })
    return socket
  }

  /** The worker does not listen on it any more. */
  closed(user: object, port: number): void {
    this.#held.get(port)?.users.delete(user)
    this.#tidy()
  }

  /** The worker is gone. */
  left(user: object): void {
    for (const { users } of this.#held.values()) users.delete(user)
    this.#tidy()
  }

  /** These are kept also while nobody listens; others until the last one has closed them. */
  want(ports: ReadonlySet<number>): void {
    this.#wanted = ports
    this.#tidy()
  }

  #tidy(): void {
    for (const [port, { socket, users }] of this.#held) {
      if (users.size > 0 || this.#wanted.has(port)) continue
      socket.close()
      this.#held.delete(port)
    }
  }
}

/** A TCP handle of Node's, as far as it is used here. */
type Handle = BoundSocket & { readonly getsockname: (into: { port?: number }) => number }
type MakeHandle = (address: string, port: number, family: 4 | 6, fd: -1, flags: 0) => Handle | number

/**
 * Binds without accepting. Node has this for its own cluster module only, whose sockets are closed with the last worker;
 * net.Server would accept here. Node that has it no more is told by every test of workers.
 */
export const bindOn =
  (host: string): Bind =>
  port => {
    const make = Reflect.get(net, '_createServerHandle') as MakeHandle | undefined
    if (make === undefined) return { problem: `Node ${process.version} cannot share sockets in the way that is known here` }
    const handle = make(host, port, net.isIPv6(host) ? 6 : 4, -1, 0)
    if (typeof handle === 'number') return { problem: `bind ${host}:${port}: ${getSystemErrorName(handle)}` }
    // An address in use is told only here; a socket that is not bound would listen on any port.
    const bound: { port?: number } = {}
    if (handle.getsockname(bound) === 0 && bound.port === port) return handle
    handle.close()
    return { problem: `bind EADDRINUSE: address already in use ${host}:${port}` }
  }
