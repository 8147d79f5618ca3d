/**
 * A client's connection in the fast lane: reads one request after another, hands each to the exchange, and gives the whole
 * connection to the general lane at the first one that is not beyond doubt.
 */
import type { Socket } from 'node:net'
import { type OwnStatus, renderAnswer } from '../../proxy/answer.ts'
import type { Connection, LaneContext } from '../connection.ts'
import type { Asker } from './asker.ts'
import { allOf, Body, type Span } from './body.ts'
import { MORE, NOTHING, ODD } from './bytes.ts'
import { chooseFor, type FastChoice } from './choice.ts'
import { relayed } from './chunks.ts'
import { ClientInput } from './client-input.ts'
import { FastExchange } from './exchange.ts'
import { patience, type State } from './patience.ts'
import { SHARED } from './read-buffers.ts'
import { type Forwarded, forwardedFor, RequestCopy } from './render.ts'
import { RequestHead } from './request-head.ts'

/** Bytes of later requests that are taken in while one is answered. */
const MAX_AHEAD = 65_536
/** Pieces in which a head may come: whoever needs more is left to the general lane, whose parser does not begin anew each time. */
const MAX_PIECES = 8
/** A body up to this long, when it is there with its head, is sent as one piece with it. */
const SMALL_BODY = 4_096
/** One for all connections: what it holds is used up in the call in which it was read. */
const HEAD = new RequestHead()

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
  /** Where the body of the request that begins stands, as long as that is not copied. */
  #first: Span | undefined
  readonly #input: ClientInput
  readonly #copy = new RequestCopy()
  #close = false
  /**
   * Since when it has been as it is (no byte, no head, no move of the body), as seen by watch(), on the clock of
   * performance.now(); 0 until it looks. So nobody asks for the time at every turn.
   */
  #since = 0
  #isRunning = false
  /** `leave` is called once: the connection has ended, or goes to the general lane. */
  constructor(context: LaneContext, connection: Connection, leave: (client: FastClient, handOver: boolean) => void) {
    this.#context = context
    this.connection = connection
    this.#socket = connection.socket
    this.#leave = leave
    this.#exchange = new FastExchange(context, connection, this)
    this.#forwarded = forwardedFor(connection.peer, context.random)
    this.#input = new ClientInput(this.#socket, {
      inBody: () => this.#state === 'busy' && !this.#body.isOver,
      onBytes: (bytes, length) => this.#take(bytes, length),
    })
    for (const event of ['end', 'close']) this.#socket.on(event, this.#onGone)
    this.#socket.on('drain', this.#exchange.resume)
  }

  start() {
    this.#input.start()
  }

  #take(bytes: Buffer, length: number) {
    if (this.#state === 'leaving') return
    const rest = this.#rest
    if (rest) {
      this.#rest = Buffer.concat([rest, bytes.subarray(0, length)])
      if (this.#state !== 'busy') return this.#runRest()
    } else {
      // A head has its time from its first byte to its last, a body from one piece to the next.
      this.#since = 0
      const from = this.#state === 'busy' && !this.#body.isOver ? this.#takeBody(bytes, 0, length) : 0
      if (from < 0) return
      if (this.#state === 'asking') return this.#run(bytes, from, length)
      this.#keep(bytes, from, length)
    }
    if (this.#rest && this.#rest.length > MAX_AHEAD) this.#socket.pause()
  }

  #keep(bytes: Buffer, from: number, to: number) {
    this.#rest = from < to ? Buffer.from(bytes.subarray(from, to)) : undefined
  }

  #runRest() {
    const rest = this.#rest
    this.#rest = undefined
    if (rest) this.#run(rest, 0, rest.length)
  }

  /** Reads requests until one is under way or more bytes are needed. Never runs in itself, however often a request ends at once. */
  #run(bytes: Buffer, start: number, to: number) {
    this.#isRunning = true
    let from = start
    while (this.#state === 'asking' && from < to) {
      const end = this.#readRequest(bytes, from, to)
      if (end < 0) break
      from = end
    }
    this.#isRunning = false
    if (from < to && (this.#state === 'asking' || this.#state === 'busy')) this.#keep(bytes, from, to)
  }

  /** Where the request ends, as far as it is used up; below 0 when nothing more can be read for now. */
  #readRequest(bytes: Buffer, from: number, to: number): number {
    const end = HEAD.read(bytes, from, to)
    const { maxHeadBytes } = this.#context.limits
    if (end === MORE && ++this.#pieces <= MAX_PIECES && to - from <= maxHeadBytes) return MORE
    const choice = end < 0 || end - from > maxHeadBytes ? undefined : chooseFor(this.#context, this.connection, HEAD, bytes)
    if (!choice) {
      this.#handOver(bytes, from, to)
      return ODD
    }
    this.#pieces = 0
    this.#state = 'busy'
    this.connection.busy += 1
    this.#close = HEAD.close
    this.#body.start(HEAD.body)
    return this.#begin(choice, bytes, end, to)
  }

  #begin(choice: FastChoice, bytes: Buffer, end: number, to: number): number {
    const small = this.#body.takeWhole(to - end, SMALL_BODY)
    const head = this.#copy.make(HEAD, this.#forwarded, { bytes, end, small })
    choice.version.stats.bytesIn += small
    const isOver = this.#body.isOver
    if (!isOver) this.#first = { bytes, from: end, to }
    const { method, body } = HEAD
    this.#exchange.start({
      choice,
      head,
      bodyBytes: small,
      hasBody: body !== 0,
      isHead: method.name === 'HEAD',
      isIdempotent: method.isIdempotent,
    })
    if (isOver) return end + small
    if (!this.#first) this.#keepBehind(bytes)
    else if (this.#state === 'busy') {
      // There is no pod yet: what is there of the body waits.
      this.#keep(bytes, end, to)
      this.#socket.pause()
    }
    this.#first = undefined
    return to
  }

  /** Bytes that have been given to a write stay as they are until it has ended. */
  #keepBehind(bytes: Buffer) {
    if (this.#exchange.isBehind) this.#input.keep(bytes)
  }

  isRead(): boolean {
    return this.#body.isOver
  }

  leaves(): boolean {
    return this.#close
  }

  firstPiece(): Buffer | undefined {
    if (this.#body.isOver) return NOTHING
    this.#input.goOn()
    const { bytes, from, to } = this.#first ?? allOf(this.#rest)
    this.#first = undefined
    this.#rest = undefined
    const end = this.#readBody(bytes, from, to)
    if (end < 0) return undefined
    this.#keep(bytes, end, to)
    return relayed(bytes, from, end, this.#body.cuts)
  }

  onBegun(goesOn: boolean) {
    if (!goesOn && !this.#body.isOver) this.#socket.pause()
  }

  /** Where the body ends in these bytes, or `to`; below 0 when it broke the rules and all is over. */
  #readBody(bytes: Buffer, from: number, to: number): number {
    const end = this.#body.take(bytes, from, to)
    if (end < 0) this.#refuse()
    return end
  }

  /** The same, and sends it. */
  #takeBody(bytes: Buffer, from: number, to: number): number {
    const end = this.#readBody(bytes, from, to)
    if (end < 0) return ODD
    if (end > from && !this.#body.isUnwanted) this.#send(bytes, relayed(bytes, from, end, this.#body.cuts))
    if (this.#body.isOver && this.#state === 'busy' && this.#body.isAnswered) this.#endRequest()
    return end
  }

  #send(bytes: Buffer, piece: Buffer) {
    const goesOn = this.#exchange.sendBody(bytes === SHARED ? Buffer.from(piece) : piece)
    this.#keepBehind(bytes)
    if (!goesOn && !this.#body.isOver) this.#socket.pause()
  }

  onDrain() {
    this.#since = 0
    if (this.#state === 'busy' && !this.#body.isOver) this.#input.goOn()
  }

  onDeaf() {
    this.#body.isUnwanted = true
    this.#input.goOn()
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
    this.#since = 0
    this.#input.goOn()
    if (this.#rest && !this.#isRunning) this.#runRest()
  }

  /** A body that cannot be read without doubt. It is answered only when no other answer has begun. */
  #refuse() {
    const isAnswering = this.#exchange.isAnswering
    this.#exchange.abort()
    if (isAnswering) return void this.#socket.destroy()
    this.#say(400, 'this is not a request that can be read without doubt')
  }

  #say(status: OwnStatus, text: string) {
    this.#socket.write(renderAnswer({ router: this.#context.router, status, text }))
    this.#end()
  }

  /** The last answer is written: what the client still sends is let go, so that it comes to read the answer. */
  #end() {
    if (this.#state === 'busy') this.connection.busy -= 1
    this.#exchange.releaseBody(this.#body.isOver)
    this.connection.lastUsed = this.#context.clock.now()
    this.#state = 'leaving'
    this.#since = 0
    this.#rest = undefined
    this.#input.goOn()
    this.#socket.end()
  }

  #handOver(bytes: Buffer, from: number, to: number) {
    const rest = Buffer.from(bytes.subarray(from, to))
    this.#detach()
    this.#input.giveAway(rest)
    this.#leave(this, true)
  }

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
    this.#input.stop()
    for (const event of ['end', 'close']) this.#socket.removeListener(event, this.#onGone)
    this.#socket.removeListener('drain', this.#exchange.resume)
  }

  /** Ends what takes too long. `now` on the clock of performance.now(). */
  watch(now: number) {
    if (this.#since === 0) this.#since = now
    const waited = now - this.#since
    if (this.#state === 'busy') this.#exchange.watch(now)
    const owesBody = !this.#body.isOver && (this.#body.isAnswered || !this.#socket.isPaused())
    const isBehind = this.#socket.writableLength > 0
    const inHead = this.#rest !== undefined
    if (waited <= patience(this.#context.limits, { state: this.#state, inHead, owesBody, isBehind })) return
    if (this.#state !== 'asking' || !inHead) return void this.#socket.destroy()
    this.#say(408, 'the request head took too long')
  }
}
