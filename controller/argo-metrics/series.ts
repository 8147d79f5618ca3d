/** Counters and histograms of single objects: noted only while the object is there, and gone with it. */
import type { KubeObject } from '../../api/kubernetes.ts'
import type { Informer } from '../../kube/informer.ts'

/** Where it is looked up whether an object is there; it counts as there as long as any of these caches has one of its name. */
export type Presence = readonly Pick<Informer<KubeObject>, 'get' | 'onChange'>[]

export type Series = {
  /** Calls `add`, and `remove` when the object is gone; neither when it is gone already. `id`: which series of the object it is. */
  readonly note: (namespace: string, name: string, id: string, add: () => void, remove: () => void) => void
}

export const keepSeries = (presence: Presence): Series => {
  const removals = new Map<string, Map<string, () => void>>()
  const isThere = (namespace: string, name: string) => presence.some(informer => informer.get(namespace, name) !== undefined)
  for (const informer of presence)
    informer.onChange((_, object, previous) => {
      if (object !== undefined || previous === undefined) return
      const { namespace = '', name } = previous.metadata
      if (isThere(namespace, name)) return
      const key = `${namespace}/${name}`
      for (const remove of removals.get(key)?.values() ?? []) remove()
      removals.delete(key)
    })
  return {
    note: (namespace, name, id, add, remove) => {
      if (!isThere(namespace, name)) return
      add()
      const key = `${namespace}/${name}`
      removals.set(key, (removals.get(key) ?? new Map<string, () => void>()).set(id, remove))
    },
  }
}
