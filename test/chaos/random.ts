/** Seeded random numbers (mulberry32): a run can be had again by its seed. */
export type Random = {
  /** 0 <= x < 1. */
  readonly next: () => number
  readonly between: (low: number, high: number) => number
  readonly pick: <T>(items: readonly T[]) => T | undefined
}

export const makeRandom = (seed: number): Random => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296
  }
  return { next, between: (low, high) => low + next() * (high - low), pick: items => items[Math.floor(next() * items.length)] }
}
