/** From the Deployment's settings to the strategy of its Rollout. */
import type { Settings } from './annotations.ts'
import { partName, type RequestPart } from './request-part.ts'
import type { CanaryStep, CanaryStrategy, RolloutSpec, SluiceRouterConfig } from './rollout.ts'
import { SLUICE_ROUTER } from './rollout-traffic.ts'
import type { StringMatch } from './route.ts'
import type { Step } from './steps.ts'
import { ALL_HUNDREDTHS } from './traffic-weight.ts'

export { SLUICE_ROUTER } from './rollout-traffic.ts'

const MIRROR_ROUTE = 'mirror'
/** A name of its own for each wish, so that steps do not replace each other's routes. */
const matchRoute = ({ of, name }: RequestPart, value: StringMatch): string => {
  const written = 'exact' in value ? value.exact : 'prefix' in value ? `^${value.prefix}` : `~${value.regex}`
  return `${of}-${of === 'header' ? name.toLowerCase() : name}-${written}`
}

const makeStep = (step: Step, scale: number): CanaryStep => {
  switch (step.kind) {
    case 'weight':
      return { setWeight: Math.round((step.percent * scale) / 100) }
    case 'wait':
      return { pause: { duration: step.duration } }
    case 'pause':
      return { pause: {} }
    case 'analysis':
      return { analysis: { templates: [{ templateName: step.template }] } }
    case 'scale':
      return { setCanaryScale: 'percent' in step ? { weight: step.percent } : { replicas: step.replicas } }
    case 'match':
      return {
        setHeaderRoute: {
          name: matchRoute(step.part, step.value),
          match: [{ headerName: partName(step.part), headerValue: step.value }],
        },
      }
    case 'mirror':
      return { setMirrorRoute: { name: MIRROR_ROUTE, match: [{ path: { prefix: '/' } }], percentage: step.percent } }
  }
}

const isFine = (step: Step): boolean => step.kind === 'weight' && !Number.isInteger(step.percent)

/** Weights are percents where they are whole; hundredths of a percent where one is not, since a Rollout's are whole. */
const chooseScale = ({ steps, spec }: Settings): number => (spec === undefined && steps.some(isFine) ? ALL_HUNDREDTHS : 100)

/** All steps in the form of Argo Rollouts: blue-green starts with a canary of full size, and both end with all traffic. */
const makeSteps = (settings: Settings): CanaryStep[] => {
  const { strategy, steps } = settings
  const scale = chooseScale(settings)
  const reachesAll = steps.some(step => step.kind === 'weight' && step.percent === 100)
  return [
    ...(strategy === 'blue-green' ? [{ setCanaryScale: { weight: 100 } }] : []),
    ...steps.map(step => makeStep(step, scale)),
    ...(reachesAll ? [] : [{ setWeight: scale }]),
  ]
}

const routeNames = (steps: readonly CanaryStep[]): string[] => [
  ...new Set(steps.flatMap(step => step.setHeaderRoute?.name ?? step.setMirrorRoute?.name ?? [])),
]

const makeRouterConfig = ({ router, routerMode, services, sticky, timeouts, checks }: Settings): SluiceRouterConfig => ({
  router,
  mode: routerMode,
  ...(services && { services }),
  ...(sticky && { sticky }),
  ...(timeouts && { timeouts }),
  checks,
})

/** The canary as the annotations write it: in short steps, or whole in `spec`. */
const writtenCanary = (settings: Settings): CanaryStrategy => {
  const { spec } = settings
  if (spec === undefined) return { steps: makeSteps(settings) }
  if ('strategy' in spec) return spec.strategy.canary ?? {}
  throw new Error('sluice.dev/spec was not decoded: readSettings needs decodeYaml where it may hold YAML')
}

const makeAnalysis = (own: CanaryStrategy['analysis'], templates: readonly string[]): Pick<CanaryStrategy, 'analysis'> => {
  if (templates.length === 0) return own === undefined ? {} : { analysis: own }
  return { analysis: { ...own, templates: [...(own?.templates ?? []), ...templates.map(templateName => ({ templateName }))] } }
}

/**
 * The strategy that the settings ask for: always a canary with `trafficRouting.plugins["sluice/router"]`; blue-green is a canary
 * of full size with one switch.
 * @throws Error when `spec` holds YAML that readSettings was given no decoder for.
 */
export const makeStrategy = (settings: Settings): RolloutSpec['strategy'] => {
  const { analysis, trafficRouting, ...written } = writtenCanary(settings)
  const names = routeNames(written.steps ?? []).map(name => ({ name }))
  const managedRoutes = trafficRouting?.managedRoutes ?? names
  const scale = trafficRouting?.maxTrafficWeight ?? chooseScale(settings)
  const canary: CanaryStrategy = {
    ...written,
    trafficRouting: {
      plugins: { [SLUICE_ROUTER]: makeRouterConfig(settings) },
      ...(managedRoutes.length > 0 && { managedRoutes }),
      ...(scale !== 100 && { maxTrafficWeight: scale }),
    },
    ...makeAnalysis(analysis, settings.templates),
  }
  return { canary }
}
