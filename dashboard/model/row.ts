/** One line of the overview, from a Rollout and its Deployment. Pure. */
import type { PodTemplate } from '../../api/kubernetes.ts'
import { stepsInPercent } from '../../api/traffic-weight.ts'
import type { ListedRollout } from '../../view/join-by-name.ts'
import { phaseOf } from '../../view/phase.ts'
import { isInProgress } from '../../view/rollout-view.ts'
import { actualWeight, setWeight } from '../../view/set-weight.ts'
import { renderStep } from '../../view/steps.ts'
import type { Attention, PodCounts, RolloutRow, StepPosition, Weight } from '../contract.ts'

const isWaitingForPerson = ({ rollout }: ListedRollout): boolean => {
  const { pauseConditions = [], currentStepIndex = -1 } = rollout?.status ?? {}
  const step = rollout?.spec.strategy.canary?.steps?.[currentStepIndex]
  if (rollout?.spec.paused === true) return true
  return pauseConditions.some(
    ({ reason }) => !(reason === 'CanaryPauseStep' && step?.pause?.duration !== undefined) && !isTimedSwitch(reason, rollout),
  )
}

/** A blue-green update that switches by itself after a while. */
const isTimedSwitch = (reason: string, rollout: ListedRollout['rollout']): boolean =>
  reason === 'BlueGreenPause' && (rollout?.spec.strategy.blueGreen?.autoPromotionSeconds ?? 0) > 0

export const attentionOf = (listed: ListedRollout): Attention => {
  if (listed.rollout?.status?.abort === true || phaseOf(listed).word === 'Degraded') return 'rolled-back'
  if (isWaitingForPerson(listed)) return 'waiting'
  return isInProgress(listed) || phaseOf(listed).word === 'Progressing' ? 'in-flight' : 'at-rest'
}

const strategyOf = ({ rollout }: ListedRollout): RolloutRow['strategy'] => {
  if (rollout?.spec.strategy.canary !== undefined) return 'canary'
  return rollout?.spec.strategy.blueGreen === undefined ? 'unknown' : 'blue-green'
}

const stepOf = ({ rollout }: ListedRollout): StepPosition | undefined => {
  const steps = stepsInPercent(rollout?.spec.strategy.canary)
  if (steps.length === 0) return undefined
  const index = Math.min(rollout?.status?.currentStepIndex ?? steps.length, steps.length)
  const step = steps[index]
  return { index, count: steps.length, ...(step && { text: renderStep(step) }) }
}

const weightOf = ({ rollout }: ListedRollout): Weight | undefined => {
  if (rollout?.spec.strategy.canary === undefined) return undefined
  const actual = actualWeight(rollout)
  return {
    set: setWeight(rollout),
    ...(actual !== undefined && { actual }),
    confirmed: rollout.status?.canary?.weights?.verified !== false,
  }
}

const podsOf = ({ rollout, deployment }: ListedRollout): PodCounts => {
  const status = rollout?.status ?? deployment?.status ?? {}
  return {
    desired: deployment?.spec.replicas ?? rollout?.spec.replicas ?? 1,
    current: status.replicas ?? 0,
    updated: status.updatedReplicas ?? 0,
    ready: status.readyReplicas ?? 0,
    available: status.availableReplicas ?? 0,
  }
}

/** The newest template; undefined where it is in an object that was not read. */
export const presentTemplate = ({
  rollout,
  deployment,
}: Pick<ListedRollout, 'rollout' | 'deployment'>): PodTemplate | undefined => deployment?.spec.template ?? rollout?.spec.template

const sinceOf = ({ rollout }: ListedRollout, attention: Attention): string | undefined => {
  const { abortedAt, pauseConditions = [], conditions = [] } = rollout?.status ?? {}
  if (attention === 'rolled-back') return abortedAt ?? conditions.find(({ type }) => type === 'Progressing')?.lastTransitionTime
  return attention === 'waiting' ? pauseConditions[0]?.startTime : undefined
}

export const makeRow = (listed: ListedRollout): RolloutRow => {
  const { namespace, name, rollout, deployment } = listed
  const { word, sentence } = phaseOf(listed)
  const attention = attentionOf(listed)
  const step = stepOf(listed)
  const weight = weightOf(listed)
  const since = sinceOf(listed, attention)
  const startedAt = attention === 'at-rest' ? undefined : rollout?.status?.duration?.rolloutStartedAt
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    kind: deployment === undefined ? 'Rollout' : 'Deployment',
    attention,
    phase: word,
    sentence,
    strategy: strategyOf(listed),
    ...(step && { step }),
    ...(weight && { weight }),
    pods: podsOf(listed),
    images: presentTemplate(listed)?.spec.containers.map(({ name: container, image }) => image ?? container) ?? [],
    ...(startedAt && { updateStartedAt: startedAt }),
    ...(since && { since }),
    createdAt: (deployment ?? rollout)?.metadata.creationTimestamp ?? '',
  }
}
