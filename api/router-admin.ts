/**
 * What a router says on its admin port (HTTPS), read by the controller, the analysis provider and the CLI.
 * `GET /routes` answers RouterReport; `GET /buckets?route=NAMESPACE/NAME&seconds=N` answers BucketReport.
 */

export type RouteReport = {
  /** `spec.version` of the Route as this router runs it now. */
  readonly version: number
  /** True when every port of the Route is listened on. */
  readonly listening: boolean
  /** Ready endpoints known, by version hash. */
  readonly upstreams: { readonly [hash: string]: number }
  /** Requests (or connections) not finished yet, by version hash. */
  readonly inFlight: { readonly [hash: string]: number }
  /** Client connections open on the Route's ports. */
  readonly connections: number
}

export type RouterReport = {
  readonly router: string
  readonly draining: boolean
  /** By `NAMESPACE/NAME` of the Route. */
  readonly routes: { readonly [route: string]: RouteReport }
  /** Routes of which the newest version was refused, with the reason; the last good one, if any, stays in force. By `NAMESPACE/NAME`. */
  readonly refused?: { readonly [route: string]: { readonly version: number; readonly message: string } }
}

/** Totals of one version over one second or a window. A request is counted in the second in which it ended. */
export type Tally = {
  readonly requests: number
  /** Answers by status class; `upstreamFailures` and `clientAborts` are in none of them. */
  readonly status2xx: number
  readonly status3xx: number
  readonly status4xx: number
  readonly status5xx: number
  /** The pod refused, reset or timed out: counts as a failure of the version, also when another pod or version then answered. */
  readonly upstreamFailures: number
  /** The client went away first: counts for nothing. */
  readonly clientAborts: number
  /** Duration histogram: count per bucket of LATENCY_BOUNDS_MS, one more for all above. Aborted requests are left out. */
  readonly latency: readonly number[]
}

/** Upper bounds of the latency buckets in milliseconds: four per octave from 0.5 ms to 65 s, so a quantile is within 19 %. */
export const LATENCY_BOUNDS_MS: readonly number[] = Array.from({ length: 69 }, (_, i) => 0.5 * 2 ** (i / 4))

export type Bucket = {
  /** Unix second. */
  readonly second: number
  readonly versions: { readonly [hash: string]: Tally }
}

export type BucketReport = {
  readonly router: string
  /** The router's clock in Unix seconds, to line up several routers. */
  readonly now: number
  readonly route: string
  /** Only seconds in which something ended, oldest first, at most 600. */
  readonly buckets: readonly Bucket[]
}
