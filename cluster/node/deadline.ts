/** A moment by which something must have ended; it can be brought forward. */
export class Deadline {
  readonly #passed = Promise.withResolvers<void>()
  #timer: NodeJS.Timeout | undefined
  #at = Number.POSITIVE_INFINITY

  constructor(afterMs: number) {
    this.shorten(afterMs)
  }

  /** Resolves when the moment has come. */
  get passed(): Promise<void> {
    return this.#passed.promise
  }

  /** `afterMs` from now, if that is earlier. */
  shorten(afterMs: number): void {
    const at = performance.now() + afterMs
    if (at >= this.#at) return
    this.#at = at
    clearTimeout(this.#timer)
    if (afterMs <= 0) this.#passed.resolve()
    else this.#timer = setTimeout(() => this.#passed.resolve(), afterMs)
  }

  get isOver(): boolean {
    return performance.now() >= this.#at
  }

  /** The timer is not needed any more. */
  cancel(): void {
    clearTimeout(this.#timer)
  }
}
