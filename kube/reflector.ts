/**
 * The loop of an informer: a list, then a watch from the list's version, for ever. However the connection fails, the store ends up equal to
 * what the server has. There is never more than one watch.
 */
import type { KubeObject } from '../api/kubernetes.ts'
import { type Backoff, makeBackoff } from './backoff.ts'
import type { WatchEvent } from './client.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import { isApiError, isGone, messageOf } from './errors.ts'
import { deepFreeze } from './freeze.ts'
import type { ChangeHandler, InformerOptions, InformerTiming } from './informer-types.ts'
import { listAll } from './list-all.ts'
import type { Logger } from './log.ts'
import { type Change, type IndexFunction, keyOf, makeObjectStore, type ObjectStore } from './object-store.ts'

const TIMING: InformerTiming = {
  backoffBaseMs: 800,
  backoffCapMs: 30_000,
  idleMs: 150_000,
  shortWatchMs: 1000,
  watchSeconds: 300,
  pageSize: 500,
}

/** A Retry-After longer than this is not believed. */
const LONGEST_RETRY_AFTER_MS = 300_000

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** Without what only writers of whole objects need: managedFields, and the whole object once more that `kubectl apply` keeps in an annotation. Together they are most of many an object. */
export const withoutBookkeeping = <T extends KubeObject>(object: T): T => {
  const { managedFields, annotations } = object.metadata
  const isApplied = annotations?.[LAST_APPLIED] !== undefined
  if (managedFields === undefined && !isApplied) return object
  const { managedFields: _, ...metadata } = object.metadata
  if (!isApplied) return { ...object, metadata }
  const { [LAST_APPLIED]: __, ...kept } = annotations
  return { ...object, metadata: { ...metadata, annotations: kept } }
}

export class Reflector<T extends KubeObject> {
  readonly store: ObjectStore<T>
  readonly handlers = new Set<ChangeHandler<T>>()
  readonly counts = { lists: 0, watches: 0, events: 0, failures: 0, gone: 0 }
  readonly stopping = new AbortController()
  readonly firstList = Promise.withResolvers<void>()
  hasSynced = false
  lastDataAt: number
  /** Where the next watch goes on; undefined when a list is needed first. */
  #version: string | undefined
  readonly #options: InformerOptions<T>
  readonly #timing: InformerTiming
  readonly #clock: Clock
  readonly #random: () => number
  readonly #transform: (object: T, previous: T | undefined) => T
  readonly #backoff: Backoff
  readonly #log: Logger

  constructor(options: InformerOptions<T>) {
    this.#options = options
    this.#timing = { ...TIMING, ...options.timing }
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#transform = options.transform ?? (object => object)
    this.#backoff = makeBackoff({ baseMs: this.#timing.backoffBaseMs, capMs: this.#timing.backoffCapMs, random: this.#random })
    this.#log = options.log.with({ informer: options.resource.plural })
    this.store = makeObjectStore(this.#guarded(options.indexes ?? {}))
    this.lastDataAt = this.#clock.now()
    // Nobody may be waiting for it when it is rejected by a stop.
    this.firstList.promise.catch(() => {})
  }

  ageMs(): number {
    return this.#clock.now() - this.lastDataAt
  }

  /** Never rejects; ends only by a stop. */
  async run(): Promise<void> {
    while (!this.#isStopped()) {
      const waitMs = this.#version === undefined ? await this.#list() : await this.#watch(this.#version)
      if (waitMs > 0 && !this.#isStopped()) await sleep(this.#clock, waitMs, this.stopping.signal)
    }
    this.firstList.reject(new Error(`informer of ${this.#options.resource.plural} was stopped before its first list`))
  }

  notify(handler: ChangeHandler<T>, change: Change<T>): void {
    try {
      handler(change.key, change.object, change.previous)
    } catch (error) {
      this.#log.error('a change handler threw', { key: change.key, error })
    }
  }

  #isStopped(): boolean {
    return this.stopping.signal.aborted
  }

  #selection() {
    const { namespace, labelSelector, fieldSelector } = this.#options
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      signal: this.stopping.signal,
    }
  }

  /** An object that nobody thought of must not stop the informer: it is kept whole, and found under no value of that index. */
  #takeIn(object: T): T {
    const lean = withoutBookkeeping(object)
    const known = this.store.get(keyOf(object))
    try {
      return deepFreeze(this.#transform(lean, known?.metadata.uid === object.metadata.uid ? known : undefined))
    } catch (error) {
      this.#log.error('the transform threw; the object is kept as it came', { key: keyOf(object), error })
      return deepFreeze(lean)
    }
  }

  #guarded(indexes: { readonly [name: string]: IndexFunction<T> }): { readonly [name: string]: IndexFunction<T> } {
    const guard =
      (index: string, values: IndexFunction<T>): IndexFunction<T> =>
      object => {
        try {
          return values(object)
        } catch (error) {
          this.#log.error('an index function threw', { index, key: keyOf(object), error })
          return []
        }
      }
    return Object.fromEntries(Object.entries(indexes).map(([index, values]) => [index, guard(index, values)]))
  }

  #announce(changes: readonly Change<T>[]): void {
    for (const change of changes) for (const handler of this.handlers) this.notify(handler, change)
  }

  /** Lists and takes the result over; answers how long to wait before the next try. */
  async #list(): Promise<number> {
    try {
      const { client, resource } = this.#options
      const list = await listAll<T>(client, resource, { ...this.#selection(), limit: this.#timing.pageSize })
      if (this.#isStopped()) return 0
      const changes = this.store.replace(list.items.map(item => this.#takeIn(item)))
      this.counts.lists += 1
      this.lastDataAt = this.#clock.now()
      this.#version = list.metadata.resourceVersion
      this.#announce(changes)
      this.hasSynced = true
      this.firstList.resolve()
      return 0
    } catch (error) {
      return this.#afterFailure('list', error)
    }
  }

  /** Runs one watch to its end, whatever that is; answers how long to wait before the next try. */
  async #watch(version: string): Promise<number> {
    const startedAt = this.#clock.now()
    const eventsBefore = this.counts.events
    const { client, resource } = this.#options
    this.counts.watches += 1
    try {
      const timeoutSeconds = Math.ceil(this.#timing.watchSeconds * (1 + this.#random()))
      const options = { ...this.#selection(), resourceVersion: version, timeoutSeconds, idleMs: this.#timing.idleMs }
      for await (const event of client.watch<T>(resource, options)) {
        if (this.#isStopped()) return 0
        this.#takeEvent(event)
      }
    } catch (error) {
      this.#calmAfter(startedAt)
      return this.#afterFailure('watch', error)
    }
    this.#calmAfter(startedAt)
    const wasShort = this.#clock.now() - startedAt < this.#timing.shortWatchMs
    if (!wasShort || this.#isStopped()) return 0
    if (this.counts.events === eventsBefore) this.counts.failures += 1
    return this.#backoff.next()
  }

  /** A watch that held for long shows that the server is well, even if there was nothing to say. */
  #calmAfter(startedAt: number): void {
    if (this.#clock.now() - startedAt >= this.#timing.backoffCapMs) this.#backoff.reset()
  }

  #takeEvent(event: WatchEvent<T>): void {
    this.counts.events += 1
    this.lastDataAt = this.#clock.now()
    this.#backoff.reset()
    const version = event.object.metadata.resourceVersion
    if (event.type !== 'BOOKMARK') {
      const object = this.#takeIn(event.object)
      this.#announce(event.type === 'DELETED' ? this.store.remove(object) : this.store.put(object))
    }
    if (version !== undefined && version !== '') this.#version = version
  }

  #afterFailure(what: 'list' | 'watch', error: unknown): number {
    if (this.#isStopped()) return 0
    if (isGone(error)) {
      this.counts.gone += 1
      this.#version = undefined
      // The first time a list is the cure and need not wait; a server that goes on answering Gone must not be asked in a tight loop.
      const isFirst = this.#backoff.failures() === 0
      const waitMs = this.#backoff.next()
      this.#log.info('the server no longer knows the version; listing again', { what, waitMs: isFirst ? 0 : waitMs })
      return isFirst ? 0 : waitMs
    }
    this.counts.failures += 1
    const asked = isApiError(error) ? Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS) : 0
    const waitMs = Math.max(this.#backoff.next(), asked)
    this.#log.warn(`${what} failed; trying again`, {
      waitMs: Math.round(waitMs),
      failures: this.#backoff.failures(),
      error: messageOf(error),
    })
    return waitMs
  }
}
