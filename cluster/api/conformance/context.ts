/** What a conformance case works with: any Kubernetes API behind a KubeClient. */
import assert from 'node:assert/strict'
import type { KubeObject } from '../../../api/kubernetes.ts'
import type { KubeClient, Resource } from '../../../kube/client.ts'
import { isApiError } from '../../../kube/errors.ts'
import { type JsonObject, objectOf, objectsOf } from '../json.ts'

export type ConformanceContext = {
  readonly client: KubeClient
  /** A namespace of the case's own, empty at its start. */
  readonly namespace: string
  /** Makes names of cluster-wide objects unique, e.g. `a1b2c`. */
  readonly unique: string
  /** Makes the server forget old versions; only for cases with `needsForgetting`. */
  readonly forgetHistory: () => Promise<void>
  /** Runs after the case, whatever happens. */
  readonly cleanUp: (work: () => Promise<unknown>) => void
}

export type ConformanceCase = {
  readonly name: string
  /** The case can only run where the caller can make the server forget its history. */
  readonly needsForgetting?: true
  readonly run: (context: ConformanceContext) => Promise<void>
}

/** An object of any kind; single fields are read with `look`. */
export type Loose = KubeObject & JsonObject

/** The value at a path such as `spec.template.spec.containers[0].image`; undefined where the path ends early. */
export const look = (value: unknown, path: string): unknown =>
  path
    .split(/[.[\]]+/)
    .filter(Boolean)
    .reduce<unknown>((at, step) => (Array.isArray(at) ? at[Number(step)] : objectOf(at)[step]), value)

/** The objects in the list at a path. */
export const lookAll = (value: unknown, path: string): readonly JsonObject[] => objectsOf(look(value, path))

export const object = (apiVersion: string, kind: string, metadata: object, body: object = {}): Loose =>
  ({ apiVersion, kind, metadata, ...body }) as unknown as Loose

export const configMap = (context: ConformanceContext, name: string, more: object = {}, metadata: object = {}): Loose =>
  object('v1', 'ConfigMap', { name, namespace: context.namespace, ...metadata }, more)

/** A Deployment that no controller does anything with: paused, without pods. */
export const deployment = (context: ConformanceContext, name: string, spec: object = {}): Loose =>
  object(
    'apps/v1',
    'Deployment',
    { name, namespace: context.namespace, labels: { app: name } },
    {
      spec: {
        replicas: 0,
        paused: true,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'main', image: 'example.test/app:1', ports: [{ containerPort: 80 }] }] },
        },
        ...spec,
      },
    },
  )

export type Refusal = { readonly status: number; readonly reason?: string; readonly message?: RegExp | string }

/** What the server said: the client puts the call in front of it. */
export const serverMessage = (error: Error): string => error.message.replace(/^[A-Z]+ \S+: /, '')

/** The call must be refused in just this way. */
export const refused = async (call: Promise<unknown>, expected: Refusal): Promise<void> => {
  let answer: unknown
  try {
    answer = await call
  } catch (error) {
    if (!isApiError(error)) throw error
    assert.equal(error.status, expected.status, `status of: ${error.message}`)
    if (expected.reason !== undefined) assert.equal(error.reason, expected.reason)
    if (typeof expected.message === 'string') assert.equal(serverMessage(error), expected.message)
    else if (expected.message) assert.match(serverMessage(error), expected.message)
    return
  }
  assert.fail(`expected ${expected.status} ${expected.reason ?? ''}, but the answer was ${JSON.stringify(answer)}`)
}

const PATIENCE_MS = 30_000
const PAUSE_MS = 25

/** Asks again until the answer is truthy; fails with `what` after thirty seconds. */
export const eventually = async <T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> => {
  const end = Date.now() + PATIENCE_MS
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > end) throw new Error(`waited ${PATIENCE_MS} ms in vain: ${what}`)
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
  }
}

/** True once the object is gone. */
export const isGone = async (
  client: KubeClient,
  resource: Resource,
  ref: { readonly namespace?: string; readonly name: string },
): Promise<boolean> => {
  try {
    await client.get(resource, ref)
    return false
  } catch (error) {
    if (isApiError(error) && error.status === 404) return true
    throw error
  }
}
