/** One request to the server, decoded as far as its path goes, and its answer. */
import type { Failure } from './failure.ts'
import type { JsonObject } from './json.ts'
import type { Kind } from './kind.ts'

export type UserInfo = {
  readonly username: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: { readonly [key: string]: readonly string[] }
}

export const ADMIN: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] }

/** The user that a ServiceAccount is, e.g. `system:serviceaccount:sluice-system:sluice-controller`. */
export const serviceAccountUser = (namespace: string, name: string): UserInfo => ({
  username: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
})

export type Incoming = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: string
  readonly user: UserInfo
  readonly signal: AbortSignal
}

export type Answer = {
  readonly status: number
  /** A list for a header that may not be joined, e.g. `set-cookie`. */
  readonly headers: { readonly [name: string]: string | readonly string[] }
  readonly body: string | AsyncIterable<string | Uint8Array>
}

/** A request for objects of a kind. */
export type Call = Incoming & {
  readonly kind: Kind
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
  /** Collects texts for Warning headers. */
  readonly warnings: Set<string>
  readonly dryRun: boolean
}

export const jsonAnswer = (status: number, body: JsonObject): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

export const textAnswer = (status: number, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
})

export const failureAnswer = (failure: Failure): Answer => {
  const answer = jsonAnswer(failure.code, failure.status)
  const seconds = failure.details?.retryAfterSeconds
  return seconds ? { ...answer, headers: { ...answer.headers, 'retry-after': String(seconds) } } : answer
}
