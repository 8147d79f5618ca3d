/**
 * A copy of one request of HTTP/2, as copy.ts is for HTTP/1: collected beside the request, sent when the client has sent all of it, on
 * connections of its own; the answer is read and thrown away. Trailers of a request are not copied; gRPC has none.
 */
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from 'node:http2'
import { MIRROR_HEADER } from '../../api/names.ts'
import { callOutcome } from '../lanes/h2/outcome.ts'
import type { PodSession } from '../lanes/h2/pod-sessions.ts'
import { sends } from '../lanes/h2/sends.ts'
import type { Upstream } from '../upstream.ts'
import { MAX_COPY_BYTES } from './copy.ts'
import { type MirrorResult, type MirrorStats, resultOf } from './mirror-stats.ts'

export type StreamCopyOptions = {
  readonly connectTimeoutMs: number
  /** The request must be whole within this, and the answer within this after that. */
  readonly timeoutMs: number
}

type Answer = IncomingHttpHeaders & IncomingHttpStatusHeader

export class StreamCopy {
  readonly #upstream: Upstream
  readonly #stats: MirrorStats
  readonly #options: StreamCopyOptions
  #state: 'collecting' | 'sending' | 'over' = 'collecting'
  #headers: IncomingHttpHeaders
  #parts: Buffer[] = []
  #size: number
  #timer: NodeJS.Timeout
  #stopWaiting: (() => void) | undefined
  #stream: ClientHttp2Stream | undefined
  #answer: Answer | undefined
  #trailers: IncomingHttpHeaders | undefined

  /** `headers`: as a pod gets them. */
  constructor(upstream: Upstream, stats: MirrorStats, headers: IncomingHttpHeaders, options: StreamCopyOptions) {
    this.#upstream = upstream
    this.#stats = stats
    this.#options = options
    this.#headers = { ...headers, [MIRROR_HEADER]: 'true' }
    this.#size = sizeOf(headers)
    this.#timer = setTimeout(() => this.#over('dropped'), options.timeoutMs).unref()
    stats.open += 1
  }

  /** The next bytes of the body. */
  add(bytes: Buffer) {
    if (this.#state !== 'collecting') return
    this.#size += bytes.length
    if (this.#size > MAX_COPY_BYTES) return this.#over('dropped')
    // Node gives each piece in memory of its own.
    this.#parts.push(bytes)
  }

  /** The request is whole. */
  end(): void {
    if (this.#state !== 'collecting') return
    this.#state = 'sending'
    this.#timer.refresh()
    const { mirrorH2 } = this.#upstream
    const stop = mirrorH2.take(this.#options.connectTimeoutMs, got => {
      this.#stopWaiting = undefined
      if ('session' in got) this.#send(got)
      else this.#over('failure')
    })
    if (!this.#stream && this.#state === 'sending') this.#stopWaiting = stop
  }

  /** The request has not come whole; nothing is done when it had. */
  abort(): void {
    if (this.#state === 'collecting') this.#over('dropped')
  }

  #send(taken: PodSession) {
    const { mirrorH2 } = this.#upstream
    const endStream = this.#parts.length === 0
    const asked = sends(() => {
      this.#stream = taken.session.request(this.#headers, { endStream })
    })
    const stream = this.#stream
    if (!asked || !stream) {
      mirrorH2.release(taken, undefined)
      return this.#over('failure')
    }
    // What an error means is seen when the stream closes.
    stream.on('error', () => {})
    stream.once('response', answer => {
      this.#answer = answer
    })
    stream.once('trailers', trailers => {
      this.#trailers = trailers
    })
    let ended = false
    stream.once('end', () => {
      ended = stream.rstCode === constants.NGHTTP2_NO_ERROR
    })
    stream.once('close', () => {
      mirrorH2.release(taken, stream)
      this.#over(ended && this.#answer ? this.#result(this.#answer) : 'failure')
    })
    stream.resume()
    if (!endStream) stream.end(Buffer.concat(this.#parts))
  }

  #result(answer: Answer): MirrorResult {
    return OUTCOMES[callOutcome(answer, this.#trailers).outcome] ?? resultOf(answer[':status'] ?? 200)
  }

  #over(result: MirrorResult): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    clearTimeout(this.#timer)
    this.#stopWaiting?.()
    this.#parts = []
    this.#headers = {}
    this.#stats.open -= 1
    this.#stats.count(result)
    if (this.#stream && !this.#stream.closed) this.#stream.close(constants.NGHTTP2_CANCEL)
  }
}

const OUTCOMES: { readonly [outcome: string]: MirrorResult } = {
  status2xx: '2xx',
  status3xx: '3xx',
  status4xx: '4xx',
  status5xx: '5xx',
}

/** As HTTP/2 counts the size of a list of headers (RFC 9113 6.5.2). */
const sizeOf = (headers: IncomingHttpHeaders): number =>
  Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + String(value).length + 32, 0)
