/** The conditions of a Rollout, with the types, reasons and messages of Argo Rollouts. */
import type { Condition } from '../../api/kubernetes.ts'
import type { RolloutStatus } from '../../api/rollout.ts'
import { applyConditions, type ConditionWish } from '../conditions.ts'
import { conditionOf } from '../status.ts'
import { parseTime } from '../time.ts'
import { renderWaiting, type Waiting, waitingSince } from '../waiting.ts'
import { isSettled, type RolloutContext } from './context.ts'
import { lostPods } from './growth.ts'
import type { RolloutProgress } from './progress.ts'
import { hasProgressed, isComplete } from './status.ts'
import { newRevision } from './versions.ts'

export type ConditionInput = {
  readonly context: RolloutContext
  readonly progress: RolloutProgress
  /** The status to report, without conditions. */
  readonly after: RolloutStatus
  /** Name of the newest version's ReplicaSet, when it is made in this pass. */
  readonly created: string | undefined
  /** What the update waits for besides its step. */
  readonly waiting?: Waiting | undefined
}

type Wish = Omit<ConditionWish, 'type'>

const timedOutText = ({ versions, seen }: RolloutContext): string =>
  `ReplicaSet "${versions.current?.metadata.name ?? seen.name}" has timed out progressing.`

const abortText = ({ versions }: RolloutContext, { abortReason }: RolloutProgress, before: Condition | undefined): string => {
  if (abortReason === undefined && before?.reason === 'RolloutAborted' && before.message) return before.message
  return `Rollout aborted update to revision ${newRevision(versions)}${abortReason === undefined ? '' : `: ${abortReason}`}`
}

const isPausedNow = ({ context, progress }: ConditionInput): boolean => context.isPaused || progress.pauses.length > 0

/** Reasons that set no clock: the deadline does not count from them. */
const CLOCKLESS = ['RolloutAborted', 'RolloutPaused', 'NewReplicaSetAvailable', 'ProgressDeadlineExceeded']

/** An analysis on which the switch of a blue-green update, or its end, depends. */
const isJudged = ({ blueGreen }: RolloutStatus): boolean =>
  [blueGreen?.prePromotionAnalysisRunStatus, blueGreen?.postPromotionAnalysisRunStatus].some(
    run => run?.status === 'Pending' || run?.status === 'Running',
  )

/** When the progress deadline passes; undefined while it does not count (paused, judged, done, or nothing in flight). */
export const deadlineOf = (context: RolloutContext, progress: RolloutProgress): number | undefined => {
  const before = conditionOf(context.status, 'Progressing')
  const since = parseTime(before?.lastUpdateTime)
  const isCounted = before !== undefined && since !== undefined && !CLOCKLESS.includes(before.reason ?? '')
  const isWaiting =
    context.isPaused ||
    isJudged(context.status) ||
    progress.pauses.length > 0 ||
    context.steps[progress.index]?.pause !== undefined ||
    context.steps[progress.index]?.analysis !== undefined ||
    context.steps[progress.index]?.experiment !== undefined
  return isCounted && !isWaiting && !progress.aborted ? since + context.deadlineMs : undefined
}

/** The deadline has passed, nothing moved since, and the user wants the update in flight aborted for that. */
export const abortAtDeadline = (context: RolloutContext, progress: RolloutProgress, after: RolloutStatus): RolloutProgress => {
  const { rollout, status, now } = context
  const told = conditionOf(status, 'Progressing')?.reason === 'ProgressDeadlineExceeded'
  const at = deadlineOf(context, progress)
  const isLate = (told || (at !== undefined && now > at)) && !hasProgressed(status, after)
  if (rollout.spec.progressDeadlineAbort !== true || !isLate || progress.aborted || isSettled(context)) return progress
  return { ...progress, aborted: true, index: 0, pauses: [], controllerPause: false, abortReason: timedOutText(context) }
}

const moving = (input: ConditionInput): Wish | undefined => {
  const { context, after } = input
  const wasHealthy = conditionOf(context.status, 'Healthy')?.status === 'True'
  const isPromoted = after.stableRS !== undefined && after.stableRS === after.currentPodHash
  if (wasHealthy && isPromoted) {
    const message = 'Rollout does not have minimum availability'
    return { status: 'True', reason: 'ReplicaSetNotAvailable', message, touch: true }
  }
  if (!wasHealthy && !hasProgressed(context.status, after)) return undefined
  const message = `ReplicaSet "${context.versions.current?.metadata.name ?? context.seen.name}" is progressing.`
  return { status: 'True', reason: 'ReplicaSetUpdated', message, touch: true }
}

const late = ({ context, progress }: ConditionInput): Wish | undefined => {
  const at = deadlineOf(context, progress)
  return at !== undefined && context.now > at
    ? { status: 'False', reason: 'ProgressDeadlineExceeded', message: timedOutText(context) }
    : undefined
}

/** What a person did, or what a pause is: before anything is said about progress. */
const steered = (input: ConditionInput, before: Condition | undefined): Wish | undefined => {
  const { context, progress } = input
  if (progress.aborted) return { status: 'False', reason: 'RolloutAborted', message: abortText(context, progress, before) }
  if (progress.retried) return { status: 'Unknown', reason: 'RolloutRetry', message: 'Retrying Rollout after abort' }
  if (isPausedNow(input)) return { status: 'Unknown', reason: 'RolloutPaused', message: 'Rollout is paused' }
  return before?.reason === 'RolloutPaused'
    ? { status: 'Unknown', reason: 'RolloutResumed', message: 'Rollout is resumed' }
    : undefined
}

const progressing = (input: ConditionInput): Wish => {
  const { context, after, created } = input
  const before = conditionOf(context.status, 'Progressing')
  const name = context.versions.current?.metadata.name ?? ''
  const isHealthy = isComplete(context, after) && !isPausedNow(input)
  if (isHealthy) {
    const message = `ReplicaSet "${name}" has successfully progressed.`
    return { status: 'True', reason: 'NewReplicaSetAvailable', message }
  }
  const byPerson = steered(input, before)
  if (byPerson !== undefined) return byPerson
  if (created !== undefined)
    return { status: 'True', reason: 'NewReplicaSetCreated', message: `Created new replica set "${created}"`, touch: true }
  const found = moving(input) ?? late(input)
  if (found !== undefined) return found
  const {
    status = 'True',
    reason = 'ReplicaSetUpdated',
    message = `Rollout "${context.seen.name}" is progressing.`,
  } = before ?? {}
  return { status, reason, message }
}

const available = ({ context, after }: ConditionInput): Wish => {
  const enough = (after.availableReplicas ?? 0) >= context.replicas
  return {
    status: enough ? 'True' : 'False',
    reason: 'AvailableReason',
    message: enough ? 'Rollout has minimum availability' : 'Rollout does not have minimum availability',
  }
}

const replicaFailure = ({ context }: ConditionInput): Wish | undefined => {
  const { current, stable, older } = context.versions
  const found = [current, stable, ...older]
    .flatMap(set => set?.status?.conditions ?? [])
    .find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
  return found && { status: 'True', reason: found.reason ?? 'ReplicaFailure', message: found.message ?? '' }
}

/** Not one of Argo Rollouts': what nothing else in the status would tell. */
const waitingWish = ({ context, after, waiting }: ConditionInput): readonly ConditionWish[] => {
  if (waiting === undefined) return []
  const since = waitingSince(waiting, { status: context.status, stepIndex: after.currentStepIndex, now: context.now })
  return [{ type: 'Waiting', status: 'True', reason: waiting.reason, message: renderWaiting(waiting, since), since }]
}

const truth = (value: boolean) => (value ? 'True' : 'False')

/** In a fixed order; each keeps its times as long as status and reason stay. */
export const makeConditions = (input: ConditionInput): readonly Condition[] => {
  const { context, after } = input
  const isHealthy = isComplete(context, after) && !isPausedNow(input)
  const isPromoted = after.stableRS !== undefined && after.stableRS === after.currentPodHash
  const wasEverHealthy = conditionOf(context.status, 'Healthy') !== undefined
  const failure = replicaFailure(input)
  const wishes: readonly ConditionWish[] = [
    { type: 'Available', ...available(input) },
    { type: 'Progressing', ...progressing(input) },
    ...(failure === undefined ? [] : [{ type: 'ReplicaFailure', ...failure }]),
    { type: 'Paused', status: truth(isPausedNow(input)), reason: 'RolloutPaused', message: 'Rollout is paused' },
    { type: 'Completed', status: truth(isPromoted), reason: 'RolloutCompleted', message: 'RolloutCompleted' },
    ...(isHealthy || wasEverHealthy
      ? [
          {
            type: 'Healthy',
            status: truth(isHealthy),
            reason: 'RolloutHealthy',
            message: isHealthy ? 'Rollout is healthy' : 'Rollout is not healthy',
          } as const,
        ]
      : []),
    ...waitingWish(input),
    ...lostPods(context.status, after),
  ]
  return applyConditions(context.status.conditions, wishes, context.now)
}
