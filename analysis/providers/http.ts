/**
 * Requests to where metrics come from. What users write decides where they go, so: no link-local address, a time limit, a size limit, no
 * redirect to another origin (credentials would go along), and no message that holds a credential, a query or a body that was sent.
 */
import type { LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import { DeniedAddress, guardedLookup, isDenied, WHY_DENIED } from './reachable.ts'

export type HttpRequest = {
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
  readonly timeoutMs: number
  /** Sending it twice does no harm, though it is no GET. */
  readonly mayRepeat?: boolean
  /** The certificate of the other side is not checked. */
  readonly isInsecure?: boolean
}

export type HttpAnswer = { readonly status: number; readonly body: string }

export type HttpClient = {
  /** Throws an Error that names the address and what was wrong. Any status is an answer. */
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>
  readonly close: () => Promise<void>
}

export type HttpOptions = {
  /** PEM of authorities to trust besides the public ones. */
  readonly ca?: string
  readonly maxBytes?: number
  /** How names are resolved. */
  readonly lookup?: LookupFunction
  /** Before a further try, in milliseconds. */
  readonly retryAfterMs?: number
}

const MAX_BYTES = 5 * 1024 * 1024
const MAX_REDIRECTS = 5
/** A connection that broke, or an answer that asks to come again. */
const MAX_TRIES = 3
const RETRY_AFTER_MS = 250
/** Longer waits are left to the next measurement. */
const LONGEST_WAIT_MS = 5000
const BUSY: ReadonlySet<number> = new Set([429, 502, 503, 504])
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const BROKEN: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** Without user, password, query and fragment. */
export const shownUrl = (url: string): string => {
  const parsed = URL.parse(url)
  return parsed ? `${parsed.origin}${parsed.pathname}` : 'an address that is no URL'
}

export const isHttpUrl = (url: unknown): url is string => {
  const parsed = typeof url === 'string' ? URL.parse(url) : null
  return parsed !== null && (parsed.protocol === 'http:' || parsed.protocol === 'https:') && parsed.host !== ''
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

const reasonOf = (error: unknown, timeoutMs: number): string => {
  if (error instanceof DeniedAddress) return error.message
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`
  // The text of other errors can quote what was sent, e.g. a header.
  const code = codeOf(error)
  return code === ''
    ? error instanceof HttpProblem
      ? error.message
      : 'the request could not be made'
    : `the request failed (${code})`
}

class HttpProblem extends Error {}

const readBody = async (body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> => {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of body) {
    size += part.length
    if (size > maxBytes) throw new HttpProblem(`the answer is longer than ${maxBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

type Raw = HttpAnswer & { readonly location: string | undefined; readonly retryAfter: string | undefined }

const headerOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

const sendOnce = async (dispatcher: Agent, one: HttpRequest, signal: AbortSignal, maxBytes: number): Promise<Raw> => {
  const answer = await request(one.url, {
    dispatcher,
    signal,
    method: one.method ?? 'GET',
    headers: { ...one.headers },
    ...(one.body === undefined ? {} : { body: one.body }),
  })
  const body = await readBody(answer.body, maxBytes)
  const { location, 'retry-after': retryAfter } = answer.headers
  return { status: answer.statusCode, body, location: headerOf(location), retryAfter: headerOf(retryAfter) }
}

/** Where a redirect goes, if that is the same origin. */
const redirected = (from: HttpRequest, { status, location }: Raw): HttpRequest | undefined => {
  if (!REDIRECTS.has(status) || location === undefined || (from.method ?? 'GET') !== 'GET') return undefined
  const target = URL.parse(location, from.url)
  if (!target) throw new HttpProblem('it redirects to an address that is no URL')
  if (target.origin !== new URL(from.url).origin) {
    throw new HttpProblem(`it redirects to another host (${target.origin}), which is not followed; ask that one directly`)
  }
  return { ...from, url: target.href }
}

const waitMs = (retryAfter: string | undefined, otherwise: number): number | undefined => {
  const seconds = Number(retryAfter ?? Number.NaN)
  const wait = Number.isFinite(seconds) ? seconds * 1000 : otherwise
  return wait <= LONGEST_WAIT_MS ? wait : undefined
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })

type Tries = { readonly agent: Agent; readonly signal: AbortSignal; readonly maxBytes: number; readonly retryAfterMs: number }

/** Only what may be sent twice is. */
const sendWithRetries = async (one: HttpRequest, { agent, signal, maxBytes, retryAfterMs }: Tries): Promise<Raw> => {
  const tries = one.mayRepeat || (one.method ?? 'GET') === 'GET' ? MAX_TRIES : 1
  for (let left = tries - 1; ; left -= 1) {
    let wait: number | undefined
    try {
      const answer = await sendOnce(agent, one, signal, maxBytes)
      wait = BUSY.has(answer.status) ? waitMs(answer.retryAfter, retryAfterMs) : undefined
      if (left <= 0 || wait === undefined) return answer
    } catch (error) {
      if (left <= 0 || !BROKEN.has(codeOf(error))) throw error
      wait = retryAfterMs
    }
    await pause(wait, signal)
  }
}

export const makeHttpClient = ({
  ca,
  maxBytes = MAX_BYTES,
  retryAfterMs = RETRY_AFTER_MS,
  lookup,
}: HttpOptions = {}): HttpClient => {
  const guarded = guardedLookup(lookup)
  const options = { connections: 8, keepAliveTimeout: 10_000 }
  const secure = new Agent({ ...options, connect: { lookup: guarded, ...(ca === undefined ? {} : { ca }) } })
  const insecure = new Agent({ ...options, connect: { lookup: guarded, rejectUnauthorized: false } })
  const send = async (first: HttpRequest): Promise<HttpAnswer> => {
    if (isDenied(new URL(first.url).hostname)) throw new DeniedAddress(WHY_DENIED)
    const signal = AbortSignal.timeout(first.timeoutMs)
    const tries = { agent: first.isInsecure ? insecure : secure, signal, maxBytes, retryAfterMs }
    let one = first
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const answer = await sendWithRetries(one, tries)
      const next = redirected(one, answer)
      if (!next) return { status: answer.status, body: answer.body }
      one = next
    }
    throw new HttpProblem(`it redirects more than ${MAX_REDIRECTS} times`)
  }
  return {
    send: async one => {
      try {
        return await send(one)
      } catch (error) {
        throw new Error(`${one.method ?? 'GET'} ${shownUrl(one.url)}: ${reasonOf(error, one.timeoutMs)}`)
      }
    },
    close: async () => {
      await Promise.all([secure.close(), insecure.close()])
    },
  }
}
