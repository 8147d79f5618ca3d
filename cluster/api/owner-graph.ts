/** Who owns whom, by uid; kept up to date from the events of the store. */
import type { OwnerReference } from '../../api/kubernetes.ts'
import type { Stored, StoreEvent, StoreKey } from './store.ts'

const keyText = ({ storage, namespace, name }: StoreKey) => `${storage} ${namespace ?? ''}/${name}`

export const keyOfStored = (storage: string, object: Stored): StoreKey => ({
  storage,
  namespace: object.metadata.namespace,
  name: object.metadata.name,
})

export class OwnerGraph {
  readonly #dependents = new Map<string, Map<string, StoreKey>>()

  #add(owner: OwnerReference, key: StoreKey): void {
    const known = this.#dependents.get(owner.uid) ?? new Map<string, StoreKey>()
    known.set(keyText(key), key)
    this.#dependents.set(owner.uid, known)
  }

  #remove(owner: OwnerReference, key: StoreKey): void {
    const known = this.#dependents.get(owner.uid)
    known?.delete(keyText(key))
    if (known?.size === 0) this.#dependents.delete(owner.uid)
  }

  observe(storage: string, event: StoreEvent): void {
    const key = keyOfStored(storage, event.object)
    for (const owner of event.previous?.metadata.ownerReferences ?? []) this.#remove(owner, key)
    if (event.type !== 'DELETED') for (const owner of event.object.metadata.ownerReferences ?? []) this.#add(owner, key)
  }

  /** The objects that name this uid as an owner. */
  dependentsOf(uid: string | undefined): readonly StoreKey[] {
    return uid ? [...(this.#dependents.get(uid)?.values() ?? [])] : []
  }
}
