/** Changes that the server itself makes to metadata: finalizers and owners, without admission, straight in the store. */
import type { Api } from './api.ts'
import { type Draft, draftOf, ensureChild } from './json.ts'
import { mayGo } from './rest/update.ts'
import { StaleObject, type Stored } from './store.ts'

/** Replaces a list of an object's metadata, an empty one by nothing; the object goes when nothing holds it any more. False when it was changed meanwhile. */
export const setMetadataList = (
  api: Api,
  storage: string,
  object: Stored,
  field: 'finalizers' | 'ownerReferences',
  list: readonly unknown[],
): boolean => {
  const draft: Draft = draftOf(object)
  const metadata = ensureChild(draft, 'metadata')
  if (list.length > 0) metadata[field] = [...list]
  else delete metadata[field]
  const next = draft as unknown as Stored
  try {
    if (mayGo(next)) api.store.remove(storage, object, next)
    else api.store.replace(storage, object, next)
    return true
  } catch (error) {
    if (error instanceof StaleObject) return false
    throw error
  }
}

export const withoutFinalizer = (object: Stored, finalizer: string): readonly string[] =>
  (object.metadata.finalizers ?? []).filter(one => one !== finalizer)
