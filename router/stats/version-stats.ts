/** Everything that is counted about one version of one Route. */
import { MIRROR_RESULTS, MirrorStats } from '../mirror/mirror-stats.ts'
import { RING_SECONDS, SecondRing } from './second-ring.ts'

export class VersionStats {
  readonly ring: SecondRing
  /** Copies of other versions' requests; in none of the other counts. */
  readonly mirror = new MirrorStats()
  /** Requests and connections that have not ended. */
  inFlight = 0
  /** Attempts beyond a request's first on this version. */
  retries = 0
  /** Requests that were meant for this version and were given to stable instead. */
  fallbacks = 0
  /** Bytes of request bodies, and all that clients sent on connections that were passed through. */
  bytesIn = 0
  /** Bytes of answers' bodies, and all that pods sent on connections that were passed through. */
  bytesOut = 0
  /** gRPC calls that were answered, by number of their status. */
  readonly grpc = new Float64Array(17)

  /** `ringSeconds`: see SecondRing. */
  constructor(ringSeconds = RING_SECONDS) {
    this.ring = new SecondRing(ringSeconds)
  }

  /** All that only grows and is not in the ring, in a fixed order: see addCounters(). */
  counters(): readonly number[] {
    return [
      this.retries,
      this.fallbacks,
      this.bytesIn,
      this.bytesOut,
      ...MIRROR_RESULTS.map(result => this.mirror.total(result)),
      ...this.grpc,
    ]
  }

  /** Takes over what was counted elsewhere: growths in the order of counters(). */
  addCounters([retries = 0, fallbacks = 0, bytesIn = 0, bytesOut = 0, ...rest]: readonly number[]): void {
    this.retries += retries
    this.fallbacks += fallbacks
    this.bytesIn += bytesIn
    this.bytesOut += bytesOut
    MIRROR_RESULTS.forEach((result, i) => {
      this.mirror.count(result, rest[i])
    })
    for (const code of this.grpc.keys()) this.grpc[code]! += rest[MIRROR_RESULTS.length + code] ?? 0
  }
}
