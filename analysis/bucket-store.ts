/** Ten minutes of what all routers of one Deployment counted, put together second by second. */
import type { Bucket, BucketReport, Tally } from '../api/router-admin.ts'
import type { Second } from './history.ts'
import { addTallies, EMPTY_TALLY } from './tally.ts'

type Versions = Bucket['versions']

/** As long as the routers remember, so that a controller that starts anew judges by the same seconds. */
export const KEPT_SECONDS = 600
/** Clocks that differ by less count as equal: a report's `now` is whole seconds, and takes time to arrive. */
const CLOCK_TOLERANCE_S = 2
/** Asked for again, since the newest seconds still grow. */
const OVERLAP_S = 5

/** What one router says of one Route. */
type Source = { readonly bySecond: Map<number, Versions>; offset: number; readUntil: number }

const addVersions = (a: Versions, b: Versions): Versions => {
  const sum: Record<string, Tally> = { ...a }
  for (const [hash, tally] of Object.entries(b)) sum[hash] = addTallies(sum[hash] ?? EMPTY_TALLY, tally)
  return sum
}

/**
 * Keeps every second that a source reported; a second that is reported again replaces what that source said of it before, so a router
 * that restarts or falls silent takes nothing away. Sums do not depend on the order in which reports come.
 */
export class BucketStore {
  readonly #sources = new Map<string, Source>()
  readonly #sums = new Map<number, Versions>()

  /** How many seconds back to ask the source for. */
  secondsToAsk(source: string, nowSecond: number): number {
    const known = this.#sources.get(source)
    return known ? Math.min(KEPT_SECONDS, Math.max(1, Math.ceil(nowSecond - known.readUntil)) + OVERLAP_S) : KEPT_SECONDS
  }

  /** @param nowSecond this machine's Unix time in seconds when the report came: what all sources are lined up with */
  add(source: string, report: BucketReport, nowSecond: number): void {
    const known = this.#sources.get(source) ?? { bySecond: new Map<number, Versions>(), offset: 0, readUntil: nowSecond }
    this.#sources.set(source, known)
    known.readUntil = nowSecond
    const offset = Math.round(nowSecond - report.now)
    const isShifted = Math.abs(offset - known.offset) >= CLOCK_TOLERANCE_S
    if (isShifted) known.offset = offset
    for (const { second, versions } of report.buckets) {
      known.bySecond.set(second, versions)
      this.#sums.delete(second + known.offset)
    }
    if (isShifted) this.#sums.clear()
    this.#forget(nowSecond - KEPT_SECONDS)
  }

  /** Seconds from `from` on in which a request to either version ended, oldest first. */
  history(from: number, versions: { readonly canary: string; readonly stable: string }): readonly Second[] {
    const seconds = new Set<number>()
    for (const source of this.#sources.values()) {
      for (const second of source.bySecond.keys()) if (second + source.offset >= from) seconds.add(second + source.offset)
    }
    return [...seconds]
      .sort((a, b) => a - b)
      .map(second => {
        const sum = this.#sumOf(second)
        return { second, canary: sum[versions.canary] ?? EMPTY_TALLY, stable: sum[versions.stable] ?? EMPTY_TALLY }
      })
  }

  #sumOf(second: number): Versions {
    const known = this.#sums.get(second)
    if (known) return known
    let sum: Versions = {}
    for (const source of this.#sources.values()) sum = addVersions(sum, source.bySecond.get(second - source.offset) ?? {})
    this.#sums.set(second, sum)
    return sum
  }

  #forget(before: number): void {
    for (const [name, source] of this.#sources) {
      for (const second of source.bySecond.keys()) if (second + source.offset < before) source.bySecond.delete(second)
      if (source.readUntil < before) this.#sources.delete(name)
    }
    for (const second of this.#sums.keys()) if (second < before) this.#sums.delete(second)
  }
}
