/** From what a strategy decided to the whole plan: conditions, phase, message, events and the next look. The same for every strategy. */
import type { RolloutStatus } from '../../api/rollout.ts'
import type { Waiting } from '../waiting.ts'
import { abortAtDeadline, deadlineOf, makeConditions } from './conditions.ts'
import type { RolloutContext } from './context.ts'
import { hasReturned, makeDuration } from './duration.ts'
import type { RolloutIntent } from './intents.ts'
import { tellPhase } from './phase.ts'
import { makeFields, type Standing } from './status.ts'
import { statusEvents, tellPromotion } from './told.ts'

export type RolloutPlan = {
  readonly intents: readonly RolloutIntent[]
  /** The whole status to report. Written only when it differs. */
  readonly status?: RolloutStatus
  /** When to look again even if nothing changes; milliseconds since the epoch. */
  readonly wakeAt?: number
}

export type Draft = Standing & {
  readonly intents: readonly RolloutIntent[]
  readonly created?: string
  readonly wakeAt?: number | undefined
  /** What the update waits for besides its step. */
  readonly waiting?: Waiting | undefined
}

/** Conditions, phase and message of a draft, and the events of what changed. */
export const finish = (context: RolloutContext, draft: Draft): RolloutPlan => {
  const first = makeFields(context, draft)
  const progress = abortAtDeadline(context, draft.progress, first)
  const fields = progress === draft.progress ? first : makeFields(context, { ...draft, progress })
  const conditions = makeConditions({ context, progress, after: fields, created: draft.created, waiting: draft.waiting })
  const duration = makeDuration({ context, progress, promoted: draft.promoted, after: fields })
  const known: RolloutStatus = { ...fields, conditions, ...(duration && { duration }) }
  const { phase, message } = tellPhase(known, context.rollout.spec)
  const status: RolloutStatus = { ...known, phase, ...(message !== '' && { message }) }
  const deadline = deadlineOf({ ...context, status }, progress)
  // Only after the deadline it has passed; times of conditions are whole seconds.
  const times = [draft.wakeAt, deadline === undefined ? undefined : deadline + 1000].filter(at => at !== undefined)
  const wakeAt = times.length > 0 ? Math.max(context.now + 1, Math.min(...times)) : undefined
  const returned = hasReturned(context, status, draft.promoted) ? [tellPromotion(context, 'Fast rollback')] : []
  return {
    intents: [...draft.intents, ...returned, ...statusEvents(context, status)],
    status,
    ...(wakeAt !== undefined && { wakeAt }),
  }
}
