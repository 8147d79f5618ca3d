/** Loopback addresses for pods: each pod its own, none given again within a minute of being freed. */

const COOL_DOWN_MS = 60_000
const PER_BLOCK = 254

/** Addresses `PREFIX.x.y`; `prefix` is two bytes such as `127.130`. */
export class PodAddresses {
  readonly #prefix: string
  readonly #now: () => number
  readonly #taken = new Set<number>()
  readonly #freedAt = new Map<number, number>()
  #last = 0

  constructor(prefix: string, now: () => number) {
    this.#prefix = prefix
    this.#now = now
  }

  /** The next free address in turn. Throws when all are in use. */
  allocate(): string {
    const size = PER_BLOCK * 256
    for (let tried = 0; tried < size; tried += 1) {
      this.#last = (this.#last + 1) % size
      if (this.#isFree(this.#last)) {
        this.#taken.add(this.#last)
        this.#freedAt.delete(this.#last)
        return `${this.#prefix}.${Math.floor(this.#last / PER_BLOCK)}.${(this.#last % PER_BLOCK) + 1}`
      }
    }
    throw new Error(`all ${size} addresses of ${this.#prefix}.0.0/16 are in use`)
  }

  release(address: string): void {
    const [, , third, fourth] = address.split('.').map(Number)
    const index = (third ?? 0) * PER_BLOCK + (fourth ?? 1) - 1
    this.#taken.delete(index)
    this.#freedAt.set(index, this.#now())
  }

  #isFree(index: number): boolean {
    const freedAt = this.#freedAt.get(index)
    return !this.#taken.has(index) && (freedAt === undefined || this.#now() - freedAt >= COOL_DOWN_MS)
  }
}
