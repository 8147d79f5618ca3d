/** What a connection's bytes are read into: heads into a buffer that all connections share, a body into one of its own. */

const BODY_BYTES = 65_536
/**
 * Whatever is read into it is used up, or copied, before anything else is read. Small, so that with a thousand connections
 * it stays in the processor's cache, and no larger than what is copied behind the head of an answer (outbox.ts).
 */
export const SHARED = Buffer.allocUnsafeSlow(16_384)

export class ReadBuffers {
  #own: Buffer | undefined
  #isKept = false

  /** Another buffer than the one in use, or undefined. `forBody`: the next bytes are those of a body. */
  next(forBody: boolean): Buffer | undefined {
    if (forBody) {
      if (this.#own && !this.#isKept) return undefined
      this.#isKept = false
      this.#own = Buffer.allocUnsafeSlow(BODY_BYTES)
      return this.#own
    }
    if (!this.#own) return undefined
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
