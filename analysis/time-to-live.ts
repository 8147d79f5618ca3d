/** When a finished AnalysisRun is to be deleted. Pure. */
import type { AnalysisRun } from '../api/analysis-run.ts'
import { isCompleted } from './metric-result.ts'

/**
 * Milliseconds since the epoch at which spec.ttlStrategy wants the run gone; undefined when it is not over or is kept. A run that
 * was successful goes by secondsAfterSuccess, one that failed by secondsAfterFailure, any other by secondsAfterCompletion, which
 * is also what holds where the fitting one is not given.
 */
export const deleteAt = ({ spec, status }: AnalysisRun): number | undefined => {
  const strategy = spec.ttlStrategy
  if (!strategy || !isCompleted(status?.phase)) return undefined
  const own = status?.phase === 'Successful' ? strategy.secondsAfterSuccess : strategy.secondsAfterFailure
  const fitting = status?.phase === 'Inconclusive' ? undefined : own
  const seconds = fitting ?? strategy.secondsAfterCompletion
  const completedAt = Date.parse(status?.completedAt ?? '')
  return seconds === undefined || Number.isNaN(completedAt) ? undefined : completedAt + seconds * 1000
}
