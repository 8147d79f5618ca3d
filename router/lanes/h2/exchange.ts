/** One request on a stream of its own, from its head to the end of its answer: tried on pods, passed on, answered, counted. */
import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type ServerHttp2Stream,
} from 'node:http2'
import { Dispatch, type Place } from '../../dispatch.ts'
import { NO_CONNECTION_LEFT } from '../../exhaustion.ts'
import type { Limits } from '../../limits.ts'
import type { StreamCopy } from '../../mirror/stream-copy.ts'
import type { OwnStatus } from '../../proxy/answer.ts'
import type { RunningVersion } from '../../running-route.ts'
import type { Connection, LaneContext } from '../connection.ts'
import { isGrpc } from './headers.ts'
import { countCall } from './outcome.ts'
import { answerStream } from './own-answer.ts'
import type { NoSession, PodSession } from './pod-sessions.ts'
import { RequestBody } from './request-body.ts'
import { letGo } from './rest-of-request.ts'
import { sends } from './sends.ts'

const {
  NGHTTP2_CANCEL,
  NGHTTP2_INTERNAL_ERROR,
  NGHTTP2_NO_ERROR,
  NGHTTP2_PROTOCOL_ERROR,
  NGHTTP2_REFUSED_STREAM,
  NGHTTP2_FLAG_END_STREAM,
} = constants

export type StreamRequest = {
  readonly stream: ServerHttp2Stream
  /** As the pod gets them. */
  readonly headers: IncomingHttpHeaders
  readonly connection: Connection
  readonly version: RunningVersion
  /** Set-Cookie for the answer. */
  readonly cookie?: string | undefined
  /** A copy of the request is made for another version. */
  readonly copy?: StreamCopy | undefined
}

type PodAnswer = IncomingHttpHeaders & IncomingHttpStatusHeader

type Attempt = {
  readonly place: Place
  readonly taken: PodSession
  readonly stream: ClientHttp2Stream
  /** The pod's answer, once its head is there. */
  answer?: PodAnswer
  trailers?: IncomingHttpHeaders
  ended: boolean
  timedOut: boolean
  timer?: NodeJS.Timeout
}

const FAILURES: { readonly [why in NoSession['failed']]: { readonly status: OwnStatus; readonly text: string } } = {
  refused: { status: 502, text: 'the pod refused the connection' },
  foreign: { status: 502, text: 'the pod does not speak HTTP/2' },
  expired: { status: 504, text: 'the pod did not accept a connection in time' },
  exhausted: NO_CONNECTION_LEFT,
}

/** Told to the client as it was told to us: it may try again itself. */
const REFUSED = { status: 503, text: 'every pod refused the request' } as const

export class StreamExchange {
  readonly #context: LaneContext
  readonly #limits: Limits
  readonly #in: StreamRequest
  readonly #dispatch: Dispatch
  readonly #body: RequestBody
  readonly #grpc: boolean
  readonly #startedAt = performance.now()
  #attempt: Attempt | undefined
  #stopWaiting: (() => void) | undefined
  #failure: { readonly status: OwnStatus; readonly text: string } = { status: 503, text: 'no pod is ready to take this request' }
  /** What became of the request is counted. */
  #settled = false

  constructor(context: LaneContext, request: StreamRequest) {
    this.#context = context
    this.#in = request
    const { connection, version, stream, headers } = request
    const { clock } = context
    this.#limits = connection.route.limits(context.limits)
    const port = connection.port.name ?? ''
    this.#dispatch = new Dispatch(connection.route, {
      port,
      version,
      now: clock.now,
      peer: connection.peer,
      maxEjectedPercent: this.#limits.maxEjectedPercent,
      place: context.place,
    })
    this.#body = new RequestBody(stream, this.#dispatch, request.copy)
    this.#grpc = isGrpc(headers)
  }

  start(): void {
    this.#in.stream.once('close', () => this.#end())
    this.#try()
  }

  #try() {
    const place = this.#dispatch.next()
    if (!place) return this.#answerFailure()
    const stop = place.upstream.h2.take(this.#limits.connectTimeoutMs, got => {
      this.#stopWaiting = undefined
      if ('session' in got) this.#ask(place, got)
      else this.#unreachable(got)
    })
    if (!this.#attempt && !this.#settled) this.#stopWaiting = stop
  }

  #unreachable({ failed }: NoSession) {
    this.#failure = FAILURES[failed]
    if (failed === 'exhausted') return this.#answerFailure()
    this.#dispatch.unreachable()
    this.#try()
  }

  #ask(place: Place, taken: PodSession) {
    const endStream = this.#body.isEmpty
    let stream: ClientHttp2Stream
    try {
      stream = taken.session.request(this.#in.headers, { endStream, waitForTrailers: !endStream })
    } catch (error) {
      place.upstream.h2.release(taken, undefined)
      this.#context.log.debug('request cannot be passed on', { route: this.#in.connection.route.key, error })
      this.#failure = { status: 400, text: 'the request has a header that cannot be passed on' }
      return this.#answerFailure()
    }
    place.upstream.markUp()
    const attempt: Attempt = { place, taken, stream, ended: false, timedOut: false }
    this.#attempt = attempt
    this.#limit(attempt)
    this.#listen(attempt)
    this.#body.sendTo(stream)
  }

  #limit(attempt: Attempt): void {
    const { answerTimeoutMs } = this.#limits
    if (answerTimeoutMs <= 0) return
    attempt.timer = setTimeout(() => {
      attempt.timedOut = true
      attempt.stream.close(NGHTTP2_CANCEL)
    }, answerTimeoutMs)
  }

  #listen(attempt: Attempt): void {
    const { stream } = attempt
    const client = this.#in.stream
    // What an error means for the request is seen when the stream closes.
    stream.on('error', () => {})
    stream.on('headers', headers => {
      if (client.destroyed || client.headersSent) return
      if (!sends(() => client.additionalHeaders(headers))) stream.close(NGHTTP2_PROTOCOL_ERROR)
    })
    stream.once('response', (headers, flags) => this.#onAnswer(attempt, headers, flags))
    stream.once('trailers', trailers => {
      attempt.trailers = trailers
    })
    stream.once('close', () => this.#onClosed(attempt))
  }

  #onAnswer(attempt: Attempt, headers: PodAnswer, flags: number) {
    clearTimeout(attempt.timer)
    const client = this.#in.stream
    if (client.destroyed || client.closed || client.headersSent) return
    this.#body.forget()
    const { cookie } = this.#in
    if (cookie) headers['set-cookie'] = [...(headers['set-cookie'] ?? []), cookie]
    const endStream = (flags & NGHTTP2_FLAG_END_STREAM) !== 0
    const options = { endStream, waitForTrailers: !endStream, sendDate: false }
    if (!sends(() => client.respond(headers, options))) return this.#cannotAnswer(attempt)
    attempt.answer = headers
    attempt.ended = endStream
    if (endStream) attempt.stream.resume()
    else this.#passBack(attempt)
  }

  #cannotAnswer({ stream }: Attempt) {
    this.#failure = { status: 502, text: 'the pod answered with headers that cannot be passed on' }
    this.#attempt = undefined
    stream.close(NGHTTP2_PROTOCOL_ERROR)
    this.#dispatch.fail()
    this.#answerFailure()
  }

  #passBack(attempt: Attempt): void {
    const { stream } = attempt
    const client = this.#in.stream
    // Asked for also when the stream is being reset: only what is sent here ends the answer well.
    client.on('wantTrailers', () => {
      if (attempt.ended && !sends(() => client.sendTrailers(attempt.trailers ?? {}))) this.#cut(attempt)
    })
    client.on('drain', () => stream.resume())
    this.#limitIdle(attempt)
    stream.on('data', (chunk: Buffer) => {
      this.#dispatch.passedOut(chunk.length)
      if (!client.destroyed && !client.write(chunk)) stream.pause()
    })
    stream.once('end', () => {
      // A stream that was reset ends too.
      if (stream.rstCode !== NGHTTP2_NO_ERROR || stream.aborted) return
      attempt.ended = true
      if (!client.destroyed) client.end()
    })
  }

  /** Resets an answer on which nothing moves; who does not read it has only themselves to blame. */
  #limitIdle(attempt: Attempt): void {
    const { idleTimeoutMs } = this.#limits
    if (idleTimeoutMs === 0) return
    const { stream } = attempt
    const client = this.#in.stream
    attempt.timer = setTimeout(() => (stream.isPaused() ? client : stream).close(NGHTTP2_CANCEL), idleTimeoutMs)
    for (const side of [stream, client]) side.on('data', () => attempt.timer?.refresh())
  }

  /** The pod's side is over: well, by a reset, or with its connection. */
  #onClosed(attempt: Attempt) {
    const { stream, taken, place } = attempt
    clearTimeout(attempt.timer)
    place.upstream.h2.release(taken, stream)
    if (attempt !== this.#attempt) return
    this.#body.stop()
    const client = this.#in.stream
    if (client.destroyed || client.closed || this.#settled) return
    if (attempt.ended) return letGo(client)
    if (attempt.answer) return this.#cut(attempt)
    if (this.#body.canBeSentAgain && wasNotTouched(attempt)) return this.#again(attempt)
    if (taken.session.destroyed || attempt.timedOut) {
      this.#failure = attempt.timedOut
        ? { status: 504, text: 'the pod did not answer in time' }
        : { status: 502, text: 'the pod closed the connection without an answer' }
      this.#dispatch.fail()
      return this.#answerFailure()
    }
    this.#cut(attempt)
  }

  /** A pod that says goodbye may be asked on a new connection; one that refuses a stream on a good one may not. */
  #again({ taken }: Attempt): void {
    this.#attempt = undefined
    this.#failure = REFUSED
    if (!taken.leaving && !taken.session.destroyed) this.#dispatch.refused()
    this.#try()
  }

  /** The client sees that the answer is cut, by the pod's own code where there is one. */
  #cut({ stream, taken }: Attempt): void {
    this.#settled = true
    this.#dispatch.fail()
    const code = taken.session.destroyed ? NGHTTP2_INTERNAL_ERROR : stream.rstCode
    this.#in.stream.close(code || NGHTTP2_INTERNAL_ERROR)
  }

  #answerFailure() {
    if (this.#settled) return
    this.#settled = true
    if (this.#failure === REFUSED) return void this.#in.stream.close(NGHTTP2_REFUSED_STREAM)
    answerStream(this.#in.stream, { router: this.#context.router, grpc: this.#grpc, ...this.#failure })
  }

  #end(): void {
    const client = this.#in.stream
    const attempt = this.#attempt
    this.#stopWaiting?.()
    this.#in.copy?.abort()
    if (attempt) {
      clearTimeout(attempt.timer)
      if (!attempt.stream.destroyed && !attempt.ended) attempt.stream.close(client.rstCode || NGHTTP2_CANCEL)
    }
    if (!this.#settled) {
      this.#settled = true
      const latencyMs = performance.now() - this.#startedAt
      if (!attempt?.answer || !attempt.ended || client.rstCode !== NGHTTP2_NO_ERROR) this.#dispatch.finish('clientAborts', -1)
      else countCall(this.#dispatch, attempt.answer, attempt.trailers, latencyMs)
    }
    this.#dispatch.done()
  }
}

/** The pod has said that it did nothing with the stream, or never heard of it (RFC 9113 8.7). */
const wasNotTouched = ({ stream, taken, timedOut }: Attempt): boolean =>
  !timedOut && (stream.id === undefined || stream.rstCode === NGHTTP2_REFUSED_STREAM || stream.id > taken.lastStreamId)
