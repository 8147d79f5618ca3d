/** The progress deadline: counted from the last progress of the new pods, and only while the update waits for them. */
import type { ConditionWish } from './conditions.ts'
import type { Context } from './context.ts'
import { readCounts } from './status.ts'
import { parseTime } from './time.ts'

export type Deadline = {
  readonly progressing: ConditionWish
  /** When it passes; absent while nothing is counted. */
  readonly at?: number
  readonly exceeded: boolean
}

const hasProgressed = (context: Context): boolean => {
  const { status } = context
  const counts = readCounts(context)
  return (
    (counts.updatedReplicas ?? 0) > (status.updatedReplicas ?? 0) ||
    (counts.readyReplicas ?? 0) > (status.readyReplicas ?? 0) ||
    (counts.availableReplicas ?? 0) > (status.availableReplicas ?? 0)
  )
}

export const readDeadline = (context: Context, isCounting: boolean): Deadline => {
  const { status, now, deadlineMs, versions } = context
  if (!isCounting) {
    const message = `ReplicaSet "${versions.current.name}" is not waited for`
    return { progressing: { type: 'Progressing', status: 'True', reason: 'FoundNewReplicaSet', message }, exceeded: false }
  }
  const before = status.conditions?.find(({ type }) => type === 'Progressing')
  const message = `ReplicaSet "${versions.current.name}" is progressing`
  const touch = hasProgressed(context)
  const progressing: ConditionWish = { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message, touch }
  const wasCounting = before?.status === 'True' && before.reason === 'ReplicaSetUpdated' && !touch
  const start = wasCounting ? (parseTime(before.lastUpdateTime) ?? now) : now
  return { progressing, at: start + deadlineMs, exceeded: wasCounting && now >= start + deadlineMs }
}
