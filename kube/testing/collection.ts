/** A collection of ConfigMaps and its past, as an API server keeps it: versions, changes since a version, pages of a snapshot. */
import type { KubeObject } from '../../api/kubernetes.ts'

export type Item = KubeObject & { readonly data: { readonly value: string } }

export type Change = { readonly version: number; readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Item }

export const makeCollection = () => {
  let version = 100
  let oldest = version
  let uid = 0
  const objects = new Map<string, Item>()
  const changes: Change[] = []
  const snapshots = new Map<string, readonly Item[]>()
  const record = (type: Change['type'], object: Item): Change => {
    const change = { version, type, object }
    changes.push(change)
    return change
  }
  return {
    objects,
    version: () => version,
    put: (name: string, value: string): Change => {
      const old = objects.get(name)
      version += 1
      if (!old) uid += 1
      const metadata = { name, namespace: 'shop', uid: old?.metadata.uid ?? `uid-${uid}`, resourceVersion: String(version) }
      const object: Item = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { ...metadata, managedFields: ['x'] },
        data: { value },
      }
      objects.set(name, object)
      return record(old ? 'MODIFIED' : 'ADDED', object)
    },
    remove: (name: string): Change | undefined => {
      const old = objects.get(name)
      if (!old) return undefined
      version += 1
      objects.delete(name)
      return record('DELETED', { ...old, metadata: { ...old.metadata, resourceVersion: String(version) } })
    },
    compact: () => {
      version += 1
      oldest = version
      changes.length = 0
      snapshots.clear()
    },
    since: (from: number): readonly Change[] | undefined =>
      from < oldest ? undefined : changes.filter(change => change.version > from),
    page: (limit: number, token: string | null): { items: readonly Item[]; version: string; next?: string } | undefined => {
      const [at = String(version), offset = '0'] = token?.split(':') ?? []
      const items = token ? snapshots.get(at) : [...objects.values()]
      if (!items) return undefined
      const end = Number(offset) + limit
      if (end >= items.length) return { items: items.slice(Number(offset)), version: at }
      snapshots.set(at, items)
      return { items: items.slice(Number(offset), end), version: at, next: `${at}:${end}` }
    },
  }
}

export type Collection = ReturnType<typeof makeCollection>
