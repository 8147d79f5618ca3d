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

/** What was counted between two looks at a ring; see RingReader. */
export type RingChanges = {
  /** For each second that changed: the second, then pairs of the number of a cell and what came to it. */
  readonly seconds: readonly (readonly number[])[]
  readonly latencySumMs: number
}

export class SecondRing {
  readonly #places: number
  readonly #cells: Uint32Array
  /** The Unix second that each place holds; 0 for none yet. */
  readonly #seconds: Float64Array
  /** Since the start: what Prometheus asks for. */
  readonly #totals = new Float64Array(WIDTH)
  #latencySumMs = 0

  /** `places`: seconds that it holds; all of them unless somebody else keeps what was counted here. */
  constructor(places = RING_SECONDS) {
    this.#places = places
    this.#cells = new Uint32Array(places * WIDTH)
    this.#seconds = new Float64Array(places)
  }

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
    const place = second % this.#places
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
    const first = last - Math.min(Math.max(seconds, 0), this.#places) + 1
    const found: { readonly second: number; readonly tally: Tally }[] = []
    for (let second = first; second <= last; second++) {
      const place = second % this.#places
      if (this.#seconds[place] === second)
        found.push({ second, tally: tallyOf(this.#cells.subarray(place * WIDTH, (place + 1) * WIDTH)) })
    }
    return found
  }

  totals(): Tally & { readonly latencySumMs: number } {
    return { ...tallyOf(this.#totals), latencySumMs: this.#latencySumMs }
  }

  /** Takes over what was counted in another ring. A second that is older than what its place holds comes to the totals only. */
  add({ seconds, latencySumMs }: RingChanges): void {
    this.#latencySumMs += latencySumMs
    for (const [second = 0, ...pairs] of seconds) {
      const isOld = second < (this.#seconds[second % this.#places] ?? 0)
      const from = isOld ? -1 : this.#placeOf(second)
      for (let i = 0; i + 1 < pairs.length; i += 2) {
        const [cell = 0, count = 0] = [pairs[i], pairs[i + 1]]
        if (!isOld) this.#cells[from + cell]! += count
        this.#totals[cell]! += count
      }
    }
  }

  /** A look at what is counted here from now on, and before. Each reader sees every count once. */
  reader(): RingReader {
    const seen = {
      cells: new Uint32Array(this.#cells.length),
      seconds: new Float64Array(this.#places),
      ended: 0,
      latencySumMs: 0,
    }
    return () => {
      const ended = this.#ended()
      if (ended === seen.ended) return undefined
      const seconds = Array.from(this.#seconds, (second, place) => {
        const cells = this.#cells.subarray(place * WIDTH, (place + 1) * WIDTH)
        const before = seen.cells.subarray(place * WIDTH, (place + 1) * WIDTH)
        // Then the place was cleared meanwhile.
        if (seen.seconds[place] !== second) before.fill(0)
        return [second, ...differences(cells, before)]
      }).filter(({ length }) => length > 1)
      const latencySumMs = this.#latencySumMs - seen.latencySumMs
      seen.cells.set(this.#cells)
      seen.seconds.set(this.#seconds)
      Object.assign(seen, { ended, latencySumMs: this.#latencySumMs })
      return { seconds, latencySumMs }
    }
  }

  #ended(): number {
    let sum = 0
    for (let outcome = 0; outcome < OUTCOMES; outcome++) sum += this.#totals[outcome] ?? 0
    return sum
  }
}

/** What was counted since the call before; undefined when nothing was. A ring must be read before a place is used again. */
export type RingReader = () => RingChanges | undefined

/** Pairs of index and growth, for those that grew. */
const differences = (now: Uint32Array, before: Uint32Array): readonly number[] => {
  const pairs: number[] = []
  for (const [i, count] of now.entries()) {
    const growth = count - (before[i] ?? 0)
    if (growth > 0) pairs.push(i, growth)
  }
  return pairs
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
