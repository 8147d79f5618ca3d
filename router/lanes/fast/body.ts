/** How far the body of a request has been read. Pure. */
import { ODD } from './bytes.ts'
import { ChunkReader, relayed } from './chunks.ts'
import { CHUNKED } from './request-head.ts'

const NOTHING = Buffer.alloc(0)

export class Body {
  /** Of the bytes that were taken last, how many belong to the body. */
  used = 0
  isOver = true
  /** The request has been answered; the body may still be on its way. */
  isAnswered = false
  /** Nobody wants the rest of it. */
  isUnwanted = false
  #left = 0
  #chunks: ChunkReader | undefined

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

  /** What of these bytes is to be relayed; undefined when they break the rules. */
  take(bytes: Buffer): Buffer | undefined {
    return this.#left === CHUNKED ? this.#takeChunks(bytes) : this.#takeLength(bytes)
  }

  #takeLength(bytes: Buffer): Buffer {
    this.used = Math.min(this.#left, bytes.length)
    this.#left -= this.used
    this.isOver = this.#left === 0
    return this.used === bytes.length ? bytes : bytes.subarray(0, this.used)
  }

  #takeChunks(bytes: Buffer): Buffer | undefined {
    const chunks = this.#chunks
    const end = chunks?.read(bytes, 0, bytes.length) ?? ODD
    if (!chunks || end < 0) return undefined
    this.used = end
    this.isOver = chunks.isDone
    return end === 0 ? NOTHING : relayed(bytes, 0, end, chunks.cuts)
  }
}
