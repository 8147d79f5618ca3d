/**
 * What happened to the requests of one version: the last ten minutes by the second, and totals since the start. Counting writes
 * numbers into typed arrays and allocates nothing; reading is rare and may.
 */
import { type Bucket, LATENCY_BOUNDS_MS, type Tally } from '../../api/router-admin.ts'

export const RING_SECONDS = 600

export type Outcome = 'status2xx' | 'status3xx' | 'status4xx' | 'status5xx' | 'upstreamFailures' | 'clientAborts'

const FIELD = { status2xx: 0, status3xx: 1, status4xx: 2, status5xx: 3, upstreamFailures: 4, clientAborts: 5 } as const
const OUTCOMES = 6
const LATENCY_BUCKETS = LATENCY_BOUNDS_MS.length + 1
const WIDTH = OUTCOMES + LATENCY_BUCKETS
const BOUNDS = Float64Array.from(LATENCY_BOUNDS_MS)

export class SecondRing {
  readonly #cells = new Uint32Array(RING_SECONDS * WIDTH)
  /** The Unix second that each place holds; 0 for none yet. */
  readonly #seconds = new Float64Array(RING_SECONDS)
  /** Since the start: what Prometheus asks for. */
  readonly #totals = new Float64Array(WIDTH)
  #latencySumMs = 0

  /** Counts one request that ended at `nowMs`. `latencyMs` below 0: not measured (aborted, or no answer came). */
  count(nowMs: number, outcome: Outcome, latencyMs: number): void {
    const from = this.#placeOf(Math.floor(nowMs / 1000))
    const field = FIELD[outcome]
    this.#cells[from + field]! += 1
    this.#totals[field]! += 1
    if (latencyMs < 0) return
    const bucket = OUTCOMES + bucketOf(latencyMs)
    this.#cells[from + bucket]! += 1
    this.#totals[bucket]! += 1
    this.#latencySumMs += latencyMs
  }

  /** Index of the second's cells, cleared when they held an older second. */
  #placeOf(second: number): number {
    const place = second % RING_SECONDS
    const from = place * WIDTH
    if (this.#seconds[place] !== second) {
      this.#cells.fill(0, from, from + WIDTH)
      this.#seconds[place] = second
    }
    return from
  }

  /**
   * The tallies of the last `seconds` seconds (at most 600) up to and with the one of `nowMs`, oldest first; seconds in which
   * nothing ended are left out.
   */
  read(nowMs: number, seconds: number): readonly { readonly second: number; readonly tally: Tally }[] {
    const last = Math.floor(nowMs / 1000)
    const first = last - Math.min(Math.max(seconds, 0), RING_SECONDS) + 1
    const found: { readonly second: number; readonly tally: Tally }[] = []
    for (let second = first; second <= last; second++) {
      const place = second % RING_SECONDS
      if (this.#seconds[place] === second)
        found.push({ second, tally: tallyOf(this.#cells.subarray(place * WIDTH, (place + 1) * WIDTH)) })
    }
    return found
  }

  totals(): Tally & { readonly latencySumMs: number } {
    return { ...tallyOf(this.#totals), latencySumMs: this.#latencySumMs }
  }
}

const tallyOf = (cells: Uint32Array | Float64Array): Tally => {
  const at = (outcome: Outcome) => cells[FIELD[outcome]] ?? 0
  return {
    requests: Array.from(cells.subarray(0, OUTCOMES)).reduce((sum, count) => sum + count, 0),
    status2xx: at('status2xx'),
    status3xx: at('status3xx'),
    status4xx: at('status4xx'),
    status5xx: at('status5xx'),
    upstreamFailures: at('upstreamFailures'),
    clientAborts: at('clientAborts'),
    latency: Array.from(cells.subarray(OUTCOMES)),
  }
}

/** Index of the first bound that is >= `ms`; one past the last when there is none. */
export const bucketOf = (ms: number): number => {
  let low = 0
  let high = BOUNDS.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((BOUNDS[middle] ?? 0) < ms) low = middle + 1
    else high = middle
  }
  return low
}

/** Several versions' readings as the buckets of a BucketReport: by second, oldest first. */
export const mergeBuckets = (versions: ReadonlyMap<string, ReturnType<SecondRing['read']>>): readonly Bucket[] => {
  const bySecond = new Map<number, Record<string, Tally>>()
  for (const [hash, readings] of versions) {
    for (const { second, tally } of readings) {
      const versionsThen = bySecond.get(second) ?? {}
      versionsThen[hash] = tally
      bySecond.set(second, versionsThen)
    }
  }
  return [...bySecond].sort(([a], [b]) => a - b).map(([second, tallies]) => ({ second, versions: tallies }))
}
