/**
 * How long a container waits before it is started again: 1 s, doubling to 30 s, from the beginning again after a run of 10 s.
 * (The kubelet has 10 s to 5 min and 10 min; here it is for development, where waiting costs more than restarting.)
 */
const FIRST_MS = 1000
const LONGEST_MS = 30_000
const GOOD_RUN_MS = 10_000

export const nextBackoff = (before: number | undefined, ranForMs: number): number =>
  before === undefined || ranForMs >= GOOD_RUN_MS ? FIRST_MS : Math.min(LONGEST_MS, before * 2)
