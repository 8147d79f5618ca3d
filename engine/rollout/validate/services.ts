/** Services that a strategy points at its versions: what of them makes it impossible to run it, in the words of Argo Rollouts. */
import type { Service } from '../../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../../api/names.ts'
import type { RolloutContext } from '../context.ts'
import { MANAGED_BY } from '../names.ts'
import { invalid, type Violation } from './violation.ts'

const checkService = ({ seen, rollout }: RolloutContext, path: string, service: Service): readonly Violation[] => {
  const { name, annotations } = service.metadata
  const manager = annotations?.[MANAGED_BY]
  const labels = rollout.spec.template?.metadata?.labels ?? {}
  const strange = Object.entries(service.spec.selector ?? {})
    .filter(([key, value]) => key !== ROLLOUTS_POD_TEMPLATE_HASH && labels[key] !== value)
    .map(([key]) => key)
  return [
    ...(manager !== undefined && manager !== seen.name
      ? [invalid(path, name, `Service "${name}" is managed by another Rollout`)]
      : []),
    ...strange.map(key => invalid(path, name, `Service "${name}" has unmatch label "${key}" in rollout`)),
  ]
}

/** `path`: of the field that names the Service. */
export const checkNamedService = (context: RolloutContext, path: string, name: string | undefined): readonly Violation[] => {
  if (!name) return []
  const service = context.seen.services.find(({ metadata }) => metadata.name === name)
  return service === undefined ? [invalid(path, name, `service "${name}" not found`)] : checkService(context, path, service)
}

export const checkCanaryServices = (context: RolloutContext): readonly Violation[] => {
  const { stableService, canaryService, pingPong } = context.canary
  const named = {
    stableService,
    canaryService,
    'pingPong.pingService': pingPong?.pingService,
    'pingPong.pongService': pingPong?.pongService,
  }
  return Object.entries(named).flatMap(([field, name]) => checkNamedService(context, `spec.strategy.canary.${field}`, name))
}
