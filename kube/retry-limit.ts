/** How long a failed key has to wait: longer with each failure of its own, and no more than so many retries a second over all keys. */
import type { Clock } from './clock.ts'

export type RetryLimit = {
  /** The wait before this key's next try, in milliseconds. Counts a failure. */
  readonly next: (key: string) => number
  /** The key succeeded: it starts from the shortest wait again. */
  readonly forget: (key: string) => void
  /** Failures since the last success. */
  readonly failures: (key: string) => number
}

export type RetryLimitOptions = {
  readonly clock: Clock
  readonly baseMs?: number
  readonly capMs?: number
  /** Retries a second over all keys, and how many may come at once after a calm time. */
  readonly perSecond?: number
  readonly burst?: number
}

/** A token bucket that lends: taking a token always succeeds, at the price of a wait. */
const makeBucket = (clock: Clock, perSecond: number, burst: number) => {
  let tokens = burst
  let filledAt = clock.now()
  return {
    take: (): number => {
      const now = clock.now()
      // A clock that was set back must not take tokens away.
      tokens = Math.min(burst, tokens + (Math.max(0, now - filledAt) / 1000) * perSecond)
      filledAt = now
      tokens -= 1
      return tokens >= 0 ? 0 : (-tokens / perSecond) * 1000
    },
  }
}

/** The defaults are those of client-go's DefaultControllerRateLimiter: 5 ms doubled up to 1000 s for a key, 10 a second and 100 at once for all. */
export const makeRetryLimit = (options: RetryLimitOptions): RetryLimit => {
  const { clock, baseMs = 5, capMs = 1_000_000, perSecond = 10, burst = 100 } = options
  const failures = new Map<string, number>()
  const bucket = makeBucket(clock, perSecond, burst)
  return {
    next: key => {
      const before = failures.get(key) ?? 0
      failures.set(key, before + 1)
      return Math.max(Math.min(capMs, baseMs * 2 ** Math.min(before, 60)), bucket.take())
    },
    forget: key => void failures.delete(key),
    failures: key => failures.get(key) ?? 0,
  }
}
