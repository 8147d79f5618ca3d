/**
 * Step plugins of a canary: run to their end, tried again after an error, ended when nobody waits for them any more, and undone in reverse
 * order after an abort. Rules of Argo Rollouts (rollout/stepplugin.go); what differs is in docs/argo-compatibility.md.
 */
import type { RolloutStatus } from '../../../api/rollout.ts'
import { isSettled, type RolloutContext } from '../context.ts'
import type { RolloutIntent } from '../intents.ts'
import type { RolloutProgress } from '../progress.ts'
import { isRollbackWithinWindow } from '../versions.ts'
import type { PluginAnswer } from './call.ts'
import { answered, begun, callOf, dueAt, find, type PluginStatus, type PluginStatuses, put, tell } from './statuses.ts'

export type PluginWalk = {
  readonly progress: RolloutProgress
  readonly intents: readonly RolloutIntent[]
  readonly statuses: PluginStatuses
  /** The plugin of the current step has done its work. */
  readonly isDone: boolean
  readonly wakeAt?: number
}

/** What an operation leads to: the entry as it is now, and the question if it has to be asked. */
type Look = { readonly statuses: PluginStatuses; readonly intents: readonly RolloutIntent[]; readonly isWaiting: boolean }

const answerTo = ({ seen }: RolloutContext, id: string): PluginAnswer | undefined =>
  (seen.stepPlugins?.answers ?? []).find(answer => answer.id === id)

const isOver = ({ phase }: PluginStatus): boolean => phase === 'Successful' || phase === 'Failed'

/** Asks, or takes the answer that came. `run`: whose notes the plugin is told. */
const look = (context: RolloutContext, statuses: PluginStatuses, entry: PluginStatus, run: PluginStatus = entry): Look => {
  const before = find(statuses, entry.index, entry.operation as 'Run')
  const call = callOf(entry, context.steps[entry.index], run.status)
  const answer = answerTo(context, call.id)
  if (answer === undefined)
    return {
      statuses: put(statuses, entry),
      intents: [...(entry.operation === 'Run' ? tell(before, entry) : []), { kind: 'askStepPlugin', call }],
      isWaiting: true,
    }
  const after = answered(entry, answer, context.now)
  return { statuses: put(statuses, after), intents: tell(before, after), isWaiting: false }
}

const isOfStep = ({ steps }: RolloutContext, { index, name }: PluginStatus): boolean => steps[index]?.plugin?.name === name

/** Runs of which another operation has not been done, the last first. */
const open = (
  context: RolloutContext,
  statuses: PluginStatuses,
  operation: 'Terminate' | 'Abort',
  phases: readonly string[],
): readonly PluginStatus[] =>
  statuses
    .filter(one => one.operation === 'Run' && one.disabled !== true && phases.includes(one.phase ?? '') && isOfStep(context, one))
    .filter(({ index }) => find(statuses, index, operation)?.finishedAt === undefined)
    .reverse()

/** One after the other: the last step is undone before the one before it. */
const end = (
  context: RolloutContext,
  statuses: PluginStatuses,
  operation: 'Terminate' | 'Abort',
  runs: readonly PluginStatus[],
): Look => {
  let all: Look = { statuses, intents: [], isWaiting: false }
  for (const run of runs) {
    const entry = find(all.statuses, run.index, operation) ?? begun({ ...run, operation }, context.now)
    const one = look(context, all.statuses, entry, run)
    all = { statuses: one.statuses, intents: [...all.intents, ...one.intents], isWaiting: one.isWaiting }
    if (one.isWaiting) return all
  }
  return all
}

const abortReason = ({ index, name, message }: PluginStatus): string =>
  `Step Plugin ${index + 1} (${name}) failed${message === undefined ? '' : `: ${message}`}`

const judged = (progress: RolloutProgress, { statuses, intents }: Look, entry: PluginStatus | undefined): PluginWalk => {
  const walk = { progress, intents, statuses, isDone: entry?.phase === 'Successful' }
  if (entry?.phase !== 'Failed') return walk
  const aborted = { aborted: true, index: 0, pauses: [], controllerPause: false, abortReason: abortReason(entry) } as const
  return { ...walk, progress: { ...progress, ...aborted } }
}

/** One that is switched off is passed over, and says so. */
const passOver = (context: RolloutContext, statuses: PluginStatuses, name: string, index: number): PluginStatus => ({
  ...(find(statuses, index, 'Run') ?? begun({ index, name, operation: 'Run' }, context.now)),
  phase: 'Successful',
  disabled: true,
})

const run = (context: RolloutContext, progress: RolloutProgress, statuses: PluginStatuses, name: string): PluginWalk => {
  const { index } = progress
  const before = find(statuses, index, 'Run')
  if (before !== undefined && isOver(before)) return judged(progress, { statuses, intents: [], isWaiting: false }, before)
  if (context.seen.stepPlugins?.disabled.includes(name)) {
    const skipped = passOver(context, statuses, name, index)
    return judged(progress, { statuses: put(statuses, skipped), intents: [], isWaiting: false }, skipped)
  }
  // What was begun goes on; in a pause nothing is begun or asked again.
  const isHeld = context.isPaused || progress.pauses.length > 0
  const due = before === undefined ? context.now : dueAt(before)
  if (isHeld || due > context.now) {
    const still = judged(progress, { statuses, intents: [], isWaiting: true }, before)
    return isHeld ? still : { ...still, wakeAt: due }
  }
  const looked = look(context, statuses, before ?? begun({ index, name, operation: 'Run' }, context.now))
  const after = find(looked.statuses, index, 'Run')
  const walk = judged(progress, looked, after)
  return looked.isWaiting || after === undefined || isOver(after) ? walk : { ...walk, wakeAt: dueAt(after) }
}

/** Not those of a former try, nor, where a person went back, of steps that are to come again. */
const currentStatuses = ({ status }: RolloutContext, progress: RolloutProgress, isThrough: boolean): PluginStatuses => {
  const all = progress.retried ? [] : (status.canary?.stepPluginStatuses ?? [])
  if (isThrough || progress.aborted) return all
  const isEnded = (index: number) => find(all, index, 'Terminate')?.finishedAt !== undefined
  const isDone = (index: number) => ['Successful', 'Failed'].includes(find(all, index, 'Run')?.phase ?? '')
  return all.filter(({ index }) => {
    if (index < progress.index) return true
    return !isEnded(index) && (index === progress.index || !isDone(index))
  })
}

/** Looks at the plugins that there are something to do about: asks them, and takes their answers. */
export const followPlugins = (context: RolloutContext, progress: RolloutProgress): PluginWalk => {
  const isThrough = isSettled(context) || progress.promoteFull || isRollbackWithinWindow(context.rollout, context.versions)
  const statuses = currentStatuses(context, progress, isThrough)
  const still = { progress, intents: [], statuses, isDone: false }
  if (progress.aborted)
    return { ...still, ...end(context, statuses, 'Abort', open(context, statuses, 'Abort', ['Running', 'Error', 'Successful'])) }
  const passed = open(context, statuses, 'Terminate', ['Running', 'Error']).filter(
    ({ index }) => isThrough || index !== progress.index,
  )
  if (passed.length > 0) return { ...still, ...end(context, statuses, 'Terminate', passed) }
  const name = isThrough ? undefined : context.steps[progress.index]?.plugin?.name
  return name === undefined ? still : run(context, progress, statuses, name)
}

/** Another version comes while a plugin is at work: it is told to end. Its answer changes nothing any more. */
export const leavePlugins = (context: RolloutContext): readonly RolloutIntent[] => {
  const statuses = context.status.canary?.stepPluginStatuses ?? []
  return open(context, statuses, 'Terminate', ['Running', 'Error']).map(one => ({
    kind: 'askStepPlugin' as const,
    call: callOf(
      find(statuses, one.index, 'Terminate') ?? { ...one, operation: 'Terminate' },
      context.steps[one.index],
      one.status,
    ),
  }))
}

/** The fields of the status with what is known of plugins. */
export const withPlugins = (fields: RolloutStatus, { statuses }: Pick<PluginWalk, 'statuses'>): RolloutStatus =>
  statuses.length === 0 ? fields : { ...fields, canary: { ...fields.canary, stepPluginStatuses: statuses } }
