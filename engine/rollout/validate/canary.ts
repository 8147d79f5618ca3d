/** The rules for a canary strategy. */
import type { CanaryStrategy, Rollout } from '../../../api/rollout.ts'
import { checkAntiAffinity } from './common.ts'
import { checkSteps } from './steps.ts'
import { invalid, type Violation } from './violation.ts'

type Check = (canary: CanaryStrategy, path: string) => readonly Violation[]

const isZero = (value: number | string | undefined): boolean => value !== undefined && Number.parseInt(String(value), 10) === 0

const surge: Check = ({ maxSurge, maxUnavailable }, path) =>
  isZero(maxSurge) && isZero(maxUnavailable)
    ? [invalid(`${path}.maxSurge`, maxSurge, 'MaxSurge and MaxUnavailable both can not be zero')]
    : []

const services: Check = ({ canaryService, stableService }, path) =>
  canaryService && canaryService === stableService
    ? [
        invalid(
          `${path}.stableService`,
          stableService,
          'This rollout uses the same service for the stable and canary services, but two different services are required.',
        ),
      ]
    : []

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === 'object' && value !== null

const pingPong: Check = ({ pingPong: pair, trafficRouting: routing }, path) => {
  if (pair === undefined) return []
  const { pingService, pongService } = pair
  const unset = 'Ping service and Pong service must to be set to use Ping-Pong feature'
  const hasRouter = routing?.alb !== undefined || routing?.istio !== undefined || Object.keys(routing?.plugins ?? {}).length > 0
  const { alb } = routing ?? {}
  return [
    ...(routing !== undefined && !hasRouter
      ? [
          invalid(
            `${path}.trafficRouting.alb`,
            alb,
            'Ping-pong feature works with the ALB, Istio, and plugin-based traffic routers only',
          ),
        ]
      : []),
    ...(pingService === '' ? [invalid(`${path}.pingPong.pingService`, pingService, unset)] : []),
    ...(pongService === '' ? [invalid(`${path}.pingPong.pongService`, pongService, unset)] : []),
    ...(pingService === pongService
      ? [
          invalid(
            `${path}.pingPong.pingService`,
            pingService,
            'This rollout uses the same service for the ping and pong services, but two different services are required.',
          ),
        ]
      : []),
    ...(isRecord(alb) && !alb['rootService']
      ? [
          invalid(
            `${path}.trafficRouting.alb.rootService`,
            '',
            'Root service field is required for the configuration with ALB and ping-pong feature enabled',
          ),
        ]
      : []),
  ]
}

/** Routers that send to two Services by name. */
const needsServices = ({ trafficRouting: routing, pingPong: pair }: CanaryStrategy): boolean => {
  if (routing === undefined) return false
  const { alb, istio, smi, apisix, ambassador, nginx, appMesh, traefik } = routing
  const bySubset = isRecord(istio) && istio['destinationRule'] !== undefined
  if ((alb !== undefined || (istio !== undefined && !bySubset)) && pair === undefined) return true
  return [smi, apisix, ambassador, nginx, appMesh, traefik].some(router => router !== undefined)
}

const routerServices: Check = (canary, path) => {
  if (!needsServices(canary)) return []
  const detail = 'Canary service and Stable service must to be set to use Traffic Routing'
  return (['stableService', 'canaryService'] as const)
    .filter(field => !canary[field])
    .map(field => invalid(`${path}.${field}`, canary[field] ?? '', detail))
}

const routingFields: Check = ({ trafficRouting: routing, scaleDownDelaySeconds: delay, dynamicStableScale: dynamic }, path) => {
  const only = (field: string) => `Canary ${field} can only be used with traffic routing`
  if (routing === undefined) {
    return [
      ...(delay === undefined ? [] : [invalid(`${path}.scaleDownDelaySeconds`, delay, only('scaleDownDelaySeconds'))]),
      ...(dynamic ? [invalid(`${path}.dynamicStableScale`, dynamic, only('dynamicStableScale'))] : []),
    ]
  }
  const { maxTrafficWeight: most, nginx, plugins } = routing
  const takesWeight = most === undefined || nginx !== undefined || Object.keys(plugins ?? {}).length > 0
  const detail = 'Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins'
  return [
    ...(delay !== undefined && dynamic
      ? [invalid(`${path}.dynamicStableScale`, dynamic, 'Canary dynamicStableScale cannot be used with scaleDownDelaySeconds')]
      : []),
    ...(takesWeight ? [] : [invalid(`${path}.trafficRouting.maxTrafficWeight`, most, detail)]),
  ]
}

const CHECKS: readonly Check[] = [surge, services, pingPong, routerServices, routingFields]

export const checkCanary = (rollout: Rollout, canary: CanaryStrategy, path: string): readonly Violation[] => [
  ...CHECKS.flatMap(check => check(canary, path)),
  ...checkSteps(rollout, canary, path),
  ...checkAntiAffinity(`${path}.antiAffinity`, canary.antiAffinity),
]
