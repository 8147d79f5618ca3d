/**
 * status.duration: since when an update is under way, how long of that it waited for a person, and how it ended. Fields and endings of Argo
 * Rollouts 1.10; what of an update they are about is said here.
 */
import type { RolloutStatus } from '../../api/rollout.ts'
import { parseTime, timestamp } from '../time.ts'
import type { RolloutContext } from './context.ts'
import { REVISION_HISTORY } from './names.ts'
import { pauseSeconds } from './pause-seconds.ts'
import type { RolloutProgress } from './progress.ts'
import { isComplete } from './status.ts'
import { isRollbackWithinWindow } from './versions.ts'

export type Duration = NonNullable<RolloutStatus['duration']>
/** `Superseded` is never in a status: the next update begins in the same write. */
export type Ending = 'Promoted' | 'FastPromoted' | 'RolledBack' | 'FastRolledBack' | 'Aborted'

type Input = {
  readonly context: RolloutContext
  readonly progress: RolloutProgress
  readonly promoted: boolean
  /** The status to report, without this. */
  readonly after: RolloutStatus
}

const isReturn = ({ versions }: RolloutContext, after: RolloutStatus): boolean =>
  versions.current !== undefined && versions.current === versions.stable && after.stableRS === after.currentPodHash

/** A pause that only a person ends. */
const isManual = ({ context, progress }: Input): boolean => {
  const { rollout, steps, isPaused } = context
  const [pause] = progress.pauses
  if (isPaused) return true
  if (pause === undefined) return false
  if (pause.reason === 'CanaryPauseStep') return pauseSeconds(steps[progress.index]?.pause?.duration) === undefined
  return pause.reason !== 'BlueGreenPause' || !rollout.spec.strategy.blueGreen?.autoPromotionSeconds
}

const endingOf = ({ context, progress, promoted, after }: Input): Ending | undefined => {
  const { status, versions, rollout } = context
  if (progress.aborted) return 'Aborted'
  if (promoted) {
    if (progress.promoteFull || status.promoteFull) return 'FastPromoted'
    if (isRollbackWithinWindow(rollout, versions)) return 'FastRolledBack'
    const isOld = versions.current?.metadata.annotations?.[REVISION_HISTORY] !== undefined
    return isOld && versions.stable !== undefined ? 'RolledBack' : 'Promoted'
  }
  return isReturn(context, after) && isComplete(context, after) ? 'FastRolledBack' : undefined
}

const secondsSince = (start: string | undefined, now: number): number =>
  Math.max(0, Math.round((now - (parseTime(start) ?? now)) / 1000))

const withPause = (before: Duration, isPaused: boolean, now: number): Duration => {
  const { manualPauseStartedAt: since, totalManualPauseDurationSeconds: total = 0, ...rest } = before
  if (isPaused) return { ...before, manualPauseStartedAt: since ?? timestamp(now) }
  return since === undefined ? before : { ...rest, totalManualPauseDurationSeconds: total + secondsSince(since, now) }
}

/** What is reported of the update, or of the last one where none is under way; undefined where none was seen to begin. */
export const makeDuration = (input: Input): Duration | undefined => {
  const { context, progress, after } = input
  const { status, now } = context
  const isNew = after.currentPodHash !== status.currentPodHash && !isReturn(context, after)
  const before: Duration | undefined = isNew || progress.retried ? { rolloutStartedAt: timestamp(now) } : status.duration
  if (before === undefined || before.finishedAt !== undefined) return before
  const ending = endingOf(input)
  const kept = withPause(before, ending === undefined && isManual(input), now)
  return ending === undefined ? kept : { ...kept, finishedAt: timestamp(now), completionStatus: ending }
}

/** A template came back in the middle of an update, and all pods are of it again. */
export const hasReturned = ({ status }: RolloutContext, after: RolloutStatus, promoted: boolean): boolean =>
  !promoted && after.duration?.completionStatus === 'FastRolledBack' && status.duration?.finishedAt === undefined
