/** Events that follow from how the status changes. */
import type { RolloutStatus } from '../../api/rollout.ts'
import { conditionOf } from '../status.ts'
import type { RolloutContext } from './context.ts'
import { event, type RolloutIntent } from './intents.ts'
import { newRevision } from './versions.ts'

const notCompleted = ({ status, versions }: RolloutContext, after: RolloutStatus): readonly RolloutIntent[] => {
  const [before, now] = [conditionOf(status, 'Completed')?.status, conditionOf(after, 'Completed')?.status]
  if (now !== 'False' || before === 'False') return []
  const revision = newRevision(versions)
  return [event('RolloutNotCompleted', `Rollout not completed, started update to revision ${revision} (${versions.hash})`)]
}

/** The newest version becomes the stable one. */
export const tellPromotion = ({ versions }: RolloutContext, why: string): RolloutIntent =>
  event('RolloutCompleted', `Rollout completed update to revision ${newRevision(versions)} (${versions.hash}): ${why}`)

export const statusEvents = (context: RolloutContext, after: RolloutStatus): readonly RolloutIntent[] => {
  const before = conditionOf(context.status, 'Progressing')
  const now = conditionOf(after, 'Progressing')
  const isNew = (reason: string) => now?.reason === reason && before?.reason !== reason
  const [pause] = after.pauseConditions ?? []
  const wasPaused = (context.status.pauseConditions ?? []).length > 0
  return [
    ...notCompleted(context, after),
    ...(pause !== undefined && !wasPaused ? [event('RolloutPaused', `Rollout is paused (${pause.reason})`)] : []),
    ...(isNew('RolloutResumed') ? [event('RolloutResumed', now?.message ?? '')] : []),
    ...(isNew('RolloutRetry') ? [event('RolloutRetry', now?.message ?? '')] : []),
    ...(isNew('RolloutAborted') ? [event('RolloutAborted', now?.message ?? '', 'Warning')] : []),
  ]
}
