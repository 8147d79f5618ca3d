/**
 * A client's connection in the fast lane: reads one request after another, hands each to the exchange, and gives the whole
 * connection to the general lane at the first one that is not beyond doubt.
 */
import type { Socket } from 'node:net'
import { renderAnswer } from '../../proxy/answer.ts'
import type { Connection, LaneContext } from '../connection.ts'
import { Body } from './body.ts'
import { ODD } from './bytes.ts'
import { chooseFor } from './choice.ts'
import { type Asker, FastExchange } from './exchange.ts'
import { type Forwarded, forwardedFor, renderRequest, requestRoom } from './render.ts'
import { RequestHead } from './request-head.ts'

/** Bytes of later requests that are taken in while one is answered. */
const MAX_AHEAD = 65_536
/** Pieces in which a head may come: whoever needs more is left to the general lane, whose parser does not begin anew each time. */
const MAX_PIECES = 8
/** A body up to this long, when it is there with its head, is sent as one piece with it. */
const SMALL_BODY = 4_096
/** How long a client may take to close after its last answer. */
const LINGER_MS = 2_000

/** One for all connections: what it holds is used up in the call in which it was read. */
const HEAD = new RequestHead()

/** `asking`: between requests, or in a head. `busy`: a request is under way. `leaving`: the last answer has been given. */
type State = 'asking' | 'busy' | 'leaving' | 'gone'

export class FastClient implements Asker {
  readonly connection: Connection
  readonly #context: LaneContext
  readonly #socket: Socket
  readonly #exchange: FastExchange
  readonly #leave: (client: FastClient, handOver: boolean) => void
  readonly #forwarded: Forwarded
  readonly #body = new Body()
  #state: State = 'asking'
  /** What has been read and not been used: a part of a head, a body that must wait, later requests. */
  #rest: Buffer | undefined
  #pieces = 0
  #head = Buffer.alloc(0)
  #close = false
  /** Since when it has been as it is: no byte, no head, no move of the body. On the clock of performance.now(). */
  #since = performance.now()
  #isRunning = false

  /** `leave` is called once: the connection has ended, or goes to the general lane. */
  constructor(context: LaneContext, connection: Connection, leave: (client: FastClient, handOver: boolean) => void) {
    this.#context = context
    this.connection = connection
    this.#socket = connection.socket
    this.#leave = leave
    this.#exchange = new FastExchange(context, connection, this)
    this.#forwarded = forwardedFor(connection.peer)
    this.#socket.on('data', this.#onData)
    this.#socket.on('end', this.#onGone)
    this.#socket.on('close', this.#onGone)
    this.#socket.on('drain', this.#onClientDrain)
  }

  readonly #onData = (chunk: Buffer) => {
    if (this.#state === 'leaving') return
    const rest = this.#rest
    // A head has its time from its first byte to its last, a body from one piece to the next.
    if (rest === undefined) this.#since = performance.now()
    if (rest === undefined && this.#state === 'busy' && !this.#body.isOver) {
      const used = this.#takeBody(chunk)
      if (used < 0 || used === chunk.length) return
      this.#rest = chunk.subarray(used)
    } else this.#rest = rest ? Buffer.concat([rest, chunk]) : chunk
    if (this.#state === 'busy') {
      if (this.#rest.length > MAX_AHEAD) this.#socket.pause()
    } else this.#run()
  }

  /** Reads requests until one is under way or more bytes are needed. Never called by itself, however often a request ends at once. */
  #run() {
    if (this.#isRunning) return
    this.#isRunning = true
    while (this.#rest && this.#state === 'asking') if (!this.#readRequest(this.#rest)) break
    this.#isRunning = false
  }

  /** False: nothing more can be read for now. */
  #readRequest(bytes: Buffer): boolean {
    const end = HEAD.read(bytes, 0, bytes.length)
    if (end < 0) {
      this.#pieces++
      if (end === ODD || bytes.length > this.#context.limits.maxHeadBytes || this.#pieces > MAX_PIECES) this.#handOver()
      return false
    }
    const choice = end > this.#context.limits.maxHeadBytes ? undefined : chooseFor(this.#context, this.connection, HEAD, bytes)
    if (!choice) {
      this.#handOver()
      return false
    }
    this.#pieces = 0
    this.#state = 'busy'
    this.connection.busy += 1
    this.#close = HEAD.close
    this.#body.start(HEAD.body)
    const small = this.#body.takeWhole(bytes.length - end, SMALL_BODY)
    const head = this.#renderHead(bytes, end, small)
    choice.version.stats.bytesIn += small
    const { method, body } = HEAD
    this.#exchange.start({
      version: choice.version,
      cookie: choice.cookie,
      head,
      hasBody: body !== 0,
      isHead: method.word === 'HEAD ',
      isIdempotent: method.isIdempotent,
    })
    // Nothing is read for a pod that is not there yet.
    if (this.#state === 'busy' && !this.#body.isOver && !this.#exchange.isConnected) this.#socket.pause()
    return true
  }

  /** What of the bytes belongs to the head, and a small body with it, is used up. */
  #renderHead(bytes: Buffer, end: number, small: number): Buffer {
    const room = requestRoom(HEAD, this.#forwarded) + small
    if (this.#head.length < room) this.#head = Buffer.allocUnsafeSlow(Math.max(room, 512))
    let at = renderRequest(HEAD, bytes, this.#head, this.#forwarded)
    if (small > 0) at += bytes.copy(this.#head, at, end, end + small)
    this.#rest = end + small === bytes.length ? undefined : bytes.subarray(end + small)
    return this.#head.subarray(0, at)
  }

  isRead(): boolean {
    return this.#body.isOver
  }

  leaves(): boolean {
    return this.#close
  }

  onReady() {
    if (this.#body.isOver) return
    this.#goOn()
    const held = this.#rest
    if (!held) return
    this.#rest = undefined
    const used = this.#takeBody(held)
    if (used >= 0 && used < held.length) this.#rest = held.subarray(used)
  }

  /** How many of these bytes belong to the body, or ODD when it broke the rules and all is over. */
  #takeBody(chunk: Buffer): number {
    const piece = this.#body.take(chunk)
    if (!piece) {
      this.#refuse()
      return ODD
    }
    if (piece.length > 0 && !this.#body.isUnwanted && !this.#exchange.sendBody(piece) && !this.#body.isOver) this.#socket.pause()
    if (this.#body.isOver && this.#state === 'busy' && this.#body.isAnswered) this.#endRequest()
    return this.#body.used
  }

  onDrain() {
    this.#since = performance.now()
    if (this.#state === 'busy' && !this.#body.isOver) this.#goOn()
  }

  onDeaf() {
    this.#body.isUnwanted = true
    this.#goOn()
  }

  #goOn() {
    if (this.#socket.isPaused()) this.#socket.resume()
  }

  onAnswered(close: boolean) {
    this.#close ||= close
    this.#body.isAnswered = true
    if (this.#body.isOver) this.#endRequest()
    else if (close) this.#end()
  }

  #endRequest() {
    this.#exchange.releaseBody(true)
    if (this.#close) return this.#end()
    this.connection.busy -= 1
    this.connection.lastUsed = this.#context.clock.now()
    this.#state = 'asking'
    this.#since = performance.now()
    this.#goOn()
    if (this.#rest) this.#run()
  }

  /** A body that cannot be read without doubt. It is answered only when no other answer has begun. */
  #refuse() {
    const isAnswering = this.#exchange.isAnswering
    this.#exchange.abort()
    if (isAnswering) return void this.#socket.destroy()
    const text = 'this is not a request that can be read without doubt'
    this.#socket.write(renderAnswer({ router: this.#context.router, status: 400, text }))
    this.#end()
  }

  /** The last answer is written: what the client still sends is let go, so that it comes to read the answer. */
  #end() {
    if (this.#state === 'busy') this.connection.busy -= 1
    this.#exchange.releaseBody(this.#body.isOver)
    this.connection.lastUsed = this.#context.clock.now()
    this.#state = 'leaving'
    this.#since = performance.now()
    this.#rest = undefined
    this.#goOn()
    this.#socket.end()
  }

  #handOver() {
    const rest = this.#rest
    this.#detach()
    this.#socket.pause()
    if (rest) this.#socket.unshift(rest)
    this.#leave(this, true)
  }

  readonly #onClientDrain = () => this.#exchange.resume()

  /** The client has ended its side, or is gone altogether: it does not wait for an answer any more. */
  readonly #onGone = () => {
    if (this.#state === 'gone') return
    const wasBusy = this.#state === 'busy'
    this.#detach()
    if (wasBusy) {
      this.#exchange.abort()
      this.connection.busy -= 1
    }
    this.#socket.destroy()
    this.#leave(this, false)
  }

  #detach() {
    this.#state = 'gone'
    this.#rest = undefined
    this.#socket.removeListener('data', this.#onData)
    this.#socket.removeListener('end', this.#onGone)
    this.#socket.removeListener('close', this.#onGone)
    this.#socket.removeListener('drain', this.#onClientDrain)
  }

  /** Ends what takes too long. `now` on the clock of performance.now(). */
  watch(now: number) {
    const { headTimeoutMs, keepAliveMs, bodyStallMs } = this.#context.limits
    const waited = now - this.#since
    if (this.#state === 'busy') {
      this.#exchange.watch(now)
      if (!this.#body.isOver && waited > bodyStallMs && !this.#isHeldBack()) this.#socket.destroy()
    } else if (this.#state === 'leaving') {
      if (waited > LINGER_MS && this.#socket.writableLength === 0) this.#socket.destroy()
    } else if (!this.#rest) {
      if (waited > keepAliveMs) this.#socket.destroy()
    } else if (waited > headTimeoutMs) this.#tooSlow()
  }

  /** It is the pod that does not read, unless it has answered already. */
  #isHeldBack(): boolean {
    return this.#socket.isPaused() && !this.#body.isAnswered
  }

  #tooSlow() {
    this.#socket.write(renderAnswer({ router: this.#context.router, status: 408, text: 'the request head took too long' }))
    this.#end()
  }
}
