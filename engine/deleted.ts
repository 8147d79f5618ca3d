/** A Deployment that is gone or going. Its Rollout and its pods go with it by their owner; its Services stay. */
import type { Plan } from './planned.ts'
import { releaseServices } from './release.ts'
import type { Seen } from './seen.ts'
import { wakeTime } from './status.ts'

export const planDeleted = (seen: Seen, now: number): Plan => {
  const { intents, waits } = releaseServices(seen, now)
  const wakeAt = wakeTime(waits, now)
  return { intents, ...(wakeAt !== undefined && { wakeAt }) }
}
