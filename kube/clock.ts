/** Time as everything in here gets it, so that a test can hold it. */

export type Timer = { readonly cancel: () => void }

export type Clock = {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly setTimeout: (callback: () => void, ms: number) => Timer
}

/** Node's own timers take 2^31-1 ms at most and fire at once, with a warning, when asked for more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

const startTimer = (callback: () => void, ms: number): Timer => {
  let handle: NodeJS.Timeout
  const arm = (left: number): void => {
    const part = Math.min(left, LONGEST_TIMER_MS)
    handle = setTimeout(() => (left > part ? arm(left - part) : callback()), part)
  }
  arm(Math.max(0, ms))
  return { cancel: () => clearTimeout(handle) }
}

export const systemClock: Clock = { now: () => Date.now(), setTimeout: startTimer }

/** Resolves after `ms`, or as soon as the signal is aborted; never rejects, so the caller looks at the signal afterwards. */
export const sleep = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const finish = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const timer = clock.setTimeout(finish, ms)
    signal?.addEventListener('abort', finish, { once: true })
  })
