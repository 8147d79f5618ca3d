/** Waiting longer after each failure. Pure but for the count it keeps. */

export type Backoff = {
  /** The next wait in milliseconds: `baseMs` doubled for each failure since the last reset, up to twice that by chance, at most `capMs`. */
  readonly next: () => number
  readonly reset: () => void
  readonly failures: () => number
}

export type BackoffOptions = { readonly baseMs: number; readonly capMs: number; readonly random: () => number }

export const makeBackoff = ({ baseMs, capMs, random }: BackoffOptions): Backoff => {
  let failures = 0
  return {
    next: () => {
      // 2^40 is beyond any cap; without the limit the power would become Infinity, and Infinity * 0 is not a number.
      const wait = Math.min(capMs, baseMs * 2 ** Math.min(failures, 40))
      failures += 1
      return Math.min(capMs, wait * (1 + random()))
    },
    reset: () => {
      failures = 0
    },
    failures: () => failures,
  }
}
