/** What is reported on the Rollout: counts, conditions, phase and one sentence. A function of what was seen and decided alone. */
import type { Condition, LabelSelector } from '../api/kubernetes.ts'
import type { RolloutPhase, RolloutStatus } from '../api/rollout.ts'
import { applyConditions, type ConditionWish } from './conditions.ts'
import type { Context } from './context.ts'
import { currentReplicaSet } from './versions.ts'
import { renderWaiting, type Waiting, waitingSince } from './waiting.ts'

/** As kubectl writes a selector. */
export const selectorText = ({ matchLabels, matchExpressions }: LabelSelector): string =>
  [
    ...Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`),
    ...(matchExpressions ?? []).map(({ key, operator, values = [] }) => {
      if (operator === 'Exists') return key
      if (operator === 'DoesNotExist') return `!${key}`
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`
    }),
  ].join(',')

type Counts = Pick<
  RolloutStatus,
  'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas' | 'HPAReplicas' | 'selector' | 'observedGeneration'
>

export const readCounts = ({ seen, deployment, rollout }: Context): Counts => {
  const sum = (read: 'replicas' | 'readyReplicas' | 'availableReplicas') =>
    seen.replicaSets.reduce((total, rs) => total + (rs.status?.[read] ?? 0), 0)
  const generation = rollout?.metadata.generation
  return {
    replicas: sum('replicas'),
    HPAReplicas: sum('replicas'),
    updatedReplicas: currentReplicaSet(seen, deployment)?.status?.replicas ?? 0,
    readyReplicas: sum('readyReplicas'),
    availableReplicas: sum('availableReplicas'),
    selector: selectorText(deployment.spec.selector),
    ...(generation !== undefined && { observedGeneration: String(generation) }),
  }
}

export type Report = {
  readonly phase: RolloutPhase
  /** In place of the sentence of the first wait. */
  readonly message?: string
  readonly waits: readonly Waiting[]
  readonly progressing: ConditionWish
  readonly completed: boolean
  /** Everything else of the status. */
  readonly fields: RolloutStatus
}

const available = ({ seen, replicas, unavailable }: Context): ConditionWish => {
  const count = seen.replicaSets.reduce((total, rs) => total + (rs.status?.availableReplicas ?? 0), 0)
  const enough = count >= replicas - unavailable
  return {
    type: 'Available',
    status: enough ? 'True' : 'False',
    reason: 'AvailableReason',
    message: enough ? 'Rollout has minimum availability' : 'Rollout does not have minimum availability',
  }
}

const waitingCondition = (waiting: Waiting | undefined, since: number): ConditionWish =>
  waiting
    ? { type: 'Waiting', status: 'True', reason: waiting.reason, message: renderWaiting(waiting, since), since }
    : { type: 'Waiting', status: 'False', reason: 'NothingToWaitFor', message: '' }

const whichConditions = (context: Context, report: Report, waiting: Waiting | undefined, since: number): ConditionWish[] => {
  const { phase, completed, progressing } = report
  const { invalid, rollout } = context
  const isPaused = phase === 'Paused' || rollout?.spec.paused === true
  const truth = (value: boolean) => (value ? 'True' : 'False')
  return [
    ...(invalid === undefined ? [] : [{ type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message: invalid } as const]),
    available(context),
    progressing,
    {
      type: 'Paused',
      status: truth(isPaused),
      reason: 'RolloutPaused',
      message: isPaused ? 'Rollout is paused' : 'Rollout is not paused',
    },
    {
      type: 'Completed',
      status: truth(completed),
      reason: 'RolloutCompleted',
      message: completed ? 'RolloutCompleted' : 'Rollout not completed',
    },
    {
      type: 'Healthy',
      status: truth(phase === 'Healthy'),
      reason: 'RolloutHealthy',
      message: phase === 'Healthy' ? 'Rollout is healthy' : 'Rollout is not healthy',
    },
    waitingCondition(waiting, since),
  ]
}

export const makeStatus = (context: Context, report: Report): RolloutStatus => {
  const { status, now } = context
  const waiting = report.waits[0]
  const stepIndex = report.fields.currentStepIndex
  const since = waiting ? waitingSince(waiting, { status, stepIndex, now }) : now
  const message = report.message ?? (waiting && renderWaiting(waiting, since))
  return {
    ...report.fields,
    ...readCounts(context),
    conditions: applyConditions(status.conditions, whichConditions(context, report, waiting, since), now),
    phase: report.phase,
    ...(message !== undefined && message !== '' && { message }),
  }
}

/** The earliest time at which a wait is to be looked at again, never in the past. */
export const wakeTime = (waits: readonly Waiting[], now: number): number | undefined => {
  const times = waits.flatMap(({ until }) => (until === undefined || !Number.isFinite(until) ? [] : [Math.max(until, now + 1)]))
  return times.length === 0 ? undefined : Math.min(...times)
}

export const conditionOf = (status: RolloutStatus, type: string): Condition | undefined =>
  status.conditions?.find(condition => condition.type === type)
