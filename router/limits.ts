import type { RouteTimeouts } from '../api/route.ts'

/** What clients and pods may cost this router. Times in milliseconds. */
export type Limits = {
  /** Request line and headers together; more is answered with 431. */
  readonly maxHeadBytes: number
  /** A connection must show its first bytes, and every request its whole head, within this. */
  readonly headTimeoutMs: number
  /** An idle connection of a client is kept this long; longer than load balancers keep theirs. */
  readonly keepAliveMs: number
  /** A client that sends a body must send something of it within this, unless the pod is the one that does not read. */
  readonly bodyStallMs: number
  /** A pod must accept a connection within this. */
  readonly connectTimeoutMs: number
  /** A pod must begin its answer within this after it was connected; 0: no limit, as without a router. */
  readonly answerTimeoutMs: number
  /** A pod that has begun its answer, and a connection that is passed through, must move something within this; 0: no limit. */
  readonly idleTimeoutMs: number
  /** The copy of a request must be answered within this, else it is dropped. */
  readonly mirrorTimeoutMs: number
  /** A pod that was asked with Expect: 100-continue and says nothing gets the body after this. */
  readonly continueTimeoutMs: number
  /** Of a version's pods, at most so many percent are left out at once because they could not be reached; one always stays. */
  readonly maxEjectedPercent: number
  /** Connections of clients on one port. Further ones are closed at once, so that one Service cannot use up the process. */
  readonly maxConnections: number
  /** A connection is taken for idle, when its Route leaves or the router drains, this long after its last request. */
  readonly idleGraceMs: number
}

export const DEFAULT_LIMITS: Limits = {
  maxHeadBytes: 65_536,
  headTimeoutMs: 30_000,
  keepAliveMs: 75_000,
  bodyStallMs: 120_000,
  // Time for one lost SYN, which is sent again after a second.
  connectTimeoutMs: 2_500,
  answerTimeoutMs: 0,
  idleTimeoutMs: 0,
  mirrorTimeoutMs: 10_000,
  continueTimeoutMs: 1_000,
  maxEjectedPercent: 50,
  maxConnections: 10_000,
  idleGraceMs: 1_000,
}

/** The limits with what a Route says of its own pods. */
export const withTimeouts = (limits: Limits, { connectMs, responseMs, idleMs }: RouteTimeouts): Limits => ({
  ...limits,
  connectTimeoutMs: connectMs ?? limits.connectTimeoutMs,
  answerTimeoutMs: responseMs ?? limits.answerTimeoutMs,
  idleTimeoutMs: idleMs ?? limits.idleTimeoutMs,
})
