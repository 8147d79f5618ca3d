/** The Services of a Rollout, whoever splits its traffic. */
import type { Rollout } from '../api/rollout.ts'
import { frontsOf } from './sluice-router/config.ts'

/** Names of the Services that its strategy points at versions, or splits the traffic of. */
export const servicesOf = ({ spec }: Pick<Rollout, 'spec'>): readonly string[] => {
  const { canary, blueGreen } = spec.strategy
  const names = [
    canary?.stableService,
    canary?.canaryService,
    canary?.pingPong?.pingService,
    canary?.pingPong?.pongService,
    ...(canary?.trafficRouting === undefined ? [] : frontsOf(canary)),
    blueGreen?.activeService,
    blueGreen?.previewService,
  ]
  return [...new Set(names.flatMap(name => (name === undefined || name === '' ? [] : [name])))]
}
