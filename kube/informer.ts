/** Keeps a copy of a collection of the API server in memory, with indexes, and tells what changes. The loop behind it is in reflector.ts. */
import type { KubeObject } from '../api/kubernetes.ts'
import { abortable } from './abortable.ts'
import type { Informer, InformerOptions } from './informer-types.ts'
import { keyOf, objectKey } from './object-store.ts'
import { Reflector } from './reflector.ts'

export type { ChangeHandler, Informer, InformerOptions, InformerStats, InformerTiming } from './informer-types.ts'
export { withoutBookkeeping } from './reflector.ts'

/** Starts at once; see Informer. */
export const startInformer = <T extends KubeObject>(options: InformerOptions<T>): Informer<T> => {
  const reflector = new Reflector(options)
  const { store, handlers, stopping } = reflector
  const running = reflector.run()
  return {
    resource: options.resource,
    get: (namespace, name) => store.get(objectKey(namespace, name)),
    list: store.list,
    by: store.by,
    onChange: handler => {
      handlers.add(handler)
      for (const object of store.list()) reflector.notify(handler, { key: keyOf(object), object })
      return () => handlers.delete(handler)
    },
    hasSynced: () => reflector.hasSynced,
    synced: signal => (signal ? abortable(reflector.firstList.promise, signal) : reflector.firstList.promise),
    lastEventAgeMs: () => reflector.ageMs(),
    stats: () => ({ ...reflector.counts, objects: store.size() }),
    stop: () => {
      stopping.abort()
      return running
    },
  }
}

/** Of a kind that this process does not look at: there is nothing, and never will be. */
export const emptyInformer = <T extends KubeObject>(resource: InformerOptions<T>['resource']): Informer<T> => ({
  resource,
  get: () => undefined,
  list: () => [],
  by: () => [],
  onChange: () => () => undefined,
  hasSynced: () => true,
  synced: () => Promise.resolve(),
  lastEventAgeMs: () => 0,
  stats: () => ({ lists: 0, watches: 0, events: 0, failures: 0, gone: 0, objects: 0 }),
  stop: () => Promise.resolve(),
})
