/** Everything that is counted about one version of one Route. */
import { MirrorStats } from '../mirror/mirror-stats.ts'
import { SecondRing } from './second-ring.ts'

export class VersionStats {
  readonly ring = new SecondRing()
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
}
