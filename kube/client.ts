/** How the rest of Sluice talks to Kubernetes: raw JSON in and out, patches instead of replaced objects. Contract; see http-client.ts. */
import type { KubeObject } from '../api/kubernetes.ts'

/** A kind of object as the API serves it, e.g. `{ group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true }`. The core group is `''`. */
export type Resource = {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
}

export type ObjectRef = { readonly namespace?: string; readonly name: string }

export type PatchType = 'merge' | 'json' | 'strategic'

export type ListOptions = {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
  readonly signal?: AbortSignal
}

export type List<T> = {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
  readonly items: readonly T[]
}

export type WatchEvent<T> = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: T }

export type WatchOptions = {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly resourceVersion: string
  readonly timeoutSeconds: number
  /** Give up when nothing at all arrives for so long. */
  readonly idleMs: number
  readonly signal: AbortSignal
}

/**
 * One request to the API server and its answer. The HTTP transport is built from a kubeconfig; the in-process cluster has one of its own.
 * `path` includes the query. The body of the answer is consumed once, as bytes.
 */
export type Transport = (request: {
  readonly method: string
  readonly path: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
  readonly signal?: AbortSignal
}) => Promise<TransportAnswer>

export type TransportAnswer = {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: AsyncIterable<Uint8Array>
}

/** Every method throws ApiError (errors.ts) when the server refuses, with `status`, `reason`, `retryAfterMs` and the server's message. */
export type KubeClient = {
  readonly get: <T extends KubeObject>(resource: Resource, ref: ObjectRef) => Promise<T>
  readonly list: <T extends KubeObject>(resource: Resource, options?: ListOptions) => Promise<List<T>>
  readonly create: <T extends KubeObject>(resource: Resource, object: T) => Promise<T>
  readonly patch: <T extends KubeObject>(
    resource: Resource,
    ref: ObjectRef,
    type: PatchType,
    body: unknown,
    subresource?: 'status' | 'scale',
  ) => Promise<T>
  readonly delete: (
    resource: Resource,
    ref: ObjectRef,
    options?: {
      readonly uid?: string
      readonly propagation?: 'Background' | 'Foreground' | 'Orphan'
      readonly gracePeriodSeconds?: number
    },
  ) => Promise<void>
  /** Events until the server ends the stream, an ERROR event (thrown as ApiError), silence (thrown) or abort. */
  readonly watch: <T extends KubeObject>(resource: Resource, options: WatchOptions) => AsyncIterable<WatchEvent<T>>
  /** Anything else, e.g. `/version`; the decoded JSON. */
  readonly raw: (method: string, path: string, body?: unknown) => Promise<unknown>
}
