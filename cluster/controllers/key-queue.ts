/** Work by key: a key waits once, is worked on by one worker, and comes again when it was added meanwhile, failed or asked to be woken. */
import type { Clock, Timer } from '../../kube/clock.ts'
import { isConflict, messageOf } from '../../kube/errors.ts'
import type { Logger } from '../../kube/log.ts'

export type KeyQueue = {
  readonly add: (key: string) => void
  /** Resolves when nothing is worked on any more; nothing is started after the call. */
  readonly stop: () => Promise<void>
}

export type KeyQueueOptions = {
  /** Does the work for a key. May answer when to come again by itself, in milliseconds since the epoch. */
  readonly work: (key: string) => Promise<number | undefined>
  readonly log: Logger
  readonly clock: Clock
  readonly workers?: number
}

const FIRST_RETRY_MS = 5
const LONGEST_RETRY_MS = 10_000
const WORKERS = 8

/** A failed key comes again after 5 ms, doubling to 10 s; a conflict (409) is a stale view, and is not worth a line in the log. */
export function startKeyQueue({ work, log, clock, workers = WORKERS }: KeyQueueOptions): KeyQueue {
  const waiting = new Set<string>()
  const working = new Map<string, Promise<void>>()
  const failures = new Map<string, number>()
  const timers = new Map<string, { readonly at: number; readonly timer: Timer }>()
  let stopped = false

  const addAt = (key: string, at: number) => {
    const known = timers.get(key)
    if (stopped || (known && known.at <= at)) return
    known?.timer.cancel()
    const fire = () => {
      timers.delete(key)
      add(key)
    }
    timers.set(key, { at, timer: clock.setTimeout(fire, at - clock.now()) })
  }

  const run = async (key: string): Promise<void> => {
    try {
      const wakeAt = await work(key)
      failures.delete(key)
      if (wakeAt !== undefined) addAt(key, wakeAt)
    } catch (error) {
      const count = (failures.get(key) ?? 0) + 1
      failures.set(key, count)
      const level = isConflict(error) ? 'debug' : 'warn'
      if (!stopped) log[level]('will try again', { key, attempt: count, error: messageOf(error) })
      addAt(key, clock.now() + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (count - 1)))
    } finally {
      working.delete(key)
      next()
    }
  }

  const next = () => {
    for (const key of waiting) {
      if (stopped || working.size >= workers) return
      if (working.has(key)) continue
      waiting.delete(key)
      // On a turn of its own, so that a caller that adds many keys in a row is not held up.
      working.set(
        key,
        Promise.resolve().then(() => run(key)),
      )
    }
  }

  const add = (key: string) => {
    if (stopped) return
    waiting.add(key)
    next()
  }

  return {
    add,
    stop: async () => {
      stopped = true
      for (const { timer } of timers.values()) timer.cancel()
      timers.clear()
      await Promise.all(working.values())
    },
  }
}
