/**
 * The HTTP/2 connections to one pod, shared by all clients. A further one is made when those that there are carry as many streams
 * as the pod allows; one that the pod says goodbye on (GOAWAY) takes no new streams and ends with its last.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectH2 } from 'node:http2'
import { connect } from 'node:net'
import { isOwnExhaustion } from '../../exhaustion.ts'

/** Streams on one connection, also where the pod allows more: what most servers allow, and what Node's have memory for. */
const MAX_STREAMS = 100
const MAX_SESSIONS = 128
/** An idle connection is closed after this; GOAWAY makes that safe on both sides. */
const IDLE_MS = 60_000
/**
 * A connection is given up for a new one after so many resets. Servers cut connections that reset streams too fast (the answer to
 * CVE-2023-44487; nghttp2 after 1,000), and here one client's resets would hit the streams of all others.
 */
const MAX_RESETS = 500
/** Half of the stream numbers that a connection has. */
const MAX_STREAM_ID = 2 ** 30
const MAX_STREAM_ID_EVER = 2 ** 31 - 1

/** One connection. */
export type PodSession = {
  readonly session: ClientHttp2Session
  active: number
  /** The last stream that the pod will have looked at; streams above it were not touched. */
  lastStreamId: number
  /** The pod has said goodbye, or we have. */
  leaving: boolean
  resets: number
}

/** `foreign`: the pod took the connection and does not speak HTTP/2. `exhausted`: this router has no connection left to make. */
export type NoSession = { readonly failed: 'refused' | 'expired' | 'foreign' | 'exhausted' }

type Waiter = (got: PodSession | NoSession) => void

export class PodSessions {
  readonly #host: string
  readonly #port: number
  readonly #authority: string
  readonly #sessions = new Set<PodSession>()
  readonly #waiting = new Set<Waiter>()
  #dialing = 0
  #retired = false

  constructor({ host, port, key }: { readonly host: string; readonly port: number; readonly key: string }) {
    this.#host = host
    this.#port = port
    this.#authority = `http://${key}`
  }

  /**
   * Calls back once, perhaps at once, with a connection on which a stream can be opened; it is taken until release(). The function
   * that is given back ends the wait.
   */
  take(connectTimeoutMs: number, waiter: Waiter): () => void {
    const free = this.#free()
    if (free) {
      free.active += 1
      waiter(free)
      return () => {}
    }
    this.#waiting.add(waiter)
    if (this.#waiting.size > this.#dialing * MAX_STREAMS && this.#sessions.size + this.#dialing < MAX_SESSIONS)
      this.#dial(connectTimeoutMs)
    return () => void this.#waiting.delete(waiter)
  }

  /** The stream has ended. */
  release(taken: PodSession, stream: ClientHttp2Stream | undefined): void {
    taken.active -= 1
    if (stream && stream.rstCode !== 0) taken.resets += 1
    if (taken.resets >= MAX_RESETS || (stream?.id ?? 0) >= MAX_STREAM_ID) leave(taken)
    if (this.#retired && taken.active === 0 && this.#waiting.size === 0) leave(taken)
    this.#serveWaiting()
  }

  /** The pod is gone from the table: connections end with their last stream. */
  retire(): void {
    this.#retired = true
    if (this.#waiting.size > 0) return
    for (const one of this.#sessions) leave(one)
  }

  #free(): PodSession | undefined {
    for (const one of this.#sessions) if (!one.leaving && !one.session.closed && one.active < capacity(one.session)) return one
    return undefined
  }

  #serveWaiting(): void {
    for (const waiter of this.#waiting) {
      const free = this.#free()
      if (!free) return
      this.#waiting.delete(waiter)
      free.active += 1
      waiter(free)
    }
  }

  #dial(timeoutMs: number): void {
    this.#dialing += 1
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 })
    const session = connectH2(this.#authority, { createConnection: () => socket, ...CLIENT_OPTIONS })
    const one: PodSession = { session, active: 0, lastStreamId: MAX_STREAM_ID_EVER, leaving: false, resets: 0 }
    let failed: NoSession['failed'] = 'refused'
    let settled = false
    socket.once('connect', () => {
      if (failed === 'refused') failed = 'foreign'
    })
    const timer = setTimeout(() => {
      failed = 'expired'
      session.destroy()
    }, timeoutMs)
    const settle = (): boolean => {
      clearTimeout(timer)
      if (settled) return false
      settled = true
      this.#dialing -= 1
      return true
    }
    session.on('error', error => {
      if (isOwnExhaustion(error)) failed = 'exhausted'
    })
    // Only a pod that has sent its settings speaks HTTP/2: until then nothing was asked of it.
    session.on('remoteSettings', () => {
      if (settle()) this.#sessions.add(one)
      this.#serveWaiting()
      if (this.#retired && one.active === 0) leave(one)
      else if (this.#waiting.size > 0) this.#dialForWaiting(timeoutMs)
    })
    session.on('goaway', (_code, lastStreamId) => {
      one.leaving = true
      one.lastStreamId = lastStreamId
    })
    session.setTimeout(IDLE_MS, () => {
      if (one.active === 0) leave(one)
    })
    session.once('close', () => {
      this.#sessions.delete(one)
      if (settle()) this.#fail({ failed })
      else if (this.#waiting.size > 0) this.#dialForWaiting(timeoutMs)
    })
  }

  #dialForWaiting(timeoutMs: number): void {
    if (this.#dialing === 0 && this.#sessions.size < MAX_SESSIONS) this.#dial(timeoutMs)
  }

  /** As long as another connection is being made there is hope. */
  #fail(why: NoSession): void {
    if (this.#dialing > 0) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const waiter of waiting) waiter(why)
  }
}

const CLIENT_OPTIONS = {
  settings: { enablePush: false, maxHeaderListSize: 65_536 },
  // The default of 10 MB refuses streams when many have something to send.
  maxSessionMemory: 64,
  maxHeaderListPairs: 256,
} as const

const capacity = ({ remoteSettings }: ClientHttp2Session): number =>
  Math.min(MAX_STREAMS, remoteSettings.maxConcurrentStreams ?? MAX_STREAMS)

const leave = (one: PodSession): void => {
  one.leaving = true
  one.session.close()
}
