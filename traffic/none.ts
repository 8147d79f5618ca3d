/**
 * `trafficRouting` without a provider: somebody else splits the traffic between both Services by the weights in the status. Nothing can be
 * seen of it, so nothing is waited for.
 */
import type { CanaryStep } from '../api/rollout.ts'
import { stateByStatus } from '../engine/rollout/traffic/by-status.ts'
import type { TrafficProvider } from '../engine/rollout/traffic/provider.ts'
import { invalid, type Violation } from '../engine/rollout/validate/violation.ts'

const INSTEAD =
  'needs a traffic provider; allowed: plugins["sluice/router"]; e.g. trafficRouting: {plugins: {"sluice/router": {}}}'

/** Nobody would make such a route, or send a share to an experiment. */
const checkStep = (step: CanaryStep, path: string): readonly Violation[] => [
  ...(['setHeaderRoute', 'setMirrorRoute'] as const)
    .filter(kind => step[kind] !== undefined)
    .map(kind => invalid(`${path}.${kind}`, step[kind], `${kind} ${INSTEAD}`)),
  ...(step.experiment?.templates ?? []).flatMap(({ weight }, i) =>
    weight === undefined ? [] : [invalid(`${path}.experiment.templates[${i}].weight`, weight, `a weight ${INSTEAD}`)],
  ),
]

export const none: TrafficProvider = {
  name: 'none',
  isNamed: ({ trafficRouting: routing }) => {
    const { managedRoutes: _, maxTrafficWeight: __, plugins = {}, ...providers } = routing ?? {}
    return routing !== undefined && Object.keys(plugins).length + Object.keys(providers).length === 0
  },
  check: ({ steps = [] }) => steps.flatMap((step, i) => checkStep(step, `spec.strategy.canary.steps[${i}]`)),
  read: ({ last }) => stateByStatus(last),
  plan: () => ({ intents: [], waits: [], isDone: true }),
}
