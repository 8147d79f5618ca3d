/** What happens to a Rollout outside of its plan is told where people look: as an event of it, under Argo Rollouts' reasons. */
import type { Rollout } from '../../api/rollout.ts'
import { messageOf } from '../../kube/errors.ts'
import type { EventRecorder } from '../../kube/events.ts'
import type { Informer } from '../../kube/informer.ts'
import type { Scope } from '../scope.ts'
import { isOurRollout } from './select.ts'

/** A pass that failed; it fails all the same. */
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

/** That a Rollout is gone, in Argo Rollouts' words (the name stands before the namespace there); the answer ends the telling. */
export const tellDeleted = (
  events: Pick<EventRecorder, 'record'>,
  rollouts: Pick<Informer<Rollout>, 'onChange'>,
  scope: Scope,
): (() => void) =>
  rollouts.onChange((_, rollout, before) => {
    if (rollout !== undefined || before === undefined || !isOurRollout(before, scope)) return
    const { name, namespace = '' } = before.metadata
    events.record(before, { type: 'Normal', reason: 'RolloutDeleted', message: `Rollout ${name}/${namespace} is deleted.` })
  })
