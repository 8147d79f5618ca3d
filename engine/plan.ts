/** The planner of the Deployment door: what was observed in, what to do and to report out. Pure and total. */
import { isHeld } from '../api/hold.ts'
import type { Rollout } from '../api/rollout.ts'
import { type Context, isOurRollout, readContext } from './context.ts'
import { planDeleted } from './deleted.ts'
import { planHeld } from './held.ts'
import type { Intent } from './intents.ts'
import type { Plan, PlanRollout } from './planned.ts'
import { planGone, planRest } from './rest.ts'

export type { Plan, PlanRollout } from './planned.ts'

const NAME_TAKEN_RECHECK_MS = 20_000
const OLD_ROLLOUT_RECHECK_MS = 1000

/** A Rollout of the Deployment's name that is not this Deployment's: a user's own, or one of a deleted Deployment. */
const planForeignRollout = (rollout: Rollout, { seen, deployment, now }: Context): Plan => {
  if (!isOurRollout(rollout, seen.name)) {
    const message = `A Rollout named ${seen.name} that Sluice did not make is in the way; rename it or the Deployment`
    const told: Intent = { kind: 'event', type: 'Warning', reason: 'RolloutNameTaken', message }
    return { intents: isHeld(deployment) ? [] : [told], wakeAt: now + NAME_TAKEN_RECHECK_MS }
  }
  const { name, uid = '', deletionTimestamp } = rollout.metadata
  const why = 'it belongs to a deleted Deployment of the same name'
  const intents: readonly Intent[] = deletionTimestamp === undefined ? [{ kind: 'deleteRollout', name, uid, why }] : []
  return { intents, wakeAt: now + OLD_ROLLOUT_RECHECK_MS }
}

/** The phases of a Deployment's life; each is a file. */
export const plan: PlanRollout = (seen, now) => {
  const { deployment, rollout } = seen
  if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return planDeleted(seen, now)
  const context = readContext(seen, now, deployment)
  const held = isHeld(deployment)
  if (rollout && !context.rollout && (context.optedIn || held)) return planForeignRollout(rollout, context)
  if (held) return planHeld(context)
  return context.optedIn ? planRest(context) : planGone(context)
}
