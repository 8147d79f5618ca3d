/**
 * A queue of keys with the semantics of client-go's: a key that is added many times is processed once; added while it is being processed,
 * once more afterwards; never by two workers at once; and none is lost.
 */
import { type Clock, systemClock, type Timer } from './clock.ts'
import { makeRetryLimit, type RetryLimit } from './retry-limit.ts'

/** What a queue tells about itself; see metrics.ts. Durations are in milliseconds. */
export type QueueMetrics = {
  readonly added: () => void
  readonly retried: () => void
  /** A worker took a key that had waited so long. */
  readonly taken: (waitedMs: number) => void
  readonly finished: (workedMs: number) => void
}

export type WorkQueue = {
  readonly add: (key: string) => void
  /** Adds after a time; of several for the same key the earliest counts. An `add` in between leaves it standing. */
  readonly addAfter: (key: string, ms: number) => void
  /** Adds after the wait that the key's failures ask for. */
  readonly addRateLimited: (key: string) => void
  /** The key succeeded; its failures no longer count. */
  readonly forget: (key: string) => void
  readonly failures: (key: string) => number
  /** The next key, waiting for one; undefined when the queue is shut down and empty. Each must be followed by `done`. */
  readonly take: () => Promise<string | undefined>
  readonly done: (key: string) => void
  /** Keys that wait to be taken; those with a time still to come are not among them. */
  readonly depth: () => number
  /** Since when each key that is being processed has been, in milliseconds since the epoch. */
  readonly processing: () => ReadonlyMap<string, number>
  /**
   * Takes no more keys, drops the ones with a time still to come, and resolves when what was there is done; with `dropWaiting`, when what is
   * being processed is done. The second is for who may write no longer.
   */
  readonly shutDown: (options?: { readonly dropWaiting?: boolean }) => Promise<void>
}

export type WorkQueueOptions = {
  readonly clock?: Clock
  readonly retryLimit?: RetryLimit
  readonly metrics?: QueueMetrics
}

type Delayed = { readonly at: number; readonly timer: Timer }

class KeyQueue {
  /** Keys that must be processed, with the time they were added; those being processed may be among them and then are not in `waiting`. */
  readonly dirty = new Map<string, number>()
  readonly processing = new Map<string, number>()
  readonly delayed = new Map<string, Delayed>()
  /** A Set keeps the order of insertion and takes from the front without moving the rest. */
  readonly waiting = new Set<string>()
  readonly takers: ((key: string | undefined) => void)[] = []
  readonly drained = Promise.withResolvers<void>()
  isShutDown = false
  readonly #clock: Clock
  readonly #metrics: QueueMetrics | undefined

  constructor(clock: Clock, metrics: QueueMetrics | undefined) {
    this.#clock = clock
    this.#metrics = metrics
  }

  add(key: string): void {
    if (this.isShutDown || this.dirty.has(key)) return
    this.#metrics?.added()
    this.dirty.set(key, this.#clock.now())
    if (!this.processing.has(key)) this.#offer(key)
  }

  addAfter(key: string, ms: number): void {
    if (this.isShutDown) return
    // Also for what is not a number: a time that makes no sense must not lose the key.
    if (!(ms > 0)) {
      this.add(key)
      return
    }
    const at = this.#clock.now() + ms
    const before = this.delayed.get(key)
    if (before && before.at <= at) return
    before?.timer.cancel()
    const timer = this.#clock.setTimeout(() => {
      this.delayed.delete(key)
      this.add(key)
    }, ms)
    this.delayed.set(key, { at, timer })
  }

  take(): Promise<string | undefined> {
    const [first] = this.waiting
    if (first !== undefined) {
      this.waiting.delete(first)
      return Promise.resolve(this.#start(first))
    }
    if (this.isShutDown) return Promise.resolve(undefined)
    return new Promise(resolve => this.takers.push(resolve))
  }

  done(key: string): void {
    const startedAt = this.processing.get(key)
    if (startedAt === undefined) return
    this.processing.delete(key)
    this.#metrics?.finished(this.#clock.now() - startedAt)
    if (this.dirty.has(key)) this.#offer(key)
    this.#checkDrained()
  }

  shutDown(dropWaiting: boolean): Promise<void> {
    this.isShutDown = true
    if (dropWaiting) {
      this.dirty.clear()
      this.waiting.clear()
    }
    for (const { timer } of this.delayed.values()) timer.cancel()
    this.delayed.clear()
    // Somebody waits only when nothing is waiting to be taken.
    for (const taker of this.takers.splice(0)) taker(undefined)
    this.#checkDrained()
    return this.drained.promise
  }

  #offer(key: string): void {
    const taker = this.takers.shift()
    if (taker) taker(this.#start(key))
    else this.waiting.add(key)
  }

  #start(key: string): string {
    const now = this.#clock.now()
    this.#metrics?.taken(now - (this.dirty.get(key) ?? now))
    this.dirty.delete(key)
    this.processing.set(key, now)
    return key
  }

  #checkDrained(): void {
    if (this.isShutDown && this.dirty.size === 0 && this.processing.size === 0) this.drained.resolve()
  }
}

export const makeWorkQueue = (options: WorkQueueOptions = {}): WorkQueue => {
  const { clock = systemClock, metrics } = options
  const retryLimit = options.retryLimit ?? makeRetryLimit({ clock })
  const queue = new KeyQueue(clock, metrics)
  return {
    add: key => queue.add(key),
    addAfter: (key, ms) => queue.addAfter(key, ms),
    addRateLimited: key => {
      metrics?.retried()
      queue.addAfter(key, retryLimit.next(key))
    },
    forget: retryLimit.forget,
    failures: retryLimit.failures,
    take: () => queue.take(),
    done: key => queue.done(key),
    depth: () => queue.waiting.size,
    processing: () => queue.processing,
    shutDown: (shutDownOptions = {}) => queue.shutDown(shutDownOptions.dropWaiting === true),
  }
}
