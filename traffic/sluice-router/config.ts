/** `trafficRouting.plugins["sluice/router"]` of a Rollout that a user wrote: read, and what is wrong with it. */
import type { CanaryStrategy, SluiceRouterConfig } from '../../api/rollout.ts'
import { SLUICE_ROUTER } from '../../api/rollout-traffic.ts'
import { TIMEOUTS, timeoutMs } from '../../api/timeouts.ts'
import { ALL_HUNDREDTHS } from '../../api/traffic-weight.ts'
import { checkExperimentShares } from '../../engine/rollout/traffic/experiment-shares.ts'
import { invalid, type Violation } from '../../engine/rollout/validate/violation.ts'
import { checkSteps } from '../../engine/steps/index.ts'

export type RouterConfig = Pick<SluiceRouterConfig, 'services' | 'sticky' | 'mode' | 'timeouts'>

const PATH = 'spec.strategy.canary.trafficRouting'
const HERE = `${PATH}.plugins[${JSON.stringify(SLUICE_ROUTER)}]`

type Raw = { readonly [key: string]: unknown }

const isRecord = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value)

const rawOf = ({ trafficRouting }: CanaryStrategy): unknown => trafficRouting?.plugins?.[SLUICE_ROUTER]

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every(item => typeof item === 'string' && item !== '')

const isSticky = (value: unknown): value is NonNullable<RouterConfig['sticky']> =>
  value === 'cookie' || value === 'ip' || (isRecord(value) && typeof value['header'] === 'string' && value['header'] !== '')

const isTimeouts = (value: unknown): value is NonNullable<RouterConfig['timeouts']> =>
  isRecord(value) &&
  Object.entries(value).every(
    ([name, text]) =>
      TIMEOUTS.some(known => known === name) &&
      typeof text === 'string' &&
      timeoutMs(text) !== undefined &&
      !(name === 'connect' && text === 'off'),
  )

/** What is allowed of each field, and an example. */
const FIELDS: { readonly [field: string]: { readonly fits: (value: unknown) => boolean; readonly allowed: string } } = {
  router: { fits: value => value === 'auto' || value === 'shared', allowed: 'auto or shared, e.g. router: shared' },
  services: { fits: isNames, allowed: 'names of the Services that callers use, e.g. services: [web]' },
  sticky: { fits: isSticky, allowed: 'cookie, ip or {header: NAME}, e.g. sticky: {header: X-User}' },
  timeouts: {
    fits: isTimeouts,
    allowed:
      'connect, response and idle with durations from 1ms to 24h (or off, but for connect), e.g. timeouts: {response: 30s}',
  },
  mode: {
    fits: value => value === 'on-demand' || value === 'always',
    allowed: 'on-demand (in the path during updates) or always, e.g. mode: always',
  },
}

const checkFields = (raw: unknown): readonly Violation[] => {
  if (raw !== undefined && raw !== null && !isRecord(raw))
    return [invalid(HERE, raw, 'must be an object, e.g. {services: [web]}')]
  return Object.entries(raw ?? {}).flatMap(([field, value]) => {
    const known = FIELDS[field]
    if (known === undefined)
      return [invalid(`${HERE}.${field}`, value, `allowed fields: ${Object.keys(FIELDS).join(', ')}; e.g. {services: [web]}`)]
    return known.fits(value) ? [] : [invalid(`${HERE}.${field}`, value, `must be ${known.allowed}`)]
  })
}

/** A config that was checked. */
export const readConfig = (strategy: CanaryStrategy): RouterConfig => {
  const raw = rawOf(strategy)
  if (!isRecord(raw)) return {}
  const { services, sticky, mode, timeouts } = raw
  return {
    ...(isNames(services) && { services }),
    ...(isSticky(sticky) && { sticky }),
    ...(isTimeouts(timeouts) && { timeouts }),
    ...((mode === 'always' || mode === 'on-demand') && { mode }),
  }
}

/** Services that callers use: those of the config, or the stable one. */
export const frontsOf = (strategy: CanaryStrategy): readonly string[] => {
  const { services } = readConfig(strategy)
  return services ?? (strategy.stableService ? [strategy.stableService] : [])
}

const checkFronts = (strategy: CanaryStrategy): readonly Violation[] => {
  const { services } = readConfig(strategy)
  const { pingPong, stableService, canaryService } = strategy
  if (pingPong !== undefined && services === undefined)
    return [
      invalid(
        `${HERE}.services`,
        services,
        'with pingPong the Services take turns, so that callers need one that does not: name it, e.g. services: [web]',
      ),
    ]
  if (services === undefined && !stableService)
    return [
      invalid(
        'spec.strategy.canary.stableService',
        stableService ?? '',
        `${SLUICE_ROUTER} splits the traffic of the stable Service, or of those in ${HERE}.services; e.g. stableService: web`,
      ),
    ]
  const taken = [canaryService, pingPong?.pingService, pingPong?.pongService]
  return (services ?? [])
    .filter(name => taken.includes(name))
    .map(name =>
      invalid(
        `${HERE}.services`,
        name,
        'this Service leads to one version only; name the Service that callers use, e.g. services: [web]',
      ),
    )
}

/** Routes count in hundredths of a percent, and nothing is to be rounded. */
const checkScale = ({ trafficRouting }: CanaryStrategy): readonly Violation[] => {
  const most = trafficRouting?.maxTrafficWeight ?? 100
  return ALL_HUNDREDTHS % most === 0
    ? []
    : [
        invalid(
          `${PATH}.maxTrafficWeight`,
          most,
          `must divide ${ALL_HUNDREDTHS}, since ${SLUICE_ROUTER} splits by hundredths of a percent; e.g. maxTrafficWeight: 1000`,
        ),
      ]
}

/** What routers would refuse of header and mirror routes. */
const checkRoutes = ({ steps = [] }: CanaryStrategy): readonly Violation[] =>
  steps.flatMap((step, i) => {
    const { setHeaderRoute, setMirrorRoute } = step
    const kind = setHeaderRoute === undefined ? 'setMirrorRoute' : 'setHeaderRoute'
    if (setHeaderRoute === undefined && setMirrorRoute === undefined) return []
    return checkSteps([step]).map(text =>
      invalid(`spec.strategy.canary.steps[${i}].${kind}`, step[kind], text.replace(/^.*?steps\[0\]: /, '')),
    )
  })

export const checkConfig = (strategy: CanaryStrategy): readonly Violation[] => {
  const fields = checkFields(rawOf(strategy))
  return fields.length > 0
    ? fields
    : [...checkFronts(strategy), ...checkScale(strategy), ...checkRoutes(strategy), ...checkExperimentShares(strategy)]
}
