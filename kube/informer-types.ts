/** What an informer is given and what it offers; see informer.ts. */
import type { KubeObject } from '../api/kubernetes.ts'
import type { KubeClient, Resource } from './client.ts'
import type { Clock } from './clock.ts'
import type { Logger } from './log.ts'
import type { IndexFunction } from './object-store.ts'

/** `object` is undefined when it is gone, `previous` when it is new. A delete and a new object of the same name are two calls. */
export type ChangeHandler<T> = (key: string, object: T | undefined, previous: T | undefined) => void

export type InformerStats = {
  /** Whole lists that were taken over. */
  readonly lists: number
  /** Watches that were asked for. */
  readonly watches: number
  readonly events: number
  /** Lists and watches that ended in an error or at once. */
  readonly failures: number
  /** How often the server no longer knew the version to go on from. */
  readonly gone: number
  readonly objects: number
}

export type Informer<T extends KubeObject> = {
  readonly resource: Resource
  /** Namespace `''` or undefined for what has none. Objects are frozen: they are shared. */
  readonly get: (namespace: string | undefined, name: string) => T | undefined
  readonly list: () => readonly T[]
  /** By an index of the options; throws TypeError for one that is not there. */
  readonly by: (index: string, value: string) => readonly T[]
  /** Also called, at once, for what is here already. Errors that a handler throws are logged. The answer unsubscribes. */
  readonly onChange: (handler: ChangeHandler<T>) => () => void
  /** The first list was taken over. */
  readonly hasSynced: () => boolean
  /** Resolves when the first list was taken over; rejects when the signal is aborted or the informer stopped before. */
  readonly synced: (signal?: AbortSignal) => Promise<void>
  /** Milliseconds since the server last said anything (list, event or bookmark), or since the start. */
  readonly lastEventAgeMs: () => number
  readonly stats: () => InformerStats
  /** Resolves when nothing runs any more. */
  readonly stop: () => Promise<void>
}

export type InformerTiming = {
  readonly backoffBaseMs: number
  readonly backoffCapMs: number
  /** A watch on which nothing arrives for so long is given up. Bookmarks come about once a minute. */
  readonly idleMs: number
  /** A watch that ends sooner without an event counts as a failure. */
  readonly shortWatchMs: number
  /** Watches end after a random time between once and twice this. */
  readonly watchSeconds: number
  readonly pageSize: number
}

export type InformerOptions<T extends KubeObject> = {
  readonly client: KubeClient
  readonly resource: Resource
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** What to keep of an object, given what is kept of its version before, parts of which may be kept on; it must keep apiVersion, kind and metadata's name, namespace, uid and resourceVersion. managedFields and what `kubectl apply` notes are gone already. Default: all the rest. */
  readonly transform?: (object: T, previous: T | undefined) => T
  /** Pure functions of an object. */
  readonly indexes?: { readonly [name: string]: IndexFunction<T> }
  readonly log: Logger
  readonly clock?: Clock
  readonly random?: () => number
  readonly timing?: Partial<InformerTiming>
}
