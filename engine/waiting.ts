/** Every wait is one sentence: for what, since when, what ends it. */
import type { Condition } from '../api/kubernetes.ts'
import type { RolloutStatus } from '../api/rollout.ts'
import type { Intent } from './intents.ts'
import { clock, parseTime } from './time.ts'

/** Reasons of the condition `Waiting`; closed, so that alerts can be written for them. */
export type WaitingReason =
  | 'RouterAcknowledgement'
  | 'RoutersUnavailable'
  | 'ServiceRefused'
  | 'EnteringProxyMode'
  | 'LeavingProxyMode'
  | 'PodsBecomingReady'
  | 'PodsStopping'
  | 'TrafficShifting'
  | 'Draining'
  | 'Pause'
  | 'PausedByUser'
  | 'Analysis'
  | 'AnalysisInconclusive'
  | 'AnalysisTemplateMissing'
  | 'ScaledToZero'
  | 'NativeRollout'
  | 'InvalidSpec'
  | 'RolloutNameTaken'

export type Waiting = {
  readonly reason: WaitingReason
  /** What waits and for what, e.g. `Step 2/7 (pause 2m)` or `Service web (probe-1): for the service proxies to send to the routers`. */
  readonly what: string
  /** Absent: since the condition `Waiting` first had this reason. */
  readonly since?: number
  /** What ends it, e.g. `ends at 09:16:03Z, or when promoted`. */
  readonly ends: string
  /** When to look again. */
  readonly until?: number
}

/** A piece of a plan: what to do now, and what could not be done yet. */
export type Part = { readonly intents: readonly Intent[]; readonly waits: readonly Waiting[] }

export const NOTHING: Part = { intents: [], waits: [] }

export const joinParts = (...parts: readonly Part[]): Part => ({
  intents: parts.flatMap(part => part.intents),
  waits: parts.flatMap(part => part.waits),
})

/** How long until waits for routers and probes, which no watch announces, are looked at again. */
export const RECHECK_MS = 1000

const isWaitingFor = (waiting: Waiting, status: RolloutStatus, stepIndex: number | undefined): Condition | undefined => {
  const condition = status.conditions?.find(({ type }) => type === 'Waiting')
  const same = condition?.status === 'True' && condition.reason === waiting.reason && status.currentStepIndex === stepIndex
  return same ? condition : undefined
}

/** When the wait began: its own start, or since when the last status already told of it, or now. */
export const waitingSince = (
  waiting: Waiting,
  { status, stepIndex, now }: { readonly status: RolloutStatus; readonly stepIndex: number | undefined; readonly now: number },
): number => waiting.since ?? parseTime(isWaitingFor(waiting, status, stepIndex)?.lastTransitionTime) ?? now

export const renderWaiting = (waiting: Waiting, since: number): string =>
  `${waiting.what}: waiting since ${clock(since)}; ${waiting.ends}`
