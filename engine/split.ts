/** How the traffic of an update is split: by the routers' weights, or by nothing but the numbers of pods. */
import type { Context } from './context.ts'
import type { ServiceSeen } from './seen.ts'
import { type Fronted, preflight } from './service-mode/preflight.ts'
import { foreignSlices } from './service-mode/slices.ts'
import { isSidecarRoute } from './sidecar/placement.ts'
import { sidecarPreflight } from './sidecar/preflight.ts'

export type Split = 'routes' | 'count'

/**
 * Every fronting Service leads to the routers and nowhere else: a canary pod cannot receive what no router sends. Sidecars are where
 * Services lead anyway: a new pod is not ready before its sidecar knows what to split by.
 */
export const isInProxy = ({ fronting, missingServices }: Context): boolean =>
  missingServices.length === 0 &&
  fronting.every(
    seen =>
      seen.route?.status?.step === 'proxy' &&
      (isSidecarRoute(seen.route) || (seen.service.spec.selector === undefined && foreignSlices(seen).length === 0)),
  )

/** New connections to the Service reach routers only, or did until somebody put its selector back a moment ago. */
export const isInPath = ({ service, route }: ServiceSeen): boolean => {
  const detached: readonly string[] = ['detach', 'clean-slices', 'probe-1', 'probe-2', 'proxy', 'final-weight']
  return service.spec.selector === undefined || (route !== undefined && detached.includes(route.status?.step ?? ''))
}

export const hasRoutes = ({ fronting, strays }: Context): boolean =>
  [...fronting, ...strays].some(({ route }) => route !== undefined)

const isRefused = ({ fronting, deployment, seen, missingServices, placement }: Context): boolean => {
  const { template } = deployment.spec
  const pods: Fronted = {
    podLabels: template.metadata?.labels ?? {},
    podPrefixes: seen.replicaSets.map(({ metadata }) => `${metadata.name}-`),
    template,
    ...(seen.surroundings && { surroundings: seen.surroundings }),
  }
  const check = (service: ServiceSeen) =>
    placement === 'sidecar' ? sidecarPreflight(service, pods, seen.name) : preflight(service, pods)
  return missingServices.length > 0 || fronting.some(service => check(service) !== undefined)
}

/**
 * By count where the user says so (`router: none`), where no Service fronts the pods, and for a full promotion when the routers can
 * not take over: a Service that is refused, or a stable version without a ready pod that could be protected. Never while a Service is
 * in proxy mode: its routers go by weights.
 */
export const chooseSplit = (context: Context): Split => {
  const { fronting, missingServices, config, status, versions, replicas } = context
  if (fronting.some(isInPath)) return 'routes'
  if (config.router === 'none' || (fronting.length === 0 && missingServices.length === 0)) return 'count'
  const isUnprotectable = replicas > 0 && (versions.stable?.ready ?? 0) === 0
  return status.promoteFull === true && (isUnprotectable || isRefused(context)) ? 'count' : 'routes'
}
