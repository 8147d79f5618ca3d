/** Who splits the traffic of a Rollout: the one provider that its strategy names, of those that there are. */
import type { CanaryStrategy, Rollout } from '../../../api/rollout.ts'
import { invalid, type Violation } from '../validate/violation.ts'
import type { TrafficProvider } from './provider.ts'

type TrafficRouting = NonNullable<CanaryStrategy['trafficRouting']>

const PATH = 'spec.strategy.canary.trafficRouting'

/** Every provider that is named, as a path below trafficRouting with its config. */
const namedIn = ({ managedRoutes: _, maxTrafficWeight: __, plugins = {}, ...providers }: TrafficRouting) => [
  ...Object.entries(providers).map(([name, config]) => ({ name, path: `.${name}`, config })),
  ...Object.entries(plugins).map(([name, config]) => ({ name, path: `.plugins[${JSON.stringify(name)}]`, config })),
]

const allowed = (providers: readonly TrafficProvider[]): string => {
  const plugins = providers.filter(({ name }) => name.includes('/')).map(({ name }) => `plugins[${JSON.stringify(name)}]`)
  return plugins.length === 0 ? 'none' : `${plugins.join(', ')}, or none at all (the traffic is split by somebody else)`
}

const aloneWith = (pingPong: NonNullable<CanaryStrategy['pingPong']>): Violation =>
  invalid(
    'spec.strategy.canary.pingPong',
    pingPong,
    'pingPong needs trafficRouting; e.g. trafficRouting: {plugins: {"sluice/router": {services: [web]}}}',
  )

/** Providers that Sluice does not run, one for each field that has to go, and what the one that is named can not run. */
export const checkRouting = ({ spec }: Pick<Rollout, 'spec'>, providers: readonly TrafficProvider[]): readonly Violation[] => {
  const { canary } = spec.strategy
  if (canary?.trafficRouting === undefined) return canary?.pingPong === undefined ? [] : [aloneWith(canary.pingPong)]
  const unknown = namedIn(canary.trafficRouting).filter(({ name }) => !providers.some(provider => provider.name === name))
  if (unknown.length > 0)
    return unknown.map(({ name, path, config }) =>
      invalid(
        `${PATH}${path}`,
        config,
        `Sluice runs no traffic provider ${JSON.stringify(name)}; allowed: ${allowed(providers)}; e.g. trafficRouting: {plugins: {"sluice/router": {}}}`,
      ),
    )
  return providers.filter(({ isNamed }) => isNamed(canary)).flatMap(({ check }) => check(canary))
}

/** The provider of a strategy that was checked; undefined for one that splits by the number of pods. */
export const chooseProvider = ({ spec }: Rollout, providers: readonly TrafficProvider[]): TrafficProvider | undefined => {
  const { canary } = spec.strategy
  return canary?.trafficRouting === undefined ? undefined : providers.find(({ isNamed }) => isNamed(canary))
}
