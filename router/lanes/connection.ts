/** A client's connection on a Route port, and what all lanes are given to work with. */
import type { Socket } from 'node:net'
import type { RoutePort } from '../../api/route.ts'
import type { Clock } from '../../kube/clock.ts'
import type { Logger } from '../../kube/log.ts'
import type { CookieJars } from '../cookie-jar.ts'
import type { Limits } from '../limits.ts'
import type { ProxyEngine } from '../proxy/engine.ts'
import type { RunningRoute } from '../running-route.ts'
import type { Place } from '../zone.ts'

export type Connection = {
  readonly socket: Socket
  /** The Route that had the port when the connection was accepted: a kept connection never comes to belong to another. */
  readonly route: RunningRoute
  readonly port: RoutePort
  /** The client's address. */
  readonly peer: string
  /** Requests being answered; 1 for as long as a connection is passed through. */
  busy: number
  /** When it was last busy, in ms. */
  lastUsed: number
  /** Bytes that had come when it was last looked at, for whether it is idle; absent until then. */
  bytesSeen?: number
  /** Tells the client to connect anew and closes with its last answer, where the protocol has a word for that. Only the first call does anything. */
  leave?: () => void
}

export type LaneContext = {
  /** This router's name, on its own answers. */
  readonly router: string
  readonly engine: ProxyEngine
  /** Off: all of HTTP/1 goes through the general lane. */
  readonly fastLane: boolean
  readonly limits: Limits
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly log: Logger
  /** Where sticky cookies are read and written; without them nobody is kept by cookie. */
  readonly cookies?: CookieJars
  /** Where this router is, when that is to make a difference. */
  readonly place?: Place | undefined
  /** The router itself is on its way out: clients are asked to connect anew. */
  readonly draining: () => boolean
}

/** Answers should ask the client to connect anew. */
export const asksToLeave = (context: LaneContext, { route }: Connection): boolean => route.leaving || context.draining()

/** One way to carry connections. */
export type Lane = {
  /** Takes the connection over. What was read of it so far stands in its buffer again; it is paused. */
  readonly accept: (connection: Connection) => void
  /** Ends what the lane runs beside connections; open ones stay. */
  readonly stop: () => void
}
