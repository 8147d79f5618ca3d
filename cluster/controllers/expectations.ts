/** What a controller has written and its cache does not show yet. Until it does, counting from the cache would make or delete twice. */
import type { Clock } from '../../kube/clock.ts'

/** A write that never shows up (the object was deleted at once by somebody else) stops mattering after this. */
const FORGET_MS = 30_000

export class Expectations {
  readonly #clock: Clock
  readonly #awaited = new Map<string, Map<string, number>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `owner` waits for news of `name`. To be called before the write. */
  expect(owner: string, name: string): void {
    const names = this.#awaited.get(owner) ?? new Map<string, number>()
    names.set(name, this.#clock.now() + FORGET_MS)
    this.#awaited.set(owner, names)
  }

  /** The news has come, or the write failed. */
  settle(owner: string, name: string): void {
    const names = this.#awaited.get(owner)
    names?.delete(name)
    if (names?.size === 0) this.#awaited.delete(owner)
  }

  /** When the last awaited news is given up, in milliseconds since the epoch; `undefined` when nothing is awaited. */
  awaitedUntil(owner: string): number | undefined {
    const names = this.#awaited.get(owner)
    if (!names) return undefined
    const now = this.#clock.now()
    for (const [name, until] of names) if (until <= now) this.settle(owner, name)
    return names.size === 0 ? undefined : Math.max(...names.values())
  }
}
