/** How updates end, read from two statuses that follow each other. Pure. */
import type { RolloutStatus } from '../api/rollout.ts'

/**
 * `promoted`: the new version is the stable one. `rolled_back`: checks or the progress deadline failed. `aborted`: a person took it
 * back. `superseded`: another template (the stable one included) was applied before it was over.
 */
export const RESULTS = ['promoted', 'rolled_back', 'aborted', 'superseded'] as const
export type Result = (typeof RESULTS)[number]

const conditionOf = (status: RolloutStatus, type: string) => status.conditions?.find(condition => condition.type === type)

export const isInFlight = ({ currentPodHash, stableRS, abort }: RolloutStatus): boolean =>
  currentPodHash !== undefined && stableRS !== undefined && currentPodHash !== stableRS && abort !== true

/** The planner gives a reason after a colon whenever it was not a person who aborted (abortText in engine/judge.ts). */
const wasRolledBack = (status: RolloutStatus): boolean =>
  /^Rollout aborted update to revision [^:]*: /.test(conditionOf(status, 'Progressing')?.message ?? '')

/** The result of the update that was in flight before and is not any more; undefined when none ended. */
export const resultBetween = (before: RolloutStatus, after: RolloutStatus): Result | undefined => {
  if (!isInFlight(before) || after.currentPodHash === undefined) return undefined
  if (after.stableRS === before.currentPodHash) return 'promoted'
  if (after.currentPodHash !== before.currentPodHash) return 'superseded'
  if (after.abort !== true) return undefined
  return wasRolledBack(after) ? 'rolled_back' : 'aborted'
}

/** When the update in flight began, in milliseconds: since then the Rollout is not completed. Undefined when none is. */
export const startedAt = (status: RolloutStatus): number | undefined => {
  const completed = conditionOf(status, 'Completed')
  const time = Date.parse(completed?.lastTransitionTime ?? '')
  return isInFlight(status) && completed?.status === 'False' && !Number.isNaN(time) ? time : undefined
}

/** What is waited for now, and since when in milliseconds. */
export const waitingFor = (status: RolloutStatus): { readonly reason: string; readonly since: number } | undefined => {
  const waiting = conditionOf(status, 'Waiting')
  const since = Date.parse(waiting?.lastTransitionTime ?? '')
  return waiting?.status === 'True' && !Number.isNaN(since) ? { reason: waiting.reason ?? '', since } : undefined
}
