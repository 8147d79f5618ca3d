/** What stands between the newest version and the active Service: the analysis before the switch, then the pause. */
import type { AnalysisRunPointer, RolloutAnalysis } from '../../../api/rollout.ts'
import type { PauseCondition } from '../../progress.ts'
import { parseTime, timestamp } from '../../time.ts'
import { followAnalysis, pointerNow } from '../analysis/follow.ts'
import type { RolloutContext } from '../context.ts'
import type { RolloutIntent } from '../intents.ts'
import type { RolloutProgress } from '../progress.ts'
import type { BlueGreenView } from './view.ts'

export type Gate = {
  /** What comes behind it may be done. */
  readonly isOpen: boolean
  readonly progress: RolloutProgress
  readonly intents: readonly RolloutIntent[]
  readonly pointer?: AnalysisRunPointer | undefined
  /** The run that is waited for, which must not be ended. */
  readonly kept?: string | undefined
  /** Why the spec can not be run: its templates or arguments make no AnalysisRun. */
  readonly invalid?: string
  readonly wakeAt?: number
}

const without = (progress: RolloutProgress, reason: PauseCondition['reason']): RolloutProgress => ({
  ...progress,
  pauses: progress.pauses.filter(pause => pause.reason !== reason),
})

/** The controller paused, and a person took the pause away: that is how promotion is asked for. */
const isResumed = ({ controllerPause, pauses }: RolloutProgress): boolean => controllerPause && pauses.length === 0

const paused = (progress: RolloutProgress, reason: PauseCondition['reason'], now: number): RolloutProgress =>
  progress.pauses.some(pause => pause.reason === reason)
    ? progress
    : { ...progress, pauses: [...progress.pauses, { reason, startTime: timestamp(now) }], controllerPause: true }

export const abortBecause = (progress: RolloutProgress, abortReason: string): RolloutProgress => ({
  ...progress,
  aborted: true,
  pauses: [],
  controllerPause: false,
  abortReason,
})

export type AnalysisGate = {
  readonly type: 'PrePromotion' | 'PostPromotion'
  readonly analysis: RolloutAnalysis | undefined
  readonly before: AnalysisRunPointer | undefined
  /** There are no runs to be made: not asked for, or nothing to prove. */
  readonly isSkipped: boolean
  /** A run may be made now; one that is there is followed all the same. */
  readonly isDue: boolean
}

const open = (progress: RolloutProgress, more: Partial<Gate> = {}): Gate => ({ isOpen: true, progress, intents: [], ...more })
const closed = (progress: RolloutProgress, more: Partial<Gate> = {}): Gate => ({ isOpen: false, progress, intents: [], ...more })

/** Successful opens it, Failed and Error abort, Inconclusive pauses until a person goes on. */
export const analysisGate = (context: RolloutContext, progress: RolloutProgress, gate: AnalysisGate): Gate => {
  const { type, analysis, before, isSkipped, isDue } = gate
  if (analysis === undefined || isSkipped)
    return open(without(progress, 'InconclusiveAnalysisRun'), { pointer: pointerNow(context, before) })
  if (before === undefined && !isDue) return closed(progress)
  const { intents, pointer, phase, message } = followAnalysis(context, { type }, analysis, before)
  const told = { intents, pointer, kept: pointer?.name }
  switch (phase) {
    case 'Successful':
      return open(progress, told)
    case 'Failed':
    case 'Error':
      return closed(abortBecause(progress, message), told)
    case 'Inconclusive':
      return isResumed(progress) ? open(progress, told) : closed(paused(progress, 'InconclusiveAnalysisRun', context.now), told)
    case 'Waiting':
      return closed(progress, { invalid: message })
    default:
      return closed(progress, told)
  }
}

/** A person, or autoPromotionSeconds, ends it. */
export const pauseGate = ({ now }: RolloutContext, { strategy }: BlueGreenView, progress: RolloutProgress): Gate => {
  const seconds = strategy.autoPromotionSeconds ?? 0
  if (strategy.autoPromotionEnabled !== false && seconds === 0) return open(without(progress, 'BlueGreenPause'))
  if (isResumed(progress)) return open(progress)
  const held = paused(progress, 'BlueGreenPause', now)
  const since = parseTime(held.pauses.find(({ reason }) => reason === 'BlueGreenPause')?.startTime) ?? now
  const until = since + seconds * 1000
  // With the pause over by time the Rollout is as if a person had ended it, also for a controller that starts just now.
  if (seconds > 0 && now >= until) return open(without(held, 'BlueGreenPause'))
  return closed(held, seconds > 0 ? { wakeAt: until } : {})
}
