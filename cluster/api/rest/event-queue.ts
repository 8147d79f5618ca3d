/** Lines on their way to one reader of a watch: pushed by the store, pulled as the connection takes them. */

export class EventQueue implements AsyncIterable<string> {
  readonly #limit: number
  #lines: string[] = []
  #wake: (() => void) | undefined
  #ended = false
  #failure: Error | undefined
  readonly #onEnd: (() => void)[] = []

  /** @param limit lines that may wait; a reader that falls behind further loses its watch. */
  constructor(limit: number) {
    this.#limit = limit
  }

  push(line: string): void {
    if (this.#ended) return
    this.#lines.push(line)
    if (this.#lines.length > this.#limit) this.end()
    this.#wake?.()
  }

  /** Ends the stream after what waits. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    for (const listener of this.#onEnd) listener()
    this.#wake?.()
  }

  /** Ends the stream at once, as a lost connection does. */
  fail(error: Error): void {
    this.#failure = error
    this.#lines = []
    this.end()
  }

  onEnd(listener: () => void): void {
    if (this.#ended) listener()
    else this.#onEnd.push(listener)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    try {
      for (;;) {
        if (this.#lines.length > 0) {
          const lines = this.#lines
          this.#lines = []
          yield lines.join('')
        } else if (this.#ended) {
          if (this.#failure) throw this.#failure
          return
        } else {
          await new Promise<void>(resolve => {
            this.#wake = resolve
          })
          this.#wake = undefined
        }
      }
    } finally {
      this.end()
    }
  }
}
