/** The routers' numbers for a page that is painted again and again: asked in the background, so that a slow answer holds nothing up. */
import type { Asked, Numbers, NumbersReader } from '../view/read-numbers.ts'
import { isInProgress, type RolloutView } from '../view/rollout-view.ts'

export type LiveNumbers = {
  /** What is known now; asks anew when that is due. */
  readonly newest: (view: RolloutView) => Numbers | undefined
}

const ASK_EVERY_MS = 2000
/** Whoever may not ask will not be allowed to in two seconds. */
const ASK_AGAIN_MS = 15_000

export const liveNumbers = (read: NumbersReader, now: () => number): LiveNumbers => {
  let known: Numbers | undefined
  let isAsking = false
  let nextAt = 0
  const take = (asked: Asked): void => {
    isAsking = false
    known = 'seconds' in asked ? asked : undefined
    nextAt = now() + (known === undefined ? ASK_AGAIN_MS : ASK_EVERY_MS)
  }
  return {
    newest: view => {
      const isTold = isInProgress(view) && view.services.some(({ route }) => route !== undefined)
      if (!isTold) return undefined
      if (!isAsking && now() >= nextAt) {
        isAsking = true
        // A failed reading is an answer of its own kind: the reader does not reject.
        void read(view).then(take)
      }
      return known
    },
  }
}
