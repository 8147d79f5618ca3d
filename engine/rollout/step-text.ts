/** A step as the events of Argo Rollouts write it. */
import type { CanaryStep } from '../../api/rollout.ts'

const scaleText = ({ weight, replicas, matchTrafficWeight }: NonNullable<CanaryStep['setCanaryScale']>): string => {
  if (weight !== undefined) return `setCanaryScale{weight: ${weight}}`
  if (matchTrafficWeight === true) return 'setCanaryScale{matchTrafficWeight: true}'
  return replicas === undefined ? 'setCanaryScale' : `setCanaryScale{replicas: ${replicas}}`
}

export const stepText = (step: CanaryStep): string => {
  if (step.setWeight !== undefined) return `setWeight: ${step.setWeight}`
  if (step.pause !== undefined) return step.pause.duration === undefined ? 'pause' : `pause: ${step.pause.duration}`
  if (step.setCanaryScale !== undefined) return scaleText(step.setCanaryScale)
  if (step.experiment !== undefined) return 'experiment'
  if (step.analysis !== undefined) return 'analysis'
  if (step.plugin !== undefined) return `plugin: ${step.plugin.name}`
  return step.setHeaderRoute !== undefined ? `setHeaderRoute: ${step.setHeaderRoute.name}` : 'setMirrorRoute'
}
