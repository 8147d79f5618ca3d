/** What a connection's bytes are read into: heads into a buffer that all connections share, a body into one of its own. */

/** A body of 64 KB and its head. */
const BODY_BYTES = 81_920
/**
 * Whatever is read into it is used up, or copied, before anything else is read. Small, so that with a thousand connections
 * it stays in the processor's cache, and no larger than what is copied behind a head (outbox.ts).
 */
export const SHARED = Buffer.allocUnsafeSlow(16_384)

/** Buffers for bodies that nobody uses: the collector runs early for memory that is allocated anew for each body. */
const spare: Buffer[] = []
const MAX_SPARE = 64

/** Connections that wait for their next message with a buffer of their own, since the last one was large: it then takes one read. */
const MAX_WAITING = 256
let waiting = 0

export class ReadBuffers {
  #own: Buffer | undefined
  #isKept = false
  #waits = false
  #isOver = false
  /** Bytes of the message so far. */
  #length = 0

  /** So many bytes have been read. */
  note(bytes: number) {
    this.#length += bytes
  }

  /** Another buffer than the one in use, or undefined. `forBody`: the next bytes are those of a body. */
  next(forBody: boolean): Buffer | undefined {
    if (forBody) {
      if (this.#own && !this.#isKept) return undefined
      this.#isKept = false
      this.#own = spare.pop() ?? Buffer.allocUnsafeSlow(BODY_BYTES)
      return this.#own
    }
    const wasLarge = this.#length > SHARED.length
    this.#length = 0
    if (!this.#own || (wasLarge && !this.#isKept && this.#mayWait())) return undefined
    // One that is kept is still being written from.
    if (!this.#isKept && spare.length < MAX_SPARE) spare.push(this.#own)
    this.#leave()
    this.#isKept = false
    this.#own = undefined
    return SHARED
  }

  #mayWait(): boolean {
    if (this.#waits) return true
    if (this.#isOver || waiting >= MAX_WAITING) return false
    waiting += 1
    this.#waits = true
    return true
  }

  isOwn(bytes: Buffer): boolean {
    return bytes === this.#own
  }

  /** Some of the own buffer has not been written yet: it stays as it is. */
  keep() {
    this.#isKept = true
  }

  /** The connection is over; what is still asked for in the same read takes no room. */
  drop() {
    this.#leave()
    this.#isOver = true
  }

  #leave() {
    if (this.#waits) waiting -= 1
    this.#waits = false
  }
}
