/** The conditions of an Experiment, with the types, reasons and messages of Argo Rollouts (experiments/conditions.go). */
import type { ExperimentStatus } from '../../api/experiment.ts'
import type { Condition } from '../../api/kubernetes.ts'
import { applyConditions, type ConditionWish } from '../conditions.ts'
import { type ExperimentContext, isTimeUp } from './context.ts'

const hasProgressed = (before: ExperimentStatus, after: ExperimentStatus): boolean => {
  const old = before.templateStatuses ?? []
  const now = after.templateStatuses ?? []
  return (
    old.length < now.length ||
    now.some(one => {
      const same = old.find(({ name }) => name === one.name)
      return (
        same === undefined ||
        same.replicas !== one.replicas ||
        same.readyReplicas !== one.readyReplicas ||
        same.availableReplicas !== one.availableReplicas
      )
    })
  )
}

const progressing = (context: ExperimentContext, after: ExperimentStatus): ConditionWish | undefined => {
  const name = JSON.stringify(context.seen.name)
  if (after.phase === 'Successful')
    return {
      type: 'Progressing',
      status: 'False',
      reason: 'ExperimentCompleted',
      message: `Experiment ${name} has successfully ran and completed.`,
    }
  if (hasProgressed(context.status, after))
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: `Experiment ${name} is progressing.`,
      touch: true,
    }
  if (context.status.availableAt !== undefined && !isTimeUp(context))
    return { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: `Experiment ${name} is running.` }
  return undefined
}

export const makeConditions = (context: ExperimentContext, after: ExperimentStatus): readonly Condition[] => {
  const before = (context.status.conditions ?? []).filter(({ type }) => type !== 'InvalidSpec')
  const wish = progressing(context, after)
  return wish === undefined ? before : applyConditions(before, [wish], context.now)
}

export const invalidCondition = ({ status, now }: ExperimentContext, message: string): readonly Condition[] => {
  const before = status.conditions ?? []
  const known = before.filter(({ type, message: told }) => type !== 'InvalidSpec' || told === message)
  const wish = { type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message } as const
  return [...before.filter(({ type }) => type !== 'InvalidSpec'), ...applyConditions(known, [wish], now)]
}
