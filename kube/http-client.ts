/** A KubeClient over any transport. */
import type { KubeObject } from '../api/kubernetes.ts'
import { abortable } from './abortable.ts'
import { parseJson, readRefusal, readText } from './answer.ts'
import { apiVersionOf, collectionPath, listPath, objectPath } from './api-path.ts'
import type { KubeClient, List, PatchType, Resource, Transport } from './client.ts'
import { type Clock, systemClock } from './clock.ts'
import { watchEvents } from './watch-stream.ts'

export type ClientOptions = {
  readonly clock?: Clock
  /** The longest that one call may take from its start to the last byte of the answer; a watch has its own rule. Default 30 s, lists four times that. */
  readonly requestTimeoutMs?: number
}

const PATCH_CONTENT_TYPES: { readonly [type in PatchType]: string } = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}

type Call = {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly contentType?: string
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

type Send = (call: Call) => Promise<unknown>

/** Sends one request and decodes its answer; undefined for an empty body. Throws ApiError when the server refuses, TimeoutError when it is too slow. */
const sender =
  (transport: Transport, clock: Clock, requestTimeoutMs: number): Send =>
  async call => {
    const what = `${call.method} ${call.path}`
    const ending = new AbortController()
    const onAbort = (): void => ending.abort(call.signal?.reason)
    call.signal?.addEventListener('abort', onAbort, { once: true })
    if (call.signal?.aborted) onAbort()
    const timeoutMs = call.timeoutMs ?? requestTimeoutMs
    const timer = clock.setTimeout(
      () => ending.abort(new DOMException(`${what}: no whole answer within ${timeoutMs} ms`, 'TimeoutError')),
      timeoutMs,
    )
    const exchange = async (): Promise<unknown> => {
      const hasBody = call.body !== undefined
      const answer = await transport({
        method: call.method,
        path: call.path,
        headers: { accept: 'application/json', ...(hasBody ? { 'content-type': call.contentType ?? 'application/json' } : {}) },
        ...(hasBody ? { body: JSON.stringify(call.body) } : {}),
        signal: ending.signal,
      })
      if (answer.status >= 300) throw await readRefusal(answer, what, clock.now())
      const text = await readText(answer.body)
      return text.trim() === '' ? undefined : parseJson(text, what)
    }
    try {
      ending.signal.throwIfAborted()
      return await abortable(exchange(), ending.signal)
    } catch (error) {
      // A transport has its own words for an aborted request. What is left of a failed exchange ends here; a whole one has nothing left, and an abort for each costs.
      if (!ending.signal.aborted) ending.abort(error)
      throw ending.signal.reason
    } finally {
      timer.cancel()
      call.signal?.removeEventListener('abort', onAbort)
    }
  }

const isObject = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === 'object' && value !== null

const decodeObject = <T extends KubeObject>(value: unknown, what: string): T => {
  if (!isObject(value) || !isObject(value['metadata']) || typeof value['kind'] !== 'string')
    throw new SyntaxError(`${what}: not a Kubernetes object: ${JSON.stringify(value)?.slice(0, 80)}`)
  return value as unknown as T
}

/** Items of the built-in kinds come without apiVersion and kind; they get them here, so that one object has one shape however it was read. */
const decodeList = <T extends KubeObject>(value: unknown, resource: Resource): List<T> => {
  const what = `list of ${resource.plural}`
  if (!isObject(value) || !isObject(value['metadata'])) throw new SyntaxError(`${what}: not a list`)
  const { resourceVersion, continue: next } = value['metadata']
  const items = value['items'] ?? []
  if (typeof resourceVersion !== 'string' || !Array.isArray(items))
    throw new SyntaxError(`${what}: no resourceVersion or no items`)
  const apiVersion = apiVersionOf(resource)
  return {
    metadata: { resourceVersion, ...(typeof next === 'string' && next !== '' ? { continue: next } : {}) },
    items: items.map(item => decodeObject<T>({ apiVersion, kind: resource.kind, ...item }, what)),
  }
}

const deleteBody = (options: Parameters<KubeClient['delete']>[2]): unknown => ({
  apiVersion: 'v1',
  kind: 'DeleteOptions',
  ...(options?.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
  ...(options?.propagation === undefined ? {} : { propagationPolicy: options.propagation }),
  ...(options?.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
})

/** Works over the HTTP transport as over the in-process cluster's. */
export const clientOver = (transport: Transport, options: ClientOptions = {}): KubeClient => {
  const clock = options.clock ?? systemClock
  const requestTimeoutMs = options.requestTimeoutMs ?? 30_000
  const send = sender(transport, clock, requestTimeoutMs)
  const write = async <T extends KubeObject>(call: Call): Promise<T> =>
    decodeObject<T>(await send(call), `answer to ${call.method} ${call.path}`)
  return {
    get: async <T extends KubeObject>(resource: Resource, ref: Parameters<KubeClient['get']>[1]) =>
      write<T>({ method: 'GET', path: objectPath(resource, ref) }),
    list: async <T extends KubeObject>(resource: Resource, listOptions: Parameters<KubeClient['list']>[1] = {}) => {
      const signal = listOptions.signal === undefined ? {} : { signal: listOptions.signal }
      const timeoutMs = 4 * requestTimeoutMs
      return decodeList<T>(await send({ method: 'GET', path: listPath(resource, listOptions), timeoutMs, ...signal }), resource)
    },
    create: async <T extends KubeObject>(resource: Resource, object: T) =>
      write<T>({ method: 'POST', path: createPath(resource, object), body: object }),
    patch: async <T extends KubeObject>(...[resource, ref, type, body, subresource]: Parameters<KubeClient['patch']>) =>
      write<T>({ method: 'PATCH', path: objectPath(resource, ref, subresource), body, contentType: PATCH_CONTENT_TYPES[type] }),
    delete: async (resource, ref, deleteOptions) => {
      await send({ method: 'DELETE', path: objectPath(resource, ref), body: deleteBody(deleteOptions) })
    },
    watch: (resource, watchOptions) => watchEvents(transport, clock, resource, watchOptions),
    raw: (method, path, body) => send({ method, path, ...(body === undefined ? {} : { body }) }),
  }
}

const createPath = (resource: Resource, object: KubeObject): string => {
  if (resource.namespaced && !object.metadata.namespace)
    throw new TypeError(`${resource.kind} ${object.metadata.name ?? ''}: metadata.namespace is needed, e.g. 'default'`)
  return collectionPath(resource, object.metadata.namespace)
}
