/** When a changed status of an AnalysisRun is worth a write, and which events it is worth. Pure. */
import type { AnalysisRunStatus, MetricResult } from '../api/analysis-run.ts'
import { isCompleted } from './metric-result.ts'

/** A changed message alone is written no more often than this: a check that is looked at twice a second counts up all the time. */
export const MESSAGE_EVERY_MS = 10_000

/** What may not wait: every phase, every counted measurement. */
const factsOf = (status: AnalysisRunStatus | undefined): string => {
  const metric = ({ name, phase, count, error, consecutiveError, measurements }: MetricResult) => [
    name,
    phase,
    count ?? 0,
    error ?? 0,
    consecutiveError ?? 0,
    measurements?.at(-1)?.startedAt ?? '',
    measurements?.at(-1)?.finishedAt ?? '',
  ]
  return JSON.stringify([status?.phase, status?.startedAt, status?.completedAt, (status?.metricResults ?? []).map(metric)])
}

const messagesOf = (status: AnalysisRunStatus | undefined): string =>
  JSON.stringify([status?.message, (status?.metricResults ?? []).map(({ message }) => message)])

/** @param lastWriteAt when this run's status was last written, milliseconds since the epoch; undefined when never by this process */
export const isWorthWriting = (
  before: AnalysisRunStatus | undefined,
  after: AnalysisRunStatus,
  { lastWriteAt, now }: { readonly lastWriteAt: number | undefined; readonly now: number },
): boolean => {
  if (factsOf(before) !== factsOf(after)) return true
  return messagesOf(before) !== messagesOf(after) && (lastWriteAt === undefined || now - lastWriteAt >= MESSAGE_EVERY_MS)
}

export type AnalysisEvent = { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }

const typeOf = (phase: string): AnalysisEvent['type'] => (phase === 'Failed' || phase === 'Error' ? 'Warning' : 'Normal')

/** One event for each metric that is over now, and one for the run, with Argo Rollouts' reasons and words. */
export const eventsBetween = (before: AnalysisRunStatus | undefined, after: AnalysisRunStatus): readonly AnalysisEvent[] => {
  const ended = (after.metricResults ?? []).filter(
    ({ name, phase }) => isCompleted(phase) && !isCompleted(before?.metricResults?.find(result => result.name === name)?.phase),
  )
  const metrics = ended.map(({ name, phase }) => ({
    type: typeOf(phase),
    reason: `Metric${phase}`,
    message: `Metric '${name}' Completed. Result: ${phase}`,
  }))
  if (!isCompleted(after.phase) || isCompleted(before?.phase)) return metrics
  return [
    ...metrics,
    { type: typeOf(after.phase), reason: `AnalysisRun${after.phase}`, message: `Analysis Completed. Result: ${after.phase}` },
  ]
}
