/** The client's transport without sockets: a request is a function call, its answer the same bytes as over HTTP. */
import { Readable } from 'node:stream'
import type { Transport } from '../../kube/client.ts'
import type { Api } from './api.ts'
import { BODY_LIMIT } from './body.ts'
import { type Answer, failureAnswer, type UserInfo } from './call.ts'
import { tooLarge } from './failure.ts'
import { handle } from './handle.ts'
import { handlePodProxy, isPodProxy } from './pod-proxy/pod-proxy.ts'

const encoder = new TextEncoder()

const bytes = (chunk: string | Uint8Array): Uint8Array => (typeof chunk === 'string' ? encoder.encode(chunk) : chunk)

async function* bytesOf(body: Answer['body'], signal: AbortSignal, done: () => void): AsyncGenerator<Uint8Array> {
  try {
    if (typeof body === 'string') {
      if (body) yield bytes(body)
      return
    }
    for await (const chunk of body) {
      signal.throwIfAborted()
      yield bytes(chunk)
    }
    signal.throwIfAborted()
  } finally {
    done()
  }
}

const oneTextEach = (headers: Answer['headers']): { readonly [name: string]: string } =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : value.join(', ')]))

const never = new AbortController().signal

export const localTransport =
  (api: Api, user: UserInfo): Transport =>
  async request => {
    const outer = request.signal ?? never
    outer.throwIfAborted()
    // Ends what still runs for this request once its reader is gone.
    const own = new AbortController()
    const onAbort = () => own.abort(outer.reason)
    outer.addEventListener('abort', onAbort, { once: true })
    const url = new URL(request.path, 'http://in-process')
    const headers = Object.fromEntries(Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
    const body = request.body ?? ''
    const incoming = { method: request.method, path: url.pathname, headers, user, signal: own.signal }
    const length = Buffer.byteLength(body)
    const answerTo = async (): Promise<Answer> => {
      if (isPodProxy(url.pathname))
        return handlePodProxy(api, { ...incoming, search: url.search, body: Readable.from([bytes(body)]), length })
      if (length > BODY_LIMIT) return failureAnswer(tooLarge(BODY_LIMIT))
      return handle(api, { ...incoming, query: url.searchParams, body })
    }
    const answer = await answerTo()
    const done = () => {
      outer.removeEventListener('abort', onAbort)
      own.abort()
    }
    return { status: answer.status, headers: oneTextEach(answer.headers), body: bytesOf(answer.body, own.signal, done) }
  }
