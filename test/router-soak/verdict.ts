/** Whether the memory of a router stayed as it was. Pure. */

export type Growth = {
  /** Medians of the first and the last third of the samples, in MiB. */
  readonly firstMiB: number
  readonly lastMiB: number
  /** By how much the last is more than the first: 0.1 is 10 %. */
  readonly growth: number
}

/** `rss`: samples in bytes after the warm-up, oldest first, at least one. */
export const growthOf = (rss: readonly number[]): Growth => {
  const third = Math.max(1, Math.floor(rss.length / 3))
  const [first, last] = [median(rss.slice(0, third)), median(rss.slice(-third))]
  const inMiB = (bytes: number) => Math.round((bytes / 1024 / 1024) * 10) / 10
  return { firstMiB: inMiB(first), lastMiB: inMiB(last), growth: Math.round((last / first - 1) * 1000) / 1000 }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
