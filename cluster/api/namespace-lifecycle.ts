/** A namespace that is being deleted loses its contents and then goes itself. */
import type { Api } from './api.ts'
import type { Deleting } from './cascade.ts'
import { NAMESPACE_STORAGE } from './rest/namespace-check.ts'
import { StaleObject, type Stored } from './store.ts'

const namespacedStorages = (api: Api): readonly string[] => [
  ...new Set(api.registry.all().flatMap(kind => (kind.namespaced ? [kind.storage] : []))),
]

const contentsOf = (api: Api, namespace: string): readonly { readonly storage: string; readonly object: Stored }[] =>
  namespacedStorages(api).flatMap(storage => api.store.list(storage, namespace).map(object => ({ storage, object })))

const empty = (api: Api, deleting: Deleting, name: string): void => {
  const namespace = api.store.get({ storage: NAMESPACE_STORAGE, name })
  if (!namespace?.metadata.deletionTimestamp) return
  const contents = contentsOf(api, name)
  for (const { storage, object } of contents)
    if (!object.metadata.deletionTimestamp) deleting.delete(storage, object, 'Background')
  if (contents.length > 0 || (namespace.metadata.finalizers ?? []).length > 0) return
  try {
    api.store.remove(NAMESPACE_STORAGE, namespace)
  } catch (error) {
    // Changed meanwhile: the change has its own event.
    if (!(error instanceof StaleObject)) throw error
  }
}

/** Follows the store from now on. */
export const followNamespaces = (api: Api, deleting: Deleting): void => {
  api.store.subscribeAll((storage, { type, object }) => {
    if (storage === NAMESPACE_STORAGE) {
      const { name } = object.metadata
      if (type === 'MODIFIED' && object.metadata.deletionTimestamp) setImmediate(() => empty(api, deleting, name))
      return
    }
    const { namespace } = object.metadata
    if (!namespace || !api.store.get({ storage: NAMESPACE_STORAGE, name: namespace })?.metadata.deletionTimestamp) return
    setImmediate(() => empty(api, deleting, namespace))
  })
}
