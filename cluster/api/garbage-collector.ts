/**
 * Deletes what has lost its owners, and carries out foreground and orphaning deletions, from the store's own events
 * (kubernetes: pkg/controller/garbagecollector). An owner of a kind that is not served counts as there.
 */
import type { OwnerReference } from '../../api/kubernetes.ts'
import type { Api } from './api.ts'
import type { Deleting } from './cascade.ts'
import { setMetadataList, withoutFinalizer } from './finalizers.ts'
import { keyOfStored, OwnerGraph } from './owner-graph.ts'
import { FOREGROUND, ORPHAN } from './rest/delete.ts'
import type { Stored, StoreEvent, StoreKey } from './store.ts'

type OwnerState = 'solid' | 'waiting' | 'absent'

const isDeleting = (object: Stored) => object.metadata.deletionTimestamp !== undefined

const holds = (object: Stored, finalizer: string) => isDeleting(object) && (object.metadata.finalizers ?? []).includes(finalizer)

class GarbageCollector {
  readonly #api: Api
  readonly #deleting: Deleting
  readonly #graph = new OwnerGraph()
  readonly #dirty = new Map<string, StoreKey>()
  #scheduled = false

  constructor(api: Api, deleting: Deleting) {
    this.#api = api
    this.#deleting = deleting
  }

  observe(storage: string, event: StoreEvent): void {
    this.#graph.observe(storage, event)
    const { object, previous } = event
    if (event.type === 'DELETED') for (const key of this.#graph.dependentsOf(object.metadata.uid)) this.#mark(key)
    else if (object.metadata.ownerReferences || isDeleting(object)) this.#mark(keyOfStored(storage, object))
    // An owner that waits for its dependents has one less to wait for.
    for (const owner of previous?.metadata.ownerReferences ?? []) this.#markOwner(object.metadata.namespace, owner)
  }

  #markOwner(namespace: string | undefined, owner: OwnerReference): void {
    const found = this.#find(namespace, owner)
    if (found !== 'unknown' && found) this.#mark(found.key)
  }

  #mark(key: StoreKey): void {
    this.#dirty.set(`${key.storage} ${key.namespace ?? ''}/${key.name}`, key)
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      const keys = [...this.#dirty.values()]
      this.#dirty.clear()
      for (const one of keys) this.#process(one)
    })
  }

  #find(
    namespace: string | undefined,
    owner: OwnerReference,
  ): { readonly key: StoreKey; readonly object: Stored } | undefined | 'unknown' {
    const kind = this.#api.registry.byKind(owner.apiVersion, owner.kind)
    // A cluster-wide object cannot be owned by one in a namespace.
    if (!kind || (kind.namespaced && !namespace)) return 'unknown'
    const key = { storage: kind.storage, namespace: kind.namespaced ? namespace : undefined, name: owner.name }
    const object = this.#api.store.get(key)
    return object && object.metadata.uid === owner.uid ? { key, object } : undefined
  }

  #stateOf(object: Stored, owner: OwnerReference): OwnerState {
    const found = this.#find(object.metadata.namespace, owner)
    if (found === 'unknown') return 'solid'
    if (!found) return 'absent'
    return holds(found.object, FOREGROUND) && owner.blockOwnerDeletion ? 'waiting' : 'solid'
  }

  #process(key: StoreKey): void {
    const object = this.#api.store.get(key)
    if (!object) return
    if (holds(object, ORPHAN)) this.#orphan(key, object)
    else if (holds(object, FOREGROUND)) this.#finishForeground(key, object)
    else if (!isDeleting(object)) this.#judge(key, object)
  }

  #dependents(object: Stored): readonly { readonly key: StoreKey; readonly object: Stored }[] {
    return this.#graph.dependentsOf(object.metadata.uid).flatMap(key => {
      const dependent = this.#api.store.get(key)
      return dependent ? [{ key, object: dependent }] : []
    })
  }

  #orphan(key: StoreKey, object: Stored): void {
    const done = this.#dependents(object).map(({ key: at, object: dependent }) => {
      const others = (dependent.metadata.ownerReferences ?? []).filter(owner => owner.uid !== object.metadata.uid)
      return setMetadataList(this.#api, at.storage, dependent, 'ownerReferences', others)
    })
    if (!done.every(Boolean) || !setMetadataList(this.#api, key.storage, object, 'finalizers', withoutFinalizer(object, ORPHAN)))
      this.#mark(key)
  }

  #finishForeground(key: StoreKey, object: Stored): void {
    const dependents = this.#dependents(object)
    const blocking = dependents.filter(({ object: dependent }) =>
      (dependent.metadata.ownerReferences ?? []).some(
        owner => owner.uid === object.metadata.uid && owner.blockOwnerDeletion === true,
      ),
    )
    if (blocking.length === 0) {
      if (!setMetadataList(this.#api, key.storage, object, 'finalizers', withoutFinalizer(object, FOREGROUND))) this.#mark(key)
      return
    }
    for (const dependent of dependents) this.#mark(dependent.key)
  }

  /** Deletes an object without a solid owner; takes the names of lost owners off one that has another. */
  #judge(key: StoreKey, object: Stored): void {
    const owners = (object.metadata.ownerReferences ?? []).map(owner => ({ owner, state: this.#stateOf(object, owner) }))
    const solid = owners.filter(({ state }) => state === 'solid')
    if (owners.length === 0 || solid.length === owners.length) return
    if (solid.length > 0) {
      const kept = solid.map(({ owner }) => owner)
      if (!setMetadataList(this.#api, key.storage, object, 'ownerReferences', kept)) this.#mark(key)
      return
    }
    const isWaitedFor = owners.some(({ state }) => state === 'waiting')
    const inForeground = isWaitedFor && this.#graph.dependentsOf(object.metadata.uid).length > 0
    this.#deleting.delete(key.storage, object, inForeground ? 'Foreground' : 'Background')
  }
}

/** Follows the store from now on. */
export const startGarbageCollector = (api: Api, deleting: Deleting): void => {
  const collector = new GarbageCollector(api, deleting)
  api.store.subscribeAll((storage, event) => collector.observe(storage, event))
}
