/** Whose turn it is: round robin over the targets, or the one that a client address had before. */
import type { Target } from './table.ts'

type Sticky = { readonly key: string; readonly until: number }

const keyOf = (target: Target): string => `${target.ip}:${target.port}`

/** More remembered client addresses than this, and those that have expired are dropped. */
const SWEEP_AT = 1000

export class Balancer {
  #targets: readonly Target[] = []
  #affinityMs: number | undefined
  #next: number
  readonly #sticky = new Map<string, Sticky>()

  /** `random` (0 to 1) decides where the round begins, so that several Services do not march in step. */
  constructor(random: () => number) {
    this.#next = Math.floor(random() * 1_000_003)
  }

  update(targets: readonly Target[], affinityMs: number | undefined): void {
    this.#targets = targets
    this.#affinityMs = affinityMs
    if (affinityMs === undefined) this.#sticky.clear()
  }

  get isEmpty(): boolean {
    return this.#targets.length === 0
  }

  /** A target that is not among `tried`; `undefined` when all were. With affinity the client's own comes first. */
  pick(client: string, now: number, tried: readonly Target[] = []): Target | undefined {
    const failed = new Set(tried.map(keyOf))
    const open = this.#targets.filter(target => !failed.has(keyOf(target)))
    const known = this.#remembered(client, now)
    const target = open.find(candidate => keyOf(candidate) === known) ?? open[this.#next++ % open.length]
    if (target && this.#affinityMs !== undefined) this.#sticky.set(client, { key: keyOf(target), until: now + this.#affinityMs })
    return target
  }

  #remembered(client: string, now: number): string | undefined {
    if (this.#affinityMs === undefined) return undefined
    if (this.#sticky.size > SWEEP_AT) for (const [key, { until }] of this.#sticky) if (until <= now) this.#sticky.delete(key)
    const sticky = this.#sticky.get(client)
    return sticky && sticky.until > now ? sticky.key : undefined
  }
}
