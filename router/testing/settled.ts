/**
 * Tests look at counts right after an answer, and ask right after a change. In one process both are true at once; where workers
 * serve (see path-under-test.ts) clients of tests wait for it.
 */
const waits = new Set<() => Promise<void>>()

/** Resolves when all that was told to routers under test is in force, and all that they counted is known. */
export const settled = async (): Promise<void> => {
  for (const wait of waits) await wait()
}

/** Gives a function that ends it. */
export const settle = (wait: () => Promise<void>): (() => void) => {
  waits.add(wait)
  return () => void waits.delete(wait)
}
