/** An API server in memory behind the KubeClient interface: lists, watches, writes, and outages when told. */
import type { KubeObject } from '../../api/kubernetes.ts'
import type { KubeClient, Resource, WatchEvent, WatchOptions } from '../../kube/client.ts'
import { ApiError } from '../../kube/errors.ts'

export type Write = { readonly verb: 'create' | 'patch' | 'delete'; readonly plural: string; readonly key: string }

export type FakeApi = {
  readonly client: KubeClient
  /** Creates or replaces, as somebody else would. */
  readonly put: (resource: Resource, object: KubeObject) => void
  readonly remove: (resource: Resource, namespace: string, name: string) => void
  readonly objects: <T extends KubeObject>(resource: Resource) => readonly T[]
  /** Writes made through the client, oldest first. */
  readonly writes: Write[]
  /** False: every call fails and every watch breaks off until it is true again. */
  readonly setUp: (isUp: boolean) => void
}

type Watcher = { readonly plural: string; readonly send: (event: WatchEvent<KubeObject> | Error) => void }

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`

/** `a=b,c` as the API reads it, equality and existence only. */
const selects = (selector: string | undefined, { metadata }: KubeObject): boolean =>
  (selector ?? '').split(',').every(term => {
    if (term === '') return true
    const [key = '', value] = term.split('=')
    return value === undefined ? metadata.labels?.[key] !== undefined : metadata.labels?.[key] === value
  })

/** RFC 7386. */
const merged = (before: unknown, patch: unknown): unknown => {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: { [key: string]: unknown } =
    typeof before === 'object' && before !== null && !Array.isArray(before) ? { ...before } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merged(result[key], value)
  }
  return result
}

const isIn = (namespace: string | undefined, { metadata }: KubeObject): boolean => !namespace || metadata.namespace === namespace

/** What happened in the past is not kept: a watch from before the last change of its collection must list again. */
const isStale = (objects: ReadonlyMap<string, KubeObject>, from: string, version: number): boolean =>
  Number(from) < version &&
  (objects.size === 0 || [...objects.values()].some(({ metadata }) => Number(metadata.resourceVersion) > Number(from)))

const makeEvents = () => {
  const queue: (WatchEvent<KubeObject> | Error)[] = []
  let wake = (): void => {}
  const read = async function* () {
    for (;;) {
      const event = queue.shift()
      if (event instanceof Error) throw event
      if (event === undefined) await new Promise<void>(resolve => (wake = resolve))
      else yield event
    }
  }
  const send = (event: WatchEvent<KubeObject> | Error): void => {
    queue.push(event)
    wake()
  }
  return { events: read(), send }
}

const refusal = (status: number, reason: string) => new ApiError({ status, reason, message: reason })

export const makeFakeApi = (): FakeApi => {
  const store = new Map<string, Map<string, KubeObject>>()
  const watchers = new Set<Watcher>()
  const writes: Write[] = []
  let version = 1
  let isUp = true

  const collection = ({ plural }: Resource): Map<string, KubeObject> => {
    const found = store.get(plural) ?? new Map<string, KubeObject>()
    store.set(plural, found)
    return found
  }
  const notify = (resource: Resource, type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void => {
    for (const { plural, send } of watchers) if (plural === resource.plural) send({ type, object })
  }
  const put = (resource: Resource, object: KubeObject): KubeObject => {
    version += 1
    const key = keyOf(object)
    const before = collection(resource).get(key)
    const uid = before?.metadata.uid ?? object.metadata.uid ?? `uid-${version}`
    const stored: KubeObject = {
      ...structuredClone(object),
      metadata: { ...object.metadata, uid, resourceVersion: String(version) },
    }
    collection(resource).set(key, stored)
    notify(resource, before ? 'MODIFIED' : 'ADDED', stored)
    return stored
  }
  const remove = (resource: Resource, namespace: string, name: string): boolean => {
    const key = `${namespace}/${name}`
    const before = collection(resource).get(key)
    if (!before) return false
    version += 1
    collection(resource).delete(key)
    notify(resource, 'DELETED', { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } })
    return true
  }
  const check = async (): Promise<void> => {
    await new Promise(resolve => setImmediate(resolve))
    if (!isUp) throw new Error('connect ECONNREFUSED')
  }
  const note = (verb: Write['verb'], { plural }: Resource, key: string) => void writes.push({ verb, plural, key })
  const find = (resource: Resource, ref: { readonly namespace?: string; readonly name: string }): KubeObject => {
    const found = collection(resource).get(`${ref.namespace ?? ''}/${ref.name}`)
    if (!found) throw refusal(404, 'NotFound')
    return found
  }
  const client: KubeClient = {
    get: async <T extends KubeObject>(resource: Resource, ref: { readonly namespace?: string; readonly name: string }) => {
      await check()
      return structuredClone(find(resource, ref)) as T
    },
    list: async <T extends KubeObject>(
      resource: Resource,
      options: { readonly labelSelector?: string; readonly namespace?: string } = {},
    ) => {
      await check()
      const items = [...collection(resource).values()].filter(
        object =>
          selects(options.labelSelector, object) && (!options.namespace || object.metadata.namespace === options.namespace),
      )
      return {
        metadata: { resourceVersion: String(version) },
        items: structuredClone(items) as readonly KubeObject[] as readonly T[],
      }
    },
    create: async <T extends KubeObject>(resource: Resource, object: T) => {
      await check()
      if (collection(resource).has(keyOf(object))) throw refusal(409, 'AlreadyExists')
      note('create', resource, keyOf(object))
      return put(resource, object) as T
    },
    patch: async <T extends KubeObject>(
      resource: Resource,
      ref: { readonly namespace?: string; readonly name: string },
      _type: string,
      body: unknown,
    ) => {
      await check()
      const before = find(resource, ref)
      const wanted: unknown = Reflect.get(
        (Reflect.get(body as object, 'metadata') as object | undefined) ?? {},
        'resourceVersion',
      )
      if (wanted !== undefined && wanted !== before.metadata.resourceVersion) throw refusal(409, 'Conflict')
      note('patch', resource, keyOf(before))
      return put(resource, merged(before, body) as KubeObject) as T
    },
    delete: async (resource, ref) => {
      await check()
      if (!remove(resource, ref.namespace ?? '', ref.name)) throw refusal(404, 'NotFound')
      note('delete', resource, `${ref.namespace ?? ''}/${ref.name}`)
    },
    watch: async function* <T extends KubeObject>(resource: Resource, options: WatchOptions) {
      if (!isUp) throw new Error('connect ECONNREFUSED')
      if (isStale(collection(resource), options.resourceVersion, version)) throw refusal(410, 'Expired')
      const { events, send } = makeEvents()
      const watcher: Watcher = { plural: resource.plural, send }
      const abort = () => send(new Error('aborted'))
      watchers.add(watcher)
      options.signal.addEventListener('abort', abort)
      try {
        for await (const event of events) {
          if (selects(options.labelSelector, event.object) && isIn(options.namespace, event.object)) yield event as WatchEvent<T>
        }
      } finally {
        watchers.delete(watcher)
        options.signal.removeEventListener('abort', abort)
      }
    },
    raw: async () => ({}),
  }
  return {
    client,
    put: (resource, object) => void put(resource, object),
    remove: (resource, namespace, name) => void remove(resource, namespace, name),
    objects: <T extends KubeObject>(resource: Resource) =>
      [...collection(resource).values()] as readonly KubeObject[] as readonly T[],
    writes,
    setUp: up => {
      isUp = up
      if (!up) for (const { send } of [...watchers]) send(new Error('read ECONNRESET'))
    },
  }
}
