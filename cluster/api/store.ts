/** All objects in memory, one revision counter over everything, and a short history of each resource for watches. */
import type { KubeObject } from '../../api/kubernetes.ts'
import type { JsonObject } from './json.ts'

/** An object as it is kept; never changed in place. */
export type Stored = KubeObject & JsonObject

export type StoreEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly revision: number
  readonly object: Stored
  readonly previous?: Stored
}

export type StoreKey = { readonly storage: string; readonly namespace?: string | undefined; readonly name: string }

type Bucket = {
  readonly objects: Map<string, Stored>
  readonly events: StoreEvent[]
  /** The revision of the newest event that was dropped from `events`. */
  forgotten: number
  readonly listeners: Set<(event: StoreEvent) => void>
}

export type StoreOptions = {
  /** Events kept for each resource; a watch from an older revision gets 410. */
  readonly historyLimit: number
}

const objectKey = (namespace: string | undefined, name: string) => `${namespace ?? ''}/${name}`

/** Thrown by `replace` and `remove` when the object is no longer the expected one. */
export class StaleObject extends Error {}

export class Store {
  #revision = 1
  readonly #historyLimit: number
  readonly #buckets = new Map<string, Bucket>()
  readonly #anyListeners = new Set<(storage: string, event: StoreEvent) => void>()

  constructor({ historyLimit }: StoreOptions) {
    this.#historyLimit = historyLimit
  }

  get revision(): number {
    return this.#revision
  }

  #bucket(storage: string): Bucket {
    const known = this.#buckets.get(storage)
    if (known) return known
    const made: Bucket = { objects: new Map(), events: [], forgotten: 0, listeners: new Set() }
    this.#buckets.set(storage, made)
    return made
  }

  get({ storage, namespace, name }: StoreKey): Stored | undefined {
    return this.#bucket(storage).objects.get(objectKey(namespace, name))
  }

  /** The objects of a resource (of one namespace when given), ordered by namespace and name. */
  list(storage: string, namespace?: string): readonly Stored[] {
    const { objects } = this.#bucket(storage)
    const keys = [...objects.keys()].filter(key => !namespace || key.startsWith(`${namespace}/`)).sort()
    return keys.map(key => objects.get(key)!)
  }

  /** Every resource that has or had objects. */
  storages(): readonly string[] {
    return [...this.#buckets.keys()]
  }

  /** Adds a new object; the caller has checked that there is none of its name. */
  insert(storage: string, object: Stored): Stored {
    return this.#write(storage, 'ADDED', object)
  }

  /** Puts `object` in the place of `expected`; throws StaleObject when another write came first. */
  replace(storage: string, expected: Stored, object: Stored): Stored {
    this.#mustBeCurrent(storage, expected)
    return this.#write(storage, 'MODIFIED', object, expected)
  }

  /** Takes `expected` away; the event carries `last` (by default the object as it was) with the revision of the deletion. */
  remove(storage: string, expected: Stored, last: Stored = expected): Stored {
    this.#mustBeCurrent(storage, expected)
    return this.#write(storage, 'DELETED', last, expected)
  }

  #mustBeCurrent(storage: string, expected: Stored): void {
    const { namespace, name } = expected.metadata
    if (this.#bucket(storage).objects.get(objectKey(namespace, name)) !== expected) throw new StaleObject(name)
  }

  #write(storage: string, type: StoreEvent['type'], object: Stored, previous?: Stored): Stored {
    const bucket = this.#bucket(storage)
    this.#revision += 1
    const stored: Stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } }
    const key = objectKey(stored.metadata.namespace, stored.metadata.name)
    if (type === 'DELETED') bucket.objects.delete(key)
    else bucket.objects.set(key, stored)
    const event: StoreEvent = { type, revision: this.#revision, object: stored, ...(previous ? { previous } : {}) }
    bucket.events.push(event)
    if (bucket.events.length > this.#historyLimit) this.#forget(bucket, bucket.events.length - this.#historyLimit)
    for (const listener of [...bucket.listeners]) listener(event)
    for (const listener of [...this.#anyListeners]) listener(storage, event)
    return stored
  }

  #forget(bucket: Bucket, count: number): void {
    const dropped = bucket.events.splice(0, count)
    bucket.forgotten = dropped.at(-1)?.revision ?? bucket.forgotten
  }

  /** What happened to a resource after a revision, or 'expired' when that is no longer known. */
  eventsAfter(storage: string, revision: number): readonly StoreEvent[] | 'expired' {
    const bucket = this.#bucket(storage)
    if (revision < bucket.forgotten) return 'expired'
    return bucket.events.filter(event => event.revision > revision)
  }

  /** Calls back on every later event of a resource; returns the function that ends this. */
  subscribe(storage: string, listener: (event: StoreEvent) => void): () => void {
    const { listeners } = this.#bucket(storage)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** As subscribe, for all resources. */
  subscribeAll(listener: (storage: string, event: StoreEvent) => void): () => void {
    this.#anyListeners.add(listener)
    return () => this.#anyListeners.delete(listener)
  }

  /** Forgets all history, as a compaction does: every watch from an earlier revision gets 410. */
  compact(): void {
    this.#revision += 1
    for (const bucket of this.#buckets.values()) {
      bucket.events.length = 0
      bucket.forgotten = this.#revision
    }
  }
}
