/** One request from its head to the end of its answer: tried on pods, passed on, answered, counted. */
import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Dispatch } from '../dispatch.ts'
import { isOwnExhaustion, NO_CONNECTION_LEFT } from '../exhaustion.ts'
import { asksToLeave, type Connection, type LaneContext } from '../lanes/connection.ts'
import type { Limits } from '../limits.ts'
import type { RunningVersion } from '../running-route.ts'
import type { Outcome } from '../stats/second-ring.ts'
import type { Upstream } from '../upstream.ts'
import { answerItself, type OwnStatus } from './answer.ts'
import { answerHeaders } from './headers.ts'

/** Connections that are not kept: for a second try, when a kept one turned out to be dead. */
const UNPOOLED = new Agent({ keepAlive: false })

/** May be sent twice (RFC 9110 9.2.2). */
const IDEMPOTENT: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

export type Incoming = {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly connection: Connection
  readonly version: RunningVersion
  /** Set-Cookie for the answer. */
  readonly cookie?: string | undefined
  /** The client waits for 100 Continue before it sends the body. */
  readonly expectsContinue: boolean
  /** Told of each piece of the body as it is read. */
  readonly onBody?: ((bytes: Buffer) => void) | undefined
}

type Attempt = {
  readonly upstream: Upstream
  request?: ClientRequest
  socket?: Socket
  /** Bytes that the connection had brought before this request; -1 until there is a connection. */
  bytesBefore: number
  answered: boolean
  /** Which time limit ended it. */
  expired?: 'connecting' | 'answering'
  over: boolean
  timer?: NodeJS.Timeout
}

export class Exchange {
  readonly #context: LaneContext
  readonly #limits: Limits
  readonly #in: Incoming
  readonly #dispatch: Dispatch
  readonly #startedAt = performance.now()
  readonly #hasBody: boolean
  #attempt: Attempt | undefined
  #answer: IncomingMessage | undefined
  /** The status that the client gets when no pod is left to try. */
  #failure: { readonly status: OwnStatus; readonly text: string } = { status: 503, text: 'no pod is ready to take this request' }
  #settled = false

  constructor(context: LaneContext, incoming: Incoming) {
    this.#context = context
    this.#limits = incoming.connection.route.limits(context.limits)
    this.#in = incoming
    const { connection, version, req } = incoming
    this.#dispatch = new Dispatch(connection.route, {
      port: connection.port.name ?? '',
      version,
      now: context.clock.now,
      peer: connection.peer,
      maxEjectedPercent: this.#limits.maxEjectedPercent,
      place: context.place,
    })
    const length = req.headers['content-length']
    this.#hasBody = req.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
  }

  start() {
    this.#in.res.once('close', () => this.#end())
    this.#try(false)
  }

  #try(unpooled: boolean) {
    const place = this.#dispatch.next()
    if (!place) return this.#answerFailure()
    const attempt: Attempt = { upstream: place.upstream, bytesBefore: -1, answered: false, over: false }
    this.#attempt = attempt
    try {
      this.#context.engine.forward({
        req: this.#in.req,
        res: this.#in.res,
        target: place.upstream.target,
        agent: unpooled ? UNPOOLED : place.upstream.agent,
        onRequest: request => this.#onRequest(attempt, request),
        onError: error => this.#onError(attempt, error),
      })
    } catch (error) {
      attempt.over = true
      this.#settled = true
      this.#context.log.debug('request cannot be passed on', { route: this.#in.connection.route.key, error })
      answerItself(this.#in.res, {
        router: this.#context.router,
        status: 400,
        text: 'the request has a header that cannot be passed on',
        close: true,
      })
    }
  }

  #onRequest(attempt: Attempt, request: ClientRequest) {
    attempt.request = request
    request.once('socket', socket => this.#onSocket(attempt, request, socket))
    request.once('response', answer => this.#onAnswer(attempt, answer))
    // A pod that switches protocols unasked: without a listener Node leaves the request without an end.
    request.once('upgrade', (_, socket) => {
      socket.destroy()
      this.#onError(attempt, new Error('the pod switched protocols without being asked'))
    })
    if (this.#in.expectsContinue) this.#expectContinue(attempt, request)
    else if (!this.#hasBody) request.end()
  }

  #onSocket(attempt: Attempt, request: ClientRequest, socket: Socket) {
    const { connectTimeoutMs, answerTimeoutMs } = this.#limits
    attempt.socket = socket
    const connected = () => {
      if (attempt.over) return
      clearTimeout(attempt.timer)
      attempt.bytesBefore = socket.bytesRead
      if (answerTimeoutMs > 0) this.#limit(attempt, 'answering', answerTimeoutMs)
      if (this.#hasBody && !this.#in.expectsContinue) this.#sendBody(request)
    }
    if (!socket.connecting) return connected()
    this.#limit(attempt, 'connecting', connectTimeoutMs)
    socket.once('connect', () => {
      attempt.upstream.markUp()
      connected()
    })
  }

  #sendBody(request: ClientRequest) {
    const { req, onBody } = this.#in
    req.on('data', (chunk: Buffer) => {
      this.#dispatch.passedIn(chunk.length)
      onBody?.(chunk)
    })
    req.pipe(request)
  }

  #limit(attempt: Attempt, expired: 'connecting' | 'answering', ms: number) {
    attempt.timer = setTimeout(() => {
      attempt.expired = expired
      attempt.request?.destroy(new Error(`the pod took more than ${ms} ms for ${expired}`))
    }, ms)
  }

  /** The pod is asked first; when it says nothing at all for a while the body is sent, as RFC 9110 10.1.1 has clients do. */
  #expectContinue(attempt: Attempt, request: ClientRequest) {
    const { res } = this.#in
    const goOn = () => {
      clearTimeout(timer)
      if (attempt.over || attempt.answered || res.destroyed) return
      if (!res.headersSent) res.writeContinue()
      this.#sendBody(request)
    }
    let timer: NodeJS.Timeout | undefined
    request.setHeader('Expect', '100-continue')
    request.once('continue', goOn)
    request.once('close', () => clearTimeout(timer))
    request.once('socket', socket => {
      const wait = () => {
        timer = setTimeout(goOn, this.#context.limits.continueTimeoutMs)
      }
      if (socket.connecting) socket.once('connect', wait)
      else wait()
    })
    request.flushHeaders()
  }

  #onError(attempt: Attempt, error: Error) {
    if (attempt.over) return
    if (attempt.answered) return this.#stopBody(attempt)
    attempt.over = true
    clearTimeout(attempt.timer)
    if (this.#settled || this.#in.res.destroyed) return
    if (isOwnExhaustion(error)) {
      this.#failure = NO_CONNECTION_LEFT
      return this.#answerFailure()
    }
    if (attempt.bytesBefore < 0) {
      this.#failure = attempt.expired
        ? { status: 504, text: 'the pod did not accept a connection in time' }
        : { status: 502, text: 'the pod refused the connection' }
      this.#dispatch.unreachable()
      return this.#try(false)
    }
    if (this.#wasStale(attempt)) return this.#try(true)
    this.#failure = attempt.expired
      ? { status: 504, text: 'the pod did not answer in time' }
      : { status: 502, text: 'the pod closed the connection without an answer' }
    this.#context.log.debug('pod failed a request', { route: this.#in.connection.route.key, pod: attempt.upstream.key, error })
    this.#dispatch.fail()
    this.#answerFailure()
  }

  /** A kept connection that the pod closed while it was idle: it never saw the request, or may see it again without harm. */
  #wasStale({ request, socket, bytesBefore, expired }: Attempt): boolean {
    if (!request?.reusedSocket || expired || this.#hasBody || !IDEMPOTENT.has(this.#in.req.method)) return false
    return socket?.bytesRead === bytesBefore
  }

  #answerFailure() {
    const { res, req, connection } = this.#in
    if (this.#settled || res.headersSent) return
    this.#settled = true
    // The rest of a body that nobody reads must not be taken for the next request.
    const close = !req.complete || asksToLeave(this.#context, connection)
    answerItself(res, { router: this.#context.router, ...this.#failure, close })
  }

  #onAnswer(attempt: Attempt, answer: IncomingMessage) {
    const { res, connection, cookie, req } = this.#in
    clearTimeout(attempt.timer)
    answer.on('error', () => {})
    if (attempt.over || this.#settled || res.destroyed) return void answer.destroy()
    const headers = answerHeaders(answer.rawHeaders)
    if (cookie) headers.push('Set-Cookie', cookie)
    // A client that waits for 100 Continue and gets a final answer may or may not send the body: only a new connection is in step.
    if (asksToLeave(this.#context, connection) || (this.#in.expectsContinue && !req.complete)) headers.push('Connection', 'close')
    try {
      res.writeHead(answer.statusCode ?? 0, answer.statusMessage, headers)
    } catch (error) {
      answer.destroy()
      return this.#onError(attempt, error instanceof Error ? error : new Error(String(error)))
    }
    attempt.answered = true
    this.#answer = answer
    this.#passBack(answer)
  }

  #passBack(answer: IncomingMessage) {
    const { res } = this.#in
    let begun = false
    const stopIdling = this.#limitIdle(answer)
    answer.on('data', (chunk: Buffer) => {
      begun = true
      this.#dispatch.passedOut(chunk.length)
      if (!res.write(chunk)) answer.pause()
    })
    res.on('drain', () => answer.resume())
    answer.once('end', () => {
      begun = true
      res.end()
    })
    answer.once('close', () => {
      stopIdling()
      if (answer.complete || res.destroyed) return
      // The pod died in the middle of its answer: the client must see that it is cut, not take it for whole.
      this.#settled = true
      this.#dispatch.fail()
      res.destroy()
    })
    // The head waits for the first bytes of the body, so that both leave together; an event stream may have none for long.
    setImmediate(() => {
      if (!begun && !res.destroyed) res.flushHeaders()
    })
  }

  /** Cuts an answer on which nothing moves; who does not read it has only themselves to blame. */
  #limitIdle(answer: IncomingMessage): () => void {
    const { idleTimeoutMs } = this.#limits
    if (idleTimeoutMs === 0) return () => {}
    const { res } = this.#in
    const timer = setTimeout(() => (answer.isPaused() ? res.destroy() : answer.destroy()), idleTimeoutMs)
    answer.on('data', () => timer.refresh())
    return () => clearTimeout(timer)
  }

  /** The pod has answered and reads no further: what the client still sends is let go, so that it comes to read the answer. */
  #stopBody({ request }: Attempt) {
    if (request) this.#in.req.unpipe(request)
    this.#in.req.resume()
  }

  #end() {
    const { res } = this.#in
    const attempt = this.#attempt
    if (attempt) clearTimeout(attempt.timer)
    if (!res.writableFinished) attempt?.request?.destroy()
    if (!this.#settled) {
      const outcome = res.writableFinished && this.#answer ? outcomeOf(res.statusCode) : 'clientAborts'
      this.#dispatch.finish(outcome, outcome === 'clientAborts' ? -1 : performance.now() - this.#startedAt)
    }
    this.#settled = true
    this.#dispatch.done()
  }
}

export const outcomeOf = (status: number): Exclude<Outcome, 'upstreamFailures'> =>
  status < 300 ? 'status2xx' : status < 400 ? 'status3xx' : status < 500 ? 'status4xx' : 'status5xx'
