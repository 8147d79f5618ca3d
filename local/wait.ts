/** Waiting with a sentence: what for, and what was last seen when it never came. */
import { setTimeout as sleep } from 'node:timers/promises'

export type Wait = {
  /** Completes "waited 120 s for …". */
  readonly what: string
  readonly timeoutMs?: number
  readonly everyMs?: number
}

/** Asks until the answer is neither undefined nor false and returns it; an error of `ask` counts as not yet. Throws after the time-out. */
export const waitFor = async <T>(
  { what, timeoutMs = 120_000, everyMs = 100 }: Wait,
  ask: () => Promise<T | undefined | false>,
): Promise<T> => {
  const until = performance.now() + timeoutMs
  let last = ''
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
      last = ''
    } catch (error) {
      last = `: ${error instanceof Error ? error.message : String(error)}`
    }
    if (performance.now() >= until) throw new Error(`waited ${Math.round(timeoutMs / 1000)} s for ${what}${last}`)
    await sleep(everyMs)
  }
}
