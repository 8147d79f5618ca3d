/** The rules for the steps of a canary. */
import type { CanaryStep, CanaryStrategy, Rollout, RolloutStringMatch } from '../../../api/rollout.ts'
import { pauseSeconds } from '../pause-seconds.ts'
import { invalid, missingField, required, type Violation } from './violation.ts'

const KINDS = [
  'experiment',
  'pause',
  'setWeight',
  'analysis',
  'setCanaryScale',
  'setHeaderRoute',
  'setMirrorRoute',
  'plugin',
] as const satisfies readonly (keyof CanaryStep)[]

const NO_KIND = 'Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause'

export type Place = {
  readonly rollout: Rollout
  readonly canary: CanaryStrategy
  /** Of the strategy. */
  readonly base: string
  /** Of the step. */
  readonly path: string
}

type Check = (step: CanaryStep, place: Place) => readonly Violation[]

/** Argo Rollouts sees only some of the kinds when several are set and runs one of them; here all are seen. */
const oneKind: Check = (step, { path }) => {
  const kinds = KINDS.filter(kind => step[kind] !== undefined)
  return kinds.length === 1 ? [] : [invalid(path, kinds.map(kind => `step.${kind}`).join(' '), NO_KIND)]
}

const setWeight: Check = ({ setWeight: weight }, { canary, path }) => {
  const most = canary.trafficRouting?.maxTrafficWeight ?? 100
  return weight === undefined || (weight >= 0 && weight <= most)
    ? []
    : [invalid(`${path}.setWeight`, weight, `SetWeight needs to be between 0 and ${most}`)]
}

const pause: Check = ({ pause: wish }, { path }) => {
  const seconds = pauseSeconds(wish?.duration)
  return seconds !== undefined && seconds < 0
    ? [invalid(`${path}.pause.duration`, seconds, 'Duration needs to be greater than 0')]
    : []
}

const setCanaryScale: Check = ({ setCanaryScale: scale }, { canary, base }) =>
  scale !== undefined && canary.trafficRouting === undefined
    ? [required(`${base}.trafficRouting`, 'SetCanaryScale requires TrafficRouting to be set')]
    : []

const matchValue = (path: string, match: RolloutStringMatch | undefined): readonly Violation[] => {
  const given = [match?.exact, match?.regex, match?.prefix].filter(value => value !== undefined && value !== '')
  if (given.length === 1) return []
  const detail =
    given.length === 0
      ? 'StringMatch value missed, match value must have one of the following: exact, regex, prefix'
      : 'StringMatch match value must have exactly one of the following: exact, regex, prefix'
  return [invalid(path, match, detail)]
}

const isAlbMatch = ({ exact, regex, prefix }: RolloutStringMatch): boolean => Boolean(exact) && !regex && !prefix

const hasPlugins = ({ trafficRouting }: CanaryStrategy): boolean => Object.keys(trafficRouting?.plugins ?? {}).length > 0

const setHeaderRoute: Check = ({ setHeaderRoute: route }, { canary, path }) => {
  if (route === undefined) return []
  const { trafficRouting: routing } = canary
  const supports = routing?.istio !== undefined || routing?.alb !== undefined || routing?.apisix !== undefined
  if (!supports && !hasPlugins(canary))
    return [invalid(`${path}.setHeaderRoute`, route, 'SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix')]
  return (route.match ?? []).flatMap(({ headerValue }, i) => {
    const at = `${path}.setHeaderRoute.match[${i}]`
    if (routing?.alb === undefined) return matchValue(at, headerValue)
    return isAlbMatch(headerValue)
      ? []
      : [invalid(at, headerValue, "SetHeaderRoute match value invalid. ALB supports 'exact' value only")]
  })
}

const setMirrorRoute: Check = ({ setMirrorRoute: route }, { canary, path }) => {
  if (route === undefined) return []
  const supported = canary.trafficRouting?.istio !== undefined || hasPlugins(canary)
  const unsupported = supported
    ? []
    : [invalid(`${path}.setMirrorRoute`, route, 'SetMirrorRoute requires TrafficRouting, supports Istio and Plugins')]
  const matches = (route.match ?? []).flatMap(({ method, path: url, headers }, i) =>
    [method, url, ...Object.values(headers ?? {})]
      .filter(value => value !== undefined)
      .flatMap(value => matchValue(`${path}.setMirrorRoute.match[${i}]`, value)),
  )
  return [...unsupported, ...matches]
}

const managedRoutes: Check = ({ setHeaderRoute: header, setMirrorRoute: mirror }, { canary, base, path }) => {
  const { trafficRouting: routing } = canary
  if (routing === undefined || (header === undefined && mirror === undefined)) return []
  const { managedRoutes: managed } = routing
  if (managed === undefined) {
    const detail = missingField('spec.strategy.canary.trafficRouting.managedRoutes')
    return [required(`${base}.trafficRouting.managedRoutes`, detail)]
  }
  const detail = 'Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes'
  return Object.entries({ setHeaderRoute: header, setMirrorRoute: mirror }).flatMap(([kind, route]) =>
    route === undefined || managed.some(({ name }) => name === route.name)
      ? []
      : [invalid(`${path}.${kind}`, route.name, detail)],
  )
}

const experimentWeights: Check = ({ experiment }, { canary, path }) => {
  const { trafficRouting: routing } = canary
  const supported = routing?.alb !== undefined || routing?.smi !== undefined || routing?.istio !== undefined || hasPlugins(canary)
  if (supported) return []
  const detail =
    routing === undefined
      ? 'Experiment template weight cannot be set unless TrafficRouting is enabled'
      : 'Experiment template weight is only available for TrafficRouting with SMI, ALB, Istio and Plugins at this time'
  return (experiment?.templates ?? []).flatMap(({ weight }, i) =>
    weight === undefined ? [] : [invalid(`${path}.experiment.templates[${i}].weight`, weight, detail)],
  )
}

/** What the downward API can tell of an object's metadata. */
const METADATA_FIELD = /^metadata\.(name|namespace|uid|labels|annotations|(labels|annotations)\[.+\])$/

const isKnownField = (path: unknown): boolean =>
  typeof path !== 'string' || !path.startsWith('metadata') || METADATA_FIELD.test(path)

const argumentsOf = ({ analysis, experiment }: CanaryStep): readonly unknown[] => [
  ...(analysis?.args ?? []),
  ...(experiment?.analyses ?? []).flatMap(({ args }) => args ?? []),
]

const at = (value: unknown, ...keys: readonly string[]): unknown =>
  keys.reduce<unknown>((node, key) => (typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined), value)

const analysisArguments: Check = (step, { path }) => {
  const args = argumentsOf(step)
  const detail = 'Analyses arguments must refer to valid object metadata supported by downwardAPI'
  return args.every(argument => isKnownField(at(argument, 'valueFrom', 'fieldRef', 'fieldPath')))
    ? []
    : [invalid(`${path}.analyses`, args, detail)]
}

const CHECKS: readonly Check[] = [
  oneKind,
  setWeight,
  pause,
  setCanaryScale,
  setHeaderRoute,
  setMirrorRoute,
  managedRoutes,
  experimentWeights,
  analysisArguments,
]

export const checkSteps = (rollout: Rollout, canary: CanaryStrategy, base: string): readonly Violation[] =>
  (canary.steps ?? []).flatMap((step, i) =>
    CHECKS.flatMap(check => check(step, { rollout, canary, base, path: `${base}.steps[${i}]` })),
  )
