/** The objects of an informer by key and by index. Knows no network and no time. */
import type { KubeObject } from '../api/kubernetes.ts'

/** `namespace/name`, or `name` for what has no namespace. */
export const keyOf = (object: KubeObject): string => objectKey(object.metadata.namespace, object.metadata.name)

export const objectKey = (namespace: string | undefined, name: string): string => (namespace ? `${namespace}/${name}` : name)

/** The reverse of objectKey. */
export const splitKey = (key: string): { readonly namespace?: string; readonly name: string } => {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** The values under which an object is found, e.g. the uids of its owners. */
export type IndexFunction<T> = (object: T) => readonly string[]

/** One change: `object` is absent when it is gone, `previous` when it is new. */
export type Change<T> = { readonly key: string; readonly object?: T; readonly previous?: T }

export type ObjectStore<T extends KubeObject> = {
  readonly get: (key: string) => T | undefined
  readonly list: () => readonly T[]
  readonly by: (index: string, value: string) => readonly T[]
  readonly size: () => number
  /** Takes an object as it is now; no change when that version is already here, two (gone, new) when it is another object of the same name. */
  readonly put: (object: T) => readonly Change<T>[]
  /** Takes the news that an object is gone; none when what is here is another object of the same name. */
  readonly remove: (object: T) => readonly Change<T>[]
  /** Takes the whole of what exists. */
  readonly replace: (objects: readonly T[]) => readonly Change<T>[]
}

/** Both uids are known and differ: an object that was deleted and made again. */
const isAnother = (a: KubeObject, b: KubeObject): boolean =>
  a.metadata.uid !== undefined && b.metadata.uid !== undefined && a.metadata.uid !== b.metadata.uid

const isSameVersion = (a: KubeObject, b: KubeObject): boolean =>
  a.metadata.resourceVersion !== undefined && a.metadata.resourceVersion === b.metadata.resourceVersion

const makeIndexes = <T extends KubeObject>(functions: { readonly [name: string]: IndexFunction<T> }) => {
  const indexes = new Map(
    Object.entries(functions).map(([name, values]) => [name, { values, keys: new Map<string, Set<string>>() }]),
  )
  return {
    keys: (name: string, value: string): ReadonlySet<string> => {
      const index = indexes.get(name)
      if (!index) throw new TypeError(`no index "${name}"; there are: ${[...indexes.keys()].join(', ') || 'none'}`)
      return index.keys.get(value) ?? new Set()
    },
    add: (key: string, object: T): void => {
      for (const { values, keys } of indexes.values())
        for (const value of values(object)) {
          const set = keys.get(value)
          if (set) set.add(key)
          else keys.set(value, new Set([key]))
        }
    },
    remove: (key: string, object: T): void => {
      for (const { values, keys } of indexes.values())
        for (const value of values(object)) {
          const set = keys.get(value)
          set?.delete(key)
          if (set?.size === 0) keys.delete(value)
        }
    },
  }
}

/** Index functions must be pure: they are called again with the old object to take it out. */
export const makeObjectStore = <T extends KubeObject>(
  functions: { readonly [name: string]: IndexFunction<T> } = {},
): ObjectStore<T> => {
  const objects = new Map<string, T>()
  const indexes = makeIndexes(functions)

  const drop = (key: string, object: T): Change<T> => {
    indexes.remove(key, object)
    objects.delete(key)
    return { key, previous: object }
  }
  const keep = (key: string, object: T): void => {
    indexes.add(key, object)
    objects.set(key, object)
  }
  const put = (object: T): readonly Change<T>[] => {
    const key = keyOf(object)
    const previous = objects.get(key)
    if (!previous) {
      keep(key, object)
      return [{ key, object }]
    }
    if (isAnother(previous, object)) {
      const gone = drop(key, previous)
      keep(key, object)
      return [gone, { key, object }]
    }
    if (isSameVersion(previous, object)) return []
    indexes.remove(key, previous)
    keep(key, object)
    return [{ key, object, previous }]
  }
  return {
    get: key => objects.get(key),
    list: () => [...objects.values()],
    by: (index, value) => [...indexes.keys(index, value)].flatMap(key => objects.get(key) ?? []),
    size: () => objects.size,
    put,
    remove: object => {
      const key = keyOf(object)
      const previous = objects.get(key)
      return previous && !isAnother(previous, object) ? [drop(key, previous)] : []
    },
    replace: next => {
      const keys = new Set(next.map(keyOf))
      const gone = [...objects].filter(([key]) => !keys.has(key)).map(([key, object]) => drop(key, object))
      return [...gone, ...next.flatMap(put)]
    },
  }
}
