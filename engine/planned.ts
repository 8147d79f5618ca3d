import type { RolloutStatus } from '../api/rollout.ts'
import type { Intent } from './intents.ts'
import type { Seen } from './seen.ts'

export type Plan = {
  readonly intents: readonly Intent[]
  /** The whole status to report; undefined when there is no Rollout to report it on. Written only when it differs. */
  readonly status?: RolloutStatus
  /** When to look again even if nothing changes; milliseconds since the epoch. */
  readonly wakeAt?: number
}

export type PlanRollout = (seen: Seen, now: number) => Plan
