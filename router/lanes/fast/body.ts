/** How far the body of a request has been read. Pure. */
import { NOTHING, ODD } from './bytes.ts'
import { ChunkReader } from './chunks.ts'
import { CHUNKED } from './request-head.ts'

const NONE: readonly number[] = []

/** A part of some bytes. */
export type Span = { readonly bytes: Buffer; readonly from: number; readonly to: number }

export const allOf = (bytes: Buffer = NOTHING): Span => ({ bytes, from: 0, to: bytes.length })

export class Body {
  isOver = true
  /** The request has been answered; the body may still be on its way. */
  isAnswered = false
  /** Nobody wants the rest of it. */
  isUnwanted = false
  #left = 0
  #chunks: ChunkReader | undefined

  /** What of the bytes that were taken last is not relayed: from, to, from, to. */
  get cuts(): readonly number[] {
    return this.#left === CHUNKED && this.#chunks ? this.#chunks.cuts : NONE
  }

  /** A body of `length` bytes, or CHUNKED. */
  start(length: number): void {
    this.isAnswered = false
    this.isUnwanted = false
    this.#left = length
    this.isOver = length === 0
    if (length !== CHUNKED) return
    this.#chunks ??= new ChunkReader()
    this.#chunks.start()
  }

  /** The length of the body when it is known, is there whole and is no longer than `max`: it is then over. Else 0. */
  takeWhole(available: number, max: number): number {
    const length = this.#left
    if (length <= 0 || length > max || length > available) return 0
    this.isOver = true
    return length
  }

  /** Where the body ends in these bytes, or `to` when it goes on; ODD when they break the rules. Sets `cuts`. */
  take(bytes: Buffer, from: number, to: number): number {
    if (this.#left === CHUNKED) return this.#takeChunks(bytes, from, to)
    const used = Math.min(this.#left, to - from)
    this.#left -= used
    this.isOver = this.#left === 0
    return from + used
  }

  #takeChunks(bytes: Buffer, from: number, to: number): number {
    const chunks = this.#chunks
    if (!chunks) return ODD
    const end = chunks.read(bytes, from, to)
    this.isOver = chunks.isDone
    return end
  }
}
