/** One connection to a pod: carries one request at a time and reads the answers to them. */
import { connect, type Socket } from 'node:net'
import { AnswerHead } from './answer-head.ts'
import { MORE, ODD } from './bytes.ts'
import { ChunkReader, relayed } from './chunks.ts'
import { ReadBuffers, SHARED } from './read-buffers.ts'

/**
 * Idle connections are closed after this; most servers keep theirs for 5 s or more, and a server that announces less is
 * believed.
 */
const IDLE_MS = 4_000
/** What the pod may close earlier than it said. */
const HINT_MARGIN_MS = 1_000
/** As for the general lane. */
const MAX_ANSWER_HEAD = 65_536

/** Who has the connection for a request. Each call may end the use. */
export type PodUser = {
  readonly onConnected: () => void
  /** Reads `head` before it returns; the first piece of the body stands in `bytes` from `from` to `to`. */
  readonly onAnswer: (head: AnswerHead, piece: Piece) => void
  readonly onBody: (piece: Piece) => void
  /** The connection is over before the answer was; `answer` is what was wrong with it, if something was. */
  readonly onFailed: () => void
  readonly onDrain: () => void
}

/** Where connections are kept that have nothing to do. */
type Pool = { readonly put: (pod: PodConnection) => void; readonly drop: (pod: PodConnection) => void }

/** `isLast`: the answer ends with it. The bytes are only there for the call, unless keepBuffer() is called in it. */
export type Piece = { bytes: Buffer; from: number; to: number; headFrom: number; isLast: boolean }

type Expects = 'nothing' | 'head' | 'length' | 'chunks' | 'close'

/** One for all connections: what it holds is used up in the call in which it was read. */
const HEAD = new AnswerHead()
const PIECE: Piece = { bytes: Buffer.alloc(0), from: 0, to: 0, headFrom: 0, isLast: false }

export class PodConnection {
  readonly socket: Socket
  readonly pool: Pool
  isConnected = false
  /** Why it broke, when it did. */
  error: Error | undefined
  /** It has carried a request before this one. */
  isReused = false
  /** Something has come in answer to this request. */
  hasAnswered = false
  /** On the clock of performance.now(). */
  idleUntil = 0
  #user: PodUser | undefined
  #toHead = false
  #expects: Expects = 'nothing'
  #left = 0
  #chunks: ChunkReader | undefined
  #keep = true
  #keepMs = IDLE_MS
  /** A head that has not come whole. */
  #partial: Buffer | undefined
  readonly #buffers = new ReadBuffers()
  #isFirstBuffer = true

  constructor(address: { readonly host: string; readonly port: number }, pool: Pool) {
    this.pool = pool
    this.socket = connect({
      ...address,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 15_000,
      onread: { buffer: () => this.#nextBuffer(), callback: (length, bytes) => this.#read(bytes as Buffer, length) },
    })
    this.socket.on('connect', () => {
      this.isConnected = true
      this.#user?.onConnected()
    })
    // What became of it is told by 'close'.
    this.socket.on('error', error => {
      this.error = error
    })
    this.socket.on('end', () => this.#onEnd())
    this.socket.on('close', () => this.#onClose())
    this.socket.on('drain', () => this.#user?.onDrain())
  }

  /** A request begins; `toHead`: with the method HEAD. */
  use(user: PodUser, toHead: boolean) {
    this.#user = user
    this.#toHead = toHead
    this.#expects = 'head'
    this.hasAnswered = false
    this.#keep = true
    this.#keepMs = IDLE_MS
  }

  /** The user needs it no more. It is kept when the exchange left it in a state that is beyond doubt. `now` as for idleUntil. */
  release(isSent: boolean, now: number) {
    this.#user = undefined
    const isClean = this.#expects === 'nothing' && this.#keep && isSent && this.socket.writableLength === 0
    if (!isClean || this.#keepMs <= 0 || this.socket.destroyed) return void this.socket.destroy()
    this.isReused = true
    this.idleUntil = now + this.#keepMs
    this.pool.put(this)
  }

  /** Whoever gave the bytes of a piece to a write that has not ended calls this: they stay as they are. */
  keepBuffer() {
    this.#buffers.keep()
  }

  destroy() {
    this.#user = undefined
    this.socket.destroy()
  }

  /** Undefined, which the types of Node do not know, leaves the buffer as it is. */
  #nextBuffer(): Buffer {
    if (!this.#isFirstBuffer) return this.#buffers.next(this.#expects !== 'nothing' && this.#expects !== 'head') as Buffer
    this.#isFirstBuffer = false
    return SHARED
  }

  /** False: no more is to be read for now. */
  #read(bytes: Buffer, length: number): boolean {
    this.#buffers.note(length)
    if (!this.#user || this.#expects === 'nothing') {
      // Whatever this is, nobody has asked for it.
      this.#keep = false
      this.socket.destroy()
      return true
    }
    this.hasAnswered = true
    if (this.#expects === 'head') this.#readHead(bytes, length)
    else this.#readBody(bytes, 0, length)
    return !this.socket.isPaused()
  }

  #readHead(read: Buffer, length: number) {
    const isWhole = this.#partial === undefined
    const bytes = this.#partial ? Buffer.concat([this.#partial, read.subarray(0, length)]) : read
    const to = isWhole ? length : bytes.length
    this.#partial = undefined
    let from = 0
    let end = HEAD.read(bytes, { from, to, toHead: this.#toHead })
    // An interim answer (1xx) is for whoever asked for one; nobody did.
    while (end >= 0 && HEAD.status < 200 && HEAD.status !== 101) {
      from = end
      end = HEAD.read(bytes, { from, to, toHead: this.#toHead })
    }
    if (end === MORE && to - from <= MAX_ANSWER_HEAD) {
      this.#partial = Buffer.from(bytes.subarray(from, to))
      return
    }
    if (end < 0 || HEAD.status === 101) return this.#fail()
    this.#begin()
    const bodyEnd = this.#advance(bytes, end, to)
    if (bodyEnd === ODD) return this.#fail()
    this.#user?.onAnswer(HEAD, this.#piece({ bytes, headFrom: from, from: end, to: bodyEnd }))
  }

  #begin() {
    const { body, length, keep, keepSeconds } = HEAD
    this.#keep = keep
    if (keepSeconds >= 0) this.#keepMs = Math.min(IDLE_MS, keepSeconds * 1000 - HINT_MARGIN_MS)
    this.#left = length
    if (body === 'none' || (body === 'length' && length === 0)) this.#expects = 'nothing'
    else if (body === 'length') this.#expects = 'length'
    else if (body === 'untilClose') this.#expects = 'close'
    else {
      this.#expects = 'chunks'
      this.#chunks ??= new ChunkReader()
      this.#chunks.start()
    }
  }

  /** How far the answer goes in these bytes; what stands behind its end makes the connection useless. */
  #advance(bytes: Buffer, from: number, to: number): number {
    let end = to
    if (this.#expects === 'nothing') end = from
    else if (this.#expects === 'length') {
      end = Math.min(to, from + this.#left)
      this.#left -= end - from
      if (this.#left === 0) this.#expects = 'nothing'
    } else if (this.#expects === 'chunks' && this.#chunks) {
      end = this.#chunks.read(bytes, from, to)
      if (this.#chunks.isDone) this.#expects = 'nothing'
    }
    if (end < to) this.#keep = false
    return end
  }

  #readBody(bytes: Buffer, from: number, to: number) {
    const end = this.#advance(bytes, from, to)
    if (end === ODD) return this.#fail()
    this.#user?.onBody(this.#piece({ bytes, headFrom: from, from, to: end }))
  }

  #piece({ bytes, headFrom, from, to }: Omit<Piece, 'isLast'>): Piece {
    const cuts = this.#chunks?.cuts
    PIECE.bytes = bytes
    PIECE.from = from
    PIECE.to = to
    PIECE.headFrom = headFrom
    PIECE.isLast = this.#expects === 'nothing'
    if (cuts && cuts.length > 0) this.#cutPiece(cuts)
    return PIECE
  }

  /** The head, if there is one in front, moves along: positions in it stay true. */
  #cutPiece(cuts: number[]) {
    const { bytes, from, to } = PIECE
    PIECE.bytes = Buffer.concat([bytes.subarray(0, from), relayed(bytes, from, to, cuts)])
    PIECE.to = PIECE.bytes.length
    cuts.length = 0
  }

  #onEnd() {
    if (this.#expects !== 'close') return void this.socket.destroy()
    this.#expects = 'nothing'
    this.#user?.onBody(this.#piece({ bytes: SHARED, headFrom: 0, from: 0, to: 0 }))
  }

  #fail() {
    this.socket.destroy()
    this.#onClose()
  }

  #onClose() {
    this.#buffers.drop()
    const user = this.#user
    this.#user = undefined
    if (user) user.onFailed()
    else this.pool.drop(this)
  }
}
