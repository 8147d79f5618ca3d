/** A pass over a Rollout that failed is told where people look: as an event of it, under Argo Rollouts' reason. */
import type { Rollout } from '../../api/rollout.ts'
import { messageOf } from '../../kube/errors.ts'
import type { EventRecorder } from '../../kube/events.ts'

/** Fails as the pass does. */
export const tellingError = async <R>(
  events: Pick<EventRecorder, 'record'>,
  rollout: Rollout,
  pass: () => Promise<R>,
): Promise<R> => {
  try {
    return await pass()
  } catch (error) {
    events.record(rollout, { type: 'Warning', reason: 'ReconciliationError', message: messageOf(error) })
    throw error
  }
}
