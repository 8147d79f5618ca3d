/** Whether the workers together can take all the traffic there is. Pure. */

/** A worker that died may be missing for so long, as long as another one serves. */
const MISSING_MS = 5_000

export type Place = {
  readonly serves: boolean
  /** When the worker that served there died, in ms; undefined while none has. */
  readonly diedAt: number | undefined
}

/** Undefined when they can, else one sentence of what is missing. */
export const missingWorkers = (places: readonly Place[], now: number): string | undefined => {
  const serving = places.filter(({ serves }) => serves).length
  const excused =
    serving > 0 ? places.filter(({ serves, diedAt }) => !serves && diedAt !== undefined && now - diedAt < MISSING_MS) : []
  if (serving + excused.length === places.length) return undefined
  return `${serving} of ${places.length} workers serve`
}
