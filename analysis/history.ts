/** What the routers saw of a canary and its stable version, second by second. */
import type { Tally } from '../api/router-admin.ts'

export type Second = {
  /** Unix second. */
  readonly second: number
  readonly canary: Tally
  readonly stable: Tally
}

export type History = {
  /** Unix second from which on the canary is judged. */
  readonly startedAt: number
  /** Oldest first, each second at most once; seconds without requests may be left out. Earlier than startedAt is not looked at. */
  readonly seconds: readonly Second[]
  /** The check passed before, so that too few requests lately are no reason to pause. */
  readonly passedBefore?: boolean
}
