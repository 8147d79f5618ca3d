/** What the background analysis, the progress deadline and people say about an update, before a step is looked at. */
import type { AnalysisRun } from '../api/analysis-run.ts'
import { formatDuration } from '../api/duration.ts'
import { backgroundWish, findRun, hasPassed, pointerTo } from './analysis.ts'
import type { Context } from './context.ts'
import { type Deadline, readDeadline } from './deadline.ts'
import { chooseGoal } from './goal.ts'
import type { Progress } from './progress.ts'
import { readProgress } from './read-progress.ts'
import type { Split } from './split.ts'
import { timestamp } from './time.ts'
import { revisionOf } from './versions.ts'

export type Judged = {
  readonly progress: Progress
  /** The background run of this update. */
  readonly run?: AnalysisRun
  /** All traffic may go to the new version: it was judged, or there is nothing to judge it by. */
  readonly gateOpen: boolean
  readonly deadline: Deadline
}

const abort = (progress: Progress, abortReason: string): Progress => ({ ...progress, aborted: true, abortReason })

/** Pauses that belong to a step that somebody skipped are taken away with it. */
const tidyPauses = ({ steps }: Context, progress: Progress): Progress => {
  const step = steps[progress.index]
  const takesPauses = step?.pause !== undefined
  const pauses = takesPauses ? progress.pauses : progress.pauses.filter(({ reason }) => reason !== 'CanaryPauseStep')
  const answered = pauses.length === 0 && !takesPauses && step?.analysis === undefined
  return { ...progress, pauses, controllerPause: answered ? false : progress.controllerPause }
}

/** Inconclusive: pause once. When a person then goes on, a new run takes over from the one that could not tell. */
const heedInconclusive = (context: Context, progress: Progress, run: AnalysisRun): Progress => {
  if (progress.pauses.some(({ reason }) => reason === 'InconclusiveAnalysisRun'))
    return { ...progress, backgroundRun: pointerTo(run) }
  if (progress.backgroundRun?.status === 'Inconclusive') {
    const { backgroundRun: _, ...rest } = progress
    return rest
  }
  const pauses = [...progress.pauses, { reason: 'InconclusiveAnalysisRun' as const, startTime: timestamp(context.now) }]
  return { ...progress, pauses, controllerPause: true, backgroundRun: pointerTo(run) }
}

const heedRun = (context: Context, progress: Progress, run: AnalysisRun | undefined): Progress => {
  if (run === undefined) return progress
  const { phase = 'Pending', message = '' } = run.status ?? {}
  const noted = { ...progress, backgroundRun: pointerTo(run) }
  if (phase === 'Failed' || phase === 'Error') return abort(noted, `Background analysis phase error/failed: ${message || phase}`)
  return phase === 'Inconclusive' ? heedInconclusive(context, progress, run) : noted
}

const heedDeadline = (context: Context, progress: Progress, deadline: Deadline): Progress => {
  const { current } = context.versions
  if (!deadline.exceeded || progress.aborted) return progress
  const length = formatDuration(context.deadlineMs)
  return abort(
    progress,
    `ReplicaSet "${current.name}" has timed out progressing: ${current.available} of ${current.spec} pods were available after ${length}`,
  )
}

/** The text of an abort, e.g. `Rollout aborted update to revision 3: Metric ...`. */
export const abortText = (context: Context, progress: Progress): string => {
  const noted = context.status.conditions?.find(
    ({ type, reason }) => type === 'Progressing' && reason === 'RolloutAborted',
  )?.message
  if (progress.abortReason === undefined && noted) return noted
  const revision = revisionOf(context.versions.current, context.seen)
  const why = progress.abortReason === undefined ? '' : `: ${progress.abortReason}`
  return `Rollout aborted update to revision ${revision}${why}`
}

export const judge = (context: Context, split: Split): Judged => {
  const read = readProgress(context)
  const goal = chooseGoal(context, read)
  const isUnderTest = goal === 'advance' || goal === 'retire'
  const { current } = context.versions
  const isCounting =
    goal === 'advance' &&
    context.rollout?.spec.paused !== true &&
    context.replicas > 0 &&
    current.spec > 0 &&
    current.available < current.spec
  const deadline = readDeadline(context, isCounting)
  if (!isUnderTest) return { progress: read, gateOpen: true, deadline }
  const tidy = tidyPauses(context, read)
  if (tidy.promoteFull && context.invalid === undefined) {
    const { backgroundRun: _, stepRun: __, ...rest } = tidy
    const skipped = { ...rest, index: context.steps.length, pauses: [], controllerPause: false }
    return { progress: heedDeadline(context, skipped, deadline), gateOpen: true, deadline }
  }
  const wish = backgroundWish(context, split)
  const found = findRun(context, { type: 'Background' }, tidy.backgroundRun)
  const heeded = heedRun(context, tidy, found)
  const progress = heedDeadline(context, heeded, deadline)
  const run = progress.backgroundRun === undefined ? undefined : found
  return { progress, ...(run && { run }), gateOpen: wish === undefined || hasPassed(run), deadline }
}
