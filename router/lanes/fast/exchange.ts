/** One request from its head to the end of its answer: tried on pods, passed on, answered, counted. As proxy/exchange.ts, on raw sockets. */
import type { Socket } from 'node:net'
import { Dispatch } from '../../dispatch.ts'
import { isOwnExhaustion, NO_CONNECTION_LEFT } from '../../exhaustion.ts'
import { markHead } from '../../mirror/copy-head.ts'
import { type OwnStatus, renderAnswer } from '../../proxy/answer.ts'
import { outcomeOf } from '../../proxy/exchange.ts'
import type { Upstream } from '../../upstream.ts'
import { asksToLeave, type Connection, type LaneContext } from '../connection.ts'
import type { AnswerHead } from './answer-head.ts'
import type { Asker, Request } from './asker.ts'
import { NOTHING } from './bytes.ts'
import { writeAnswer, writeChunk, writePiece, writeTogether } from './outbox.ts'
import { type Piece, PodConnection, type PodUser } from './pod-connection.ts'
import { renderTail } from './render.ts'

type Failure = { readonly status: OwnStatus; readonly text: string }

const NO_POD: Failure = { status: 503, text: 'no pod is ready to take this request' }

/** One for each client, used for its requests one after another. */
export class FastExchange implements PodUser {
  readonly #context: LaneContext
  readonly #connection: Connection
  readonly #socket: Socket
  readonly #asker: Asker
  readonly #keepSeconds: number
  #request: Request | undefined
  #dispatch: Dispatch | undefined
  #upstream: Upstream | undefined
  #pod: PodConnection | undefined
  #failure: Failure = NO_POD
  #expired: 'connecting' | 'answering' | undefined
  #startedAt = 0
  /** When the pod was asked to connect, or was given the request, as seen by watch(); 0 until it looks. */
  #since = 0
  #status = 0
  #rechunks = false
  #close = false
  /** The answer has begun. */
  #isAnswering = false
  /** The answer is over for the pod; the client may still be reading it. */
  #isAnswered = false

  constructor(context: LaneContext, connection: Connection, asker: Asker) {
    this.#context = context
    this.#connection = connection
    this.#socket = connection.socket
    this.#asker = asker
    this.#keepSeconds = Math.floor(context.limits.keepAliveMs / 1000)
  }

  start(request: Request) {
    const { route, port, peer } = this.#connection
    this.#request = request
    this.#startedAt = performance.now()
    this.#failure = NO_POD
    this.#isAnswering = false
    this.#isAnswered = false
    this.#dispatch = new Dispatch(route, {
      port: port.name ?? '',
      version: request.choice.version,
      now: this.#context.clock.now,
      peer,
      maxEjectedPercent: this.#context.limits.maxEjectedPercent,
      place: this.#context.place,
    })
    const { copy } = request.choice
    copy?.add(markHead(request.head, request.bodyBytes))
    this.#try(false)
    if (copy && this.#asker.isRead()) copy.end()
  }

  /** False: the pod is behind, no more of the body for now. */
  sendBody(bytes: Buffer): boolean {
    this.#note(bytes)
    return this.#pod?.socket.write(bytes) ?? true
  }

  #note(piece: Buffer) {
    if (piece.length === 0) return
    this.#dispatch?.passedIn(piece.length)
    const copy = this.#request?.choice.copy
    if (!copy) return
    copy.add(piece)
    if (this.#asker.isRead()) copy.end()
  }

  /** What was sent has not left yet. */
  get isBehind(): boolean {
    return (this.#pod?.socket.writableLength ?? 0) > 0
  }

  get isConnected(): boolean {
    return this.#pod?.isConnected ?? false
  }

  get isAnswering(): boolean {
    return this.#isAnswering
  }

  /** Nothing more of the body follows an answer that is complete. */
  releaseBody(isSent: boolean) {
    if (this.#pod) this.#release(isSent, performance.now())
  }

  /** The client has gone, or has broken the rules: nothing more of this comes to an end. */
  abort() {
    this.#pod?.destroy()
    this.#pod = undefined
    if (!this.#dispatch) return
    this.#dispatch.finish('clientAborts', -1)
    this.#over()
  }

  /** Ends attempts whose time is up. `now` on the clock of performance.now(). */
  watch(now: number) {
    const { connectTimeoutMs, answerTimeoutMs, idleTimeoutMs } = this.#connection.route.limits(this.#context.limits)
    const pod = this.#pod
    if (!pod || !this.#dispatch) return
    if (this.#isAnswering) return this.#watchAnswer(now, pod, idleTimeoutMs)
    const limit = pod.isConnected ? answerTimeoutMs : connectTimeoutMs
    if (this.#since === 0) this.#since = now
    if ((pod.isConnected && answerTimeoutMs === 0) || now - this.#since < limit) return
    this.#expired = pod.isConnected ? 'answering' : 'connecting'
    pod.destroy()
    this.onFailed()
  }

  /** An answer on which nothing moves is cut; who does not read it has only themselves to blame. */
  #watchAnswer(now: number, pod: PodConnection, idleTimeoutMs: number) {
    if (this.#since === 0) this.#since = now
    if (idleTimeoutMs === 0 || now - this.#since < idleTimeoutMs) return
    if (pod.socket.isPaused()) return void this.#socket.destroy()
    pod.destroy()
    this.onFailed()
  }

  #try(isSecond: boolean) {
    const place = this.#dispatch?.next()
    const request = this.#request
    if (!place || !request) return this.#answerFailure()
    const { upstream } = place
    const pod = (isSecond ? undefined : upstream.pods.take(this.#startedAt)) ?? new PodConnection(upstream.target, upstream.pods)
    this.#upstream = upstream
    this.#pod = pod
    this.#since = 0
    this.#expired = undefined
    pod.use(this, request.isHead)
    if (pod.isConnected) this.#send()
  }

  onConnected() {
    this.#upstream?.markUp()
    this.#since = 0
    this.#send()
  }

  #send() {
    const { head, hasBody } = this.#request ?? { head: NOTHING, hasBody: false }
    const pod = this.#pod
    if (!pod) return
    if (!hasBody) return void pod.socket.write(head)
    const piece = this.#asker.firstPiece()
    if (!piece) return
    this.#note(piece)
    this.#asker.onBegun(writeTogether(pod.socket, head, piece))
  }

  onDrain() {
    this.#asker.onDrain()
  }

  onFailed() {
    const pod = this.#pod
    this.#pod = undefined
    if (!pod) return
    if (this.#isAnswered || !this.#dispatch) return this.#asker.onDeaf()
    if (this.#isAnswering) return this.#cut()
    const expired = this.#expired
    if (isOwnExhaustion(pod.error)) {
      this.#failure = NO_CONNECTION_LEFT
      return this.#answerFailure()
    }
    if (!pod.isConnected) {
      this.#failure = expired
        ? { status: 504, text: 'the pod did not accept a connection in time' }
        : { status: 502, text: 'the pod refused the connection' }
      this.#dispatch.unreachable()
      return this.#try(false)
    }
    if (this.#wasStale(pod)) return this.#try(true)
    this.#failure = expired
      ? { status: 504, text: 'the pod did not answer in time' }
      : { status: 502, text: 'the pod closed the connection without an answer' }
    this.#dispatch.fail()
    this.#answerFailure()
  }

  /** A kept connection that the pod closed while it was idle: it never saw the request, or may see it again without harm. */
  #wasStale(pod: PodConnection): boolean {
    const request = this.#request
    return pod.isReused && !pod.hasAnswered && !this.#expired && request?.hasBody === false && request.isIdempotent
  }

  /** The pod died in the middle of its answer: the client must see that it is cut, not take it for whole. */
  #cut() {
    this.#dispatch?.fail()
    this.#over()
    this.#socket.destroy()
  }

  #answerFailure() {
    const close = !this.#asker.isRead() || this.#leaves()
    const { router } = this.#context
    const answer = renderAnswer({ router, ...this.#failure, close, isHead: this.#request?.isHead ?? false })
    this.#socket.write(answer)
    this.#over()
    this.#asker.onAnswered(close)
  }

  #leaves(): boolean {
    return this.#asker.leaves() || asksToLeave(this.#context, this.#connection)
  }

  onAnswer(head: AnswerHead, piece: Piece) {
    const pod = this.#pod
    if (!pod) return
    this.#isAnswering = true
    this.#since = 0
    this.#dispatch?.passedOut(piece.to - piece.from)
    this.#status = head.status
    this.#rechunks = head.body === 'untilClose'
    this.#close = this.#leaves()
    const tail = renderTail(this.#keepSeconds, {
      close: this.#close,
      cookie: this.#request?.choice.cookie,
      chunked: this.#rechunks,
      hasDate: head.hasDate,
      nowMs: this.#context.clock.now,
    })
    if (!this.#rechunks) return this.#written(writeAnswer(this.#socket, pod, head, piece, tail), piece.isLast)
    const body = { ...piece }
    writeAnswer(this.#socket, pod, head, { ...piece, to: piece.from }, tail)
    this.#written(writeChunk(this.#socket, body), piece.isLast)
  }

  onBody(piece: Piece) {
    const pod = this.#pod
    if (!pod) return
    this.#since = 0
    this.#dispatch?.passedOut(piece.to - piece.from)
    this.#written(this.#rechunks ? writeChunk(this.#socket, piece) : writePiece(this.#socket, pod, piece), piece.isLast)
  }

  #written(goesOn: boolean, isLast: boolean) {
    if (isLast) return this.#endAnswer()
    if (!goesOn) this.#pod?.socket.pause()
  }

  /** The client reads again. */
  readonly resume = () => {
    if (this.#isAnswering) this.#pod?.socket.resume()
  }

  #endAnswer() {
    this.#isAnswered = true
    // A body may still be on its way to the pod: then the connection goes back with the end of that.
    const now = performance.now()
    if (this.#asker.isRead()) this.#release(true, now)
    if (this.#socket.writableLength === 0) this.#finish(now)
    else this.#finishWhenRead()
  }

  #finishWhenRead() {
    this.#socket.write(NOTHING, () => {
      if (!this.#socket.destroyed) this.#finish(performance.now())
    })
  }

  #finish(now: number) {
    if (!this.#dispatch) return
    this.#dispatch.finish(outcomeOf(this.#status), now - this.#startedAt)
    this.#over()
    this.#asker.onAnswered(this.#close)
  }

  #release(isSent: boolean, now: number) {
    const pod = this.#pod
    this.#pod = undefined
    pod?.release(isSent, now)
  }

  #over() {
    this.#dispatch?.done()
    this.#dispatch = undefined
    this.#request?.choice.copy?.abort()
    this.#request = undefined
  }
}
