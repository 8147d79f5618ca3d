/** What the types of a Rollout's strategy cannot say: which fields go together, and what a Deployment can use today. */
import type { Problem } from './problem.ts'
import type { CanaryStep, CanaryStrategy, RolloutStrategy } from './rollout.ts'
import { ALL_HUNDREDTHS } from './traffic-weight.ts'

type Check = (canary: CanaryStrategy) => Problem[]

const STEP_KINDS = [
  'setWeight',
  'pause',
  'setCanaryScale',
  'analysis',
  'setHeaderRoute',
  'setMirrorRoute',
  'experiment',
  'plugin',
] as const satisfies readonly (keyof CanaryStep)[]

const everyStep =
  (check: (step: CanaryStep, path: string) => Problem[]): Check =>
  ({ steps = [] }) =>
    steps.flatMap((step, i) => check(step, `canary.steps[${i}]`))

const kindsOf = (step: CanaryStep): string[] => STEP_KINDS.filter(kind => step[kind] !== undefined)

const oneKindPerStep = everyStep((step, path) => {
  const kinds = kindsOf(step)
  if (kinds.length === 1) return []
  const found = kinds.length === 0 ? 'no kind of step is set' : `${kinds.join(' and ')} are set together`
  return [{ path, message: `${found}; a step has exactly one of ${STEP_KINDS.join(', ')}, e.g. {"setWeight": 20}` }]
})

const weightsInRange: Check = canary => {
  const most = canary.trafficRouting?.maxTrafficWeight ?? 100
  return everyStep(({ setWeight }, path) =>
    setWeight === undefined || setWeight <= most
      ? []
      : [{ path: `${path}.setWeight`, message: `${setWeight} must be a whole number from 0 to ${most}, e.g. 20` }],
  )(canary)
}

const routesDeclared: Check = canary => {
  const declared = (canary.trafficRouting?.managedRoutes ?? []).map(route => route.name)
  return everyStep(({ setHeaderRoute, setMirrorRoute }, path) =>
    Object.entries({ setHeaderRoute, setMirrorRoute }).flatMap(([kind, route]) => {
      if (route === undefined || declared.includes(route.name)) return []
      const example = `{"name": ${JSON.stringify(route.name)}}`
      return [
        {
          path: `${path}.${kind}.name`,
          message: `"${route.name}" must be one of canary.trafficRouting.managedRoutes; add ${example} there`,
        },
      ]
    }),
  )(canary)
}

const isZero = (value: number | string | undefined): boolean => value !== undefined && Number.parseInt(String(value), 10) === 0

const roomToMove: Check = ({ maxSurge, maxUnavailable }) =>
  isZero(maxSurge) && isZero(maxUnavailable)
    ? [
        {
          path: 'canary.maxSurge',
          message: 'must be above 0 when maxUnavailable is 0, because no pod could ever be replaced, e.g. 1 or "25%"',
        },
      ]
    : []

/** Fields of a canary that mean something where Kubernetes' own Deployment holds the pods. */
const FOR_DEPLOYMENTS: readonly (keyof CanaryStrategy)[] = [
  'steps',
  'maxSurge',
  'maxUnavailable',
  'analysis',
  'trafficRouting',
  'dynamicStableScale',
  'scaleDownDelaySeconds',
  'abortScaleDownDelaySeconds',
]
const STEPS_LATER: readonly (keyof CanaryStep)[] = ['experiment', 'plugin']

const fieldsForDeployments: Check = canary =>
  Object.keys(canary)
    .filter(field => !FOR_DEPLOYMENTS.some(known => known === field))
    .map(field => ({
      path: `canary.${field}`,
      message: `is not available for a Deployment in this version; allowed are ${FOR_DEPLOYMENTS.join(', ')}`,
    }))

const stepsForDeployments = everyStep((step, path) =>
  STEPS_LATER.filter(kind => step[kind] !== undefined).map(kind => ({
    path: `${path}.${kind}`,
    message: `is not available in this version; allowed are ${STEP_KINDS.filter(known => !STEPS_LATER.includes(known)).join(', ')}`,
  })),
)

const TRAFFIC_FOR_DEPLOYMENTS: readonly string[] = ['managedRoutes', 'maxTrafficWeight']

const trafficForDeployments: Check = ({ trafficRouting = {} }) =>
  Object.keys(trafficRouting)
    .filter(field => !TRAFFIC_FOR_DEPLOYMENTS.includes(field))
    .map(field => ({
      path: `canary.trafficRouting.${field}`,
      message: `is not for a Deployment; only ${TRAFFIC_FOR_DEPLOYMENTS.join(' and ')} are allowed here, and who splits the traffic is said by sluice.dev/router, e.g. auto`,
    }))

/** Routers count in hundredths of a percent; nothing may be lost on the way there. */
const weightsAreHundredths: Check = ({ trafficRouting: { maxTrafficWeight: most = 100 } = {} }) =>
  ALL_HUNDREDTHS % most === 0
    ? []
    : [
        {
          path: 'canary.trafficRouting.maxTrafficWeight',
          message: `${most} must divide 10000, because shares are kept in hundredths of a percent, e.g. 1000`,
        },
      ]

const ALWAYS: readonly Check[] = [oneKindPerStep, weightsInRange, routesDeclared, roomToMove]
const FOR_A_DEPLOYMENT: readonly Check[] = [
  fieldsForDeployments,
  stepsForDeployments,
  trafficForDeployments,
  weightsAreHundredths,
]

/** What is wrong with a decoded canary, whoever holds the pods; paths start at the strategy. */
export const checkCanary = (canary: CanaryStrategy): Problem[] => ALWAYS.flatMap(check => check(canary))

/** What is wrong with a decoded strategy for a Deployment; paths start at the strategy. */
export const checkDeploymentStrategy = ({ canary, blueGreen }: RolloutStrategy): Problem[] => {
  if (blueGreen) {
    return [
      {
        path: 'blueGreen',
        message: 'is not for a Deployment; set sluice.dev/strategy to blue-green and leave sluice.dev/spec out',
      },
    ]
  }
  if (!canary)
    return [{ path: 'canary', message: 'is missing; it must be an object, e.g. {"steps": [{"setWeight": 20}, {"pause": {}}]}' }]
  return [...ALWAYS, ...FOR_A_DEPLOYMENT].flatMap(check => check(canary))
}
