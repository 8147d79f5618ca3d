/** What a connection's bytes are read into: heads into a buffer that all connections share, a body into one of its own. */

const BODY_BYTES = 65_536
/**
 * Whatever is read into it is used up, or copied, before anything else is read. Small, so that with a thousand connections
 * it stays in the processor's cache, and no larger than what is copied behind the head of an answer (outbox.ts).
 */
export const SHARED = Buffer.allocUnsafeSlow(16_384)

/** Buffers for bodies that nobody uses: the collector runs early for memory that is allocated anew for each body. */
const spare: Buffer[] = []
const MAX_SPARE = 64

export class ReadBuffers {
  #own: Buffer | undefined
  #isKept = false

  /** Another buffer than the one in use, or undefined. `forBody`: the next bytes are those of a body. */
  next(forBody: boolean): Buffer | undefined {
    if (forBody) {
      if (this.#own && !this.#isKept) return undefined
      this.#isKept = false
      this.#own = spare.pop() ?? Buffer.allocUnsafeSlow(BODY_BYTES)
      return this.#own
    }
    if (!this.#own) return undefined
    // One that is kept is still being written from.
    if (!this.#isKept && spare.length < MAX_SPARE) spare.push(this.#own)
    this.#isKept = false
    this.#own = undefined
    return SHARED
  }

  isOwn(bytes: Buffer): boolean {
    return bytes === this.#own
  }

  /** Some of the own buffer has not been written yet: it stays as it is. */
  keep() {
    this.#isKept = true
  }
}
