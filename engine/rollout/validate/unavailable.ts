/** Parts of a Rollout that Argo Rollouts runs and Sluice does not yet: refused before anything moves, never left out in silence. */
import type { CanaryStep, CanaryStrategy, Rollout } from '../../../api/rollout.ts'
import type { Violation } from './violation.ts'

type TrafficRouting = NonNullable<CanaryStrategy['trafficRouting']>

const refuse = (path: string, what: string): Violation => ({
  path,
  message: `Forbidden: ${what} of a Rollout is not available in this version of Sluice`,
})

const CANARY_FIELDS = {
  pingPong: 'ping-pong',
} as const

/** What says who splits: a provider with its config, a plugin by its name. */
const providersOf = ({
  managedRoutes: _,
  maxTrafficWeight: __,
  plugins = {},
  ...providers
}: TrafficRouting): readonly string[] => [
  ...Object.keys(providers).map(name => `.${name}`),
  ...Object.keys(plugins).map(name => `.plugins[${JSON.stringify(name)}]`),
]

/** One for each provider, so that every field that has to go is named. */
const routing = (trafficRouting: TrafficRouting | undefined): readonly Violation[] => {
  if (trafficRouting === undefined) return []
  const path = 'spec.strategy.canary.trafficRouting'
  const named = providersOf(trafficRouting)
  return (named.length > 0 ? named : ['']).map(name => ({
    path: `${path}${name}`,
    message:
      'Forbidden: traffic routing of a Rollout is not available in this version of Sluice; without trafficRouting the share of pods is the share of traffic, and the sluice.dev annotations of a Deployment split by exact weights',
  }))
}

const weights = ({ experiment }: CanaryStep, path: string): readonly Violation[] =>
  (experiment?.templates ?? []).flatMap(({ weight }, i) =>
    weight === undefined ? [] : [refuse(`${path}.templates[${i}].weight`, 'a weight of an experiment')],
  )

export const findUnavailable = ({ spec }: Rollout): readonly Violation[] => {
  const { canary } = spec.strategy
  const fields = Object.entries(CANARY_FIELDS) as [keyof typeof CANARY_FIELDS, string][]
  return [
    ...routing(canary?.trafficRouting),
    ...fields
      .filter(([field]) => canary?.[field] !== undefined)
      .map(([field, what]) => refuse(`spec.strategy.canary.${field}`, what)),
    ...(canary?.steps ?? []).flatMap((step, i) => weights(step, `spec.strategy.canary.steps[${i}].experiment`)),
  ]
}
