/** An API server in memory: a KubeClient whose objects a test puts there, and what the cluster does about writes. */
import fastJsonPatch from 'fast-json-patch'
import type { KubeObject } from '../../api/kubernetes.ts'
import { matchesSelector, parseSelector } from '../../api/selector.ts'
import type { KubeClient, Resource } from '../../kube/client.ts'
import { ApiError } from '../../kube/errors.ts'
import type { Streamer } from '../../kube/stream.ts'

export type Write = {
  readonly verb: 'patch' | 'delete' | 'create'
  readonly kind: string
  readonly name: string
  readonly body?: unknown
  readonly subresource?: string
}

export type MemoryApi = {
  readonly client: KubeClient
  /** What `logs` says of a path. */
  readonly stream: Streamer
  /** Text of each path that is streamed; what is not there is refused. */
  readonly logs: Map<string, string>
  /** In order. */
  readonly writes: Write[]
  readonly put: (...objects: readonly KubeObject[]) => void
  readonly read: <T extends KubeObject>(kind: string, name: string) => T | undefined
  readonly remove: (kind: string, name: string) => void
  /** Called after each write of the client; what controllers would do about it. */
  react: (write: Write, api: MemoryApi) => void
  /** What is asked other than of objects, e.g. `GET /apis`; by default nothing but the version. */
  answer: (method: string, path: string, body: unknown) => unknown
  /** Refuses a write by throwing. */
  admit: (write: Write, after: KubeObject | undefined, before: KubeObject | undefined) => void
}

const keyOf = (kind: string, namespace: string | undefined, name: string): string => `${kind}/${namespace ?? ''}/${name}`

const refusal = (status: number, reason: string, message: string): ApiError => new ApiError({ status, reason, message })

const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: { [key: string]: unknown } = typeof target === 'object' && target !== null ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}

const jsonPatch = (object: KubeObject, ops: unknown): KubeObject => {
  try {
    return fastJsonPatch.applyPatch(structuredClone(object), structuredClone(ops) as fastJsonPatch.Operation[], true).newDocument
  } catch (error) {
    throw refusal(422, 'Invalid', error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
  }
}

const selects = (object: KubeObject, labelSelector: string | undefined): boolean => {
  if (labelSelector === undefined) return true
  const parsed = parseSelector(labelSelector)
  return 'selector' in parsed && matchesSelector(parsed.selector, object.metadata.labels)
}

export const makeMemoryApi = (): MemoryApi => {
  const objects = new Map<string, KubeObject>()
  const writes: Write[] = []
  let version = 100
  const find = (kind: string, name: string): KubeObject | undefined =>
    [...objects.values()].find(one => one.kind === kind && one.metadata.name === name)
  const store = (object: KubeObject): KubeObject => {
    version += 1
    const stored = {
      ...object,
      metadata: { uid: `uid-${object.metadata.name}`, ...object.metadata, resourceVersion: String(version) },
    }
    objects.set(keyOf(object.kind, object.metadata.namespace, object.metadata.name), stored)
    return stored
  }
  const need = (resource: Resource, namespace: string | undefined, name: string): KubeObject => {
    const found = objects.get(keyOf(resource.kind, namespace, name))
    if (found === undefined) throw refusal(404, 'NotFound', `${resource.plural} "${name}" not found`)
    return found
  }
  const done = (write: Write): void => {
    writes.push(write)
    api.react(write, api)
  }
  const client: KubeClient = {
    get: async <T extends KubeObject>(
      resource: Resource,
      { namespace, name }: { readonly namespace?: string; readonly name: string },
    ) => structuredClone(need(resource, namespace, name)) as T,
    list: async <T extends KubeObject>(
      resource: Resource,
      { namespace, labelSelector }: { readonly namespace?: string; readonly labelSelector?: string } = {},
    ) => ({
      metadata: { resourceVersion: String(version) },
      items: [...objects.values()].filter(
        one =>
          one.kind === resource.kind &&
          (namespace === undefined || one.metadata.namespace === namespace) &&
          selects(one, labelSelector),
      ) as unknown as readonly T[],
    }),
    create: async <T extends KubeObject>(resource: Resource, object: T) => {
      const stored = store(object)
      done({ verb: 'create', kind: resource.kind, name: object.metadata.name, body: object })
      return stored as T
    },
    patch: async <T extends KubeObject>(
      resource: Resource,
      { namespace, name }: { readonly namespace?: string; readonly name: string },
      type: string,
      body: unknown,
      subresource?: 'status' | 'scale',
    ) => {
      const before = need(resource, namespace, name)
      const after = type === 'json' ? jsonPatch(before, body) : (mergePatch(before, body) as KubeObject)
      const write: Write = {
        verb: 'patch',
        kind: resource.kind,
        name,
        body,
        ...(subresource === undefined ? {} : { subresource }),
      }
      api.admit(write, after, before)
      const stored = store(after)
      done(write)
      return stored as T
    },
    delete: async (resource, { namespace, name }) => {
      need(resource, namespace, name)
      objects.delete(keyOf(resource.kind, namespace, name))
      done({ verb: 'delete', kind: resource.kind, name })
    },
    watch: () => {
      throw new Error('this API server is read, not watched')
    },
    raw: async (method, path, body) => api.answer(method, path, body),
  }
  const logs = new Map<string, string>()
  const api: MemoryApi = {
    client,
    logs,
    stream: async function* (path) {
      const text = logs.get(path)
      if (text === undefined) throw refusal(404, 'NotFound', `${path} is not there`)
      yield Buffer.from(text)
    },
    writes,
    put: (...given) => {
      for (const one of given) store(one)
    },
    read: <T extends KubeObject>(kind: string, name: string) => find(kind, name) as T | undefined,
    remove: (kind, name) => {
      const found = find(kind, name)
      if (found !== undefined) objects.delete(keyOf(kind, found.metadata.namespace, name))
    },
    react: () => {},
    answer: (_method, path) => {
      if (path === '/version') return { gitVersion: 'v1.34.4' }
      throw refusal(404, 'NotFound', path)
    },
    admit: () => {},
  }
  return api
}
