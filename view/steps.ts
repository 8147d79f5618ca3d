/** Steps of a canary in the short form of the `steps` annotation. */
import { renderMatch } from '../api/match-step.ts'
import { readPart } from '../api/request-part.ts'
import type { CanaryStep } from '../api/rollout.ts'

/** A number of seconds or a Go duration. */
const renderDuration = (duration: number | string): string =>
  typeof duration === 'number' || /^\d+$/.test(duration) ? `${duration}s` : duration

const renderScale = (scale: NonNullable<CanaryStep['setCanaryScale']>): string => {
  if (scale.matchTrafficWeight) return 'scale(as traffic)'
  return scale.replicas === undefined ? `scale(${scale.weight ?? 0}%)` : `scale(${scale.replicas})`
}

const renderHeader = (route: NonNullable<CanaryStep['setHeaderRoute']>): string => {
  const [match] = route.match ?? []
  if (match === undefined) return `header(${route.name} off)`
  const { exact, prefix, regex = '' } = match.headerValue
  const value = exact !== undefined ? { exact } : prefix !== undefined ? { prefix } : { regex }
  return renderMatch(readPart(match.headerName), value)
}

/** Weights in percent: see stepsInPercent(). */
export const renderStep = (step: CanaryStep): string => {
  if (step.setWeight !== undefined) return `${step.setWeight}%`
  if (step.pause) return step.pause.duration === undefined ? 'pause' : renderDuration(step.pause.duration)
  if (step.setCanaryScale) return renderScale(step.setCanaryScale)
  if (step.analysis) return `analysis(${(step.analysis.templates ?? []).map(one => one.templateName).join(',')})`
  if (step.setHeaderRoute) return renderHeader(step.setHeaderRoute)
  if (step.setMirrorRoute) return `mirror(${step.setMirrorRoute.percentage ?? 0}%)`
  if (step.plugin) return `plugin(${step.plugin.name})`
  return Object.keys(step)[0] ?? 'nothing'
}
