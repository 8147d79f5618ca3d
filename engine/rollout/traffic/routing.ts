/** The traffic of a Rollout as it is now: who splits it, by what, and what the planner derives from that once. */
import type { CanaryStrategy, Rollout, RolloutStatus } from '../../../api/rollout.ts'
import type { RolloutSeen } from '../seen.ts'
import { hashOf, newestTemplate } from '../versions.ts'
import { chooseProvider } from './choose.ts'
import type { TrafficProvider, TrafficSeen, TrafficState, TrafficView } from './provider.ts'

export type Routing = {
  readonly provider: TrafficProvider
  readonly view: TrafficView
  readonly state: TrafficState
  /** The strategy does not ask for it any more, or not for this provider: it is taken away before anything else happens. */
  readonly isLeft: boolean
}

const NOBODY: TrafficSeen = {
  services: [],
  backends: [],
  routers: [],
  takenPorts: [],
  settings: { propagationMs: 0, maxDrainMs: 0, probes: 1 },
}

const viewOf = (seen: RolloutSeen, rollout: Rollout, now: number): TrafficView => {
  const template = newestTemplate(rollout)
  const canary: CanaryStrategy = rollout.spec.strategy.canary ?? {}
  return {
    name: seen.name,
    now,
    strategy: canary,
    maxWeight: canary.trafficRouting?.maxTrafficWeight ?? 100,
    podLabels: template.metadata?.labels ?? {},
    template,
    hashes: seen.replicaSets.map(hashOf),
    podPrefixes: seen.replicaSets.map(({ metadata }) => `${metadata.name}-`),
    last: rollout.status?.canary?.weights,
    seen: seen.traffic ?? NOBODY,
  }
}

/** The routing that a Rollout asks for, or one that it asked for and that is still there. */
export const readRouting = (
  seen: RolloutSeen,
  rollout: Rollout,
  providers: readonly TrafficProvider[],
  now: number,
): Routing | undefined => {
  const view = viewOf(seen, rollout, now)
  const chosen = chooseProvider(rollout, providers)
  for (const provider of providers) {
    if (provider === chosen) continue
    const state = provider.read(view)
    if (state.isEngaged) return { provider, view, state, isLeft: true }
  }
  return chosen && { provider: chosen, view, state: chosen.read(view), isLeft: false }
}

/** Of both Services the one that is for the stable version, and the one for the canary: they take turns with ping-pong. */
export const servicesByPart = (
  { pingPong, stableService, canaryService }: CanaryStrategy,
  stablePingPong: NonNullable<RolloutStatus['canary']>['stablePingPong'],
): { readonly stable: string | undefined; readonly canary: string | undefined } => {
  if (pingPong === undefined) return { stable: stableService, canary: canaryService }
  const { pingService, pongService } = pingPong
  return stablePingPong === 'ping' ? { stable: pingService, canary: pongService } : { stable: pongService, canary: pingService }
}
