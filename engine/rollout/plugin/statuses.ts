/** status.canary.stepPluginStatuses: one entry for each step and operation, in the order in which they began. */
import { parseDuration } from '../../../api/duration.ts'
import type { CanaryStep, RolloutStatus } from '../../../api/rollout.ts'
import { parseTime, timestamp } from '../../time.ts'
import { event, type RolloutIntent } from '../intents.ts'
import type { PluginAnswer, PluginCall, PluginOperation } from './call.ts'

export type PluginStatuses = NonNullable<NonNullable<RolloutStatus['canary']>['stepPluginStatuses']>
export type PluginStatus = PluginStatuses[number]

/** After an answer that names no time (Argo Rollouts' numbers). */
const REQUEUE_SECONDS = 30
const ERROR_SECONDS = 30

export const find = (statuses: PluginStatuses, index: number, operation: PluginOperation): PluginStatus | undefined =>
  statuses.find(one => one.index === index && one.operation === operation)

/** In the place of the entry of the same step and operation, or at the end. */
export const put = (statuses: PluginStatuses, entry: PluginStatus): PluginStatuses => {
  const at = statuses.findIndex(one => one.index === entry.index && one.operation === entry.operation)
  return at < 0 ? [...statuses, entry] : statuses.with(at, entry)
}

export const begun = (call: Pick<PluginCall, 'index' | 'name' | 'operation'>, now: number): PluginStatus => ({
  index: call.index,
  name: call.name,
  operation: call.operation,
  phase: 'Running',
  startedAt: timestamp(now),
})

/** `notes`: of the Run, which the other operations are told. */
export const callOf = (entry: PluginStatus, step: CanaryStep | undefined, notes: unknown = entry.status): PluginCall => {
  const { index, name, executions = 0, startedAt = '' } = entry
  const operation = entry.operation as PluginOperation
  const config = step?.plugin?.config
  return {
    id: `${operation} ${index} ${name} ${startedAt} ${executions}`,
    operation,
    index,
    name,
    executions,
    ...(config !== undefined && { config }),
    ...(notes !== undefined && { status: notes }),
  }
}

/** When it may be asked again; in the past where it never was. */
export const dueAt = ({ updatedAt, backoff }: PluginStatus): number =>
  (parseTime(updatedAt) ?? 0) + (parseDuration(backoff ?? '') ?? 0)

const seconds = (phase: PluginAnswer['phase'], { afterSeconds }: PluginAnswer): number | undefined => {
  if (phase === 'Error') return ERROR_SECONDS
  return phase === 'Running' ? (afterSeconds ?? REQUEUE_SECONDS) : undefined
}

/** Only a Run may take its time, and only a Run is tried again; what a plugin noted stays where it ended in an error. */
export const answered = (entry: PluginStatus, answer: PluginAnswer, now: number): PluginStatus => {
  const { message: _, backoff: __, ...kept } = entry
  const isRun = entry.operation === 'Run'
  const isLate = !isRun && answer.phase === 'Running'
  const phase = isLate ? 'Failed' : answer.phase
  const message = isLate ? `${entry.operation} has to be done when it answers, and the plugin said Running` : answer.message
  const wait = isRun ? seconds(phase, answer) : undefined
  const notes = phase === 'Error' ? entry.status : answer.status
  return {
    ...kept,
    phase,
    updatedAt: timestamp(now),
    executions: (entry.executions ?? 0) + 1,
    ...(message !== undefined && message !== '' && { message }),
    ...(wait !== undefined && { backoff: `${wait}s` }),
    ...(wait === undefined && { finishedAt: timestamp(now) }),
    ...(isRun && notes !== undefined && { status: notes }),
  }
}

/** That a step is done is an event of its own (RolloutStepCompleted). */
export const tell = (before: PluginStatus | undefined, after: PluginStatus): readonly RolloutIntent[] => {
  const { operation, phase = '', message } = after
  if (before?.phase === phase || after.disabled || (operation === 'Run' && phase === 'Successful')) return []
  const why = message === undefined ? '' : `: ${message}`
  const text = `Step plugin '${after.name}' of step ${after.index + 1}: ${operation} is ${phase}${why}`
  return [event('StepPluginTransition', text, phase === 'Error' || phase === 'Failed' ? 'Warning' : 'Normal')]
}
