/** Reads what the planner of Rollouts is to know of their traffic: Services, Routes, routers; and makes the probes that it asks for. */
import type { Service } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { TrafficSeen } from '../../engine/rollout/traffic/provider.ts'
import type { ProbeSeen } from '../../engine/seen.ts'
import { BY_NAMESPACE, isPrivate } from '../caches.ts'
import type { Executor, ProbeTarget } from '../execute.ts'
import { gatherBackends, gatherRouters, gatherService, takenPorts } from '../gather.ts'
import { type RolloutControllerOptions, targetOf } from '../rollout-controller.ts'
import { makeSurroundings } from '../surroundings.ts'
import { servicesOf } from './select.ts'

export type TrafficOptions = Pick<
  RolloutControllerOptions,
  'client' | 'caches' | 'coolingPorts' | 'reports' | 'clock' | 'log' | 'settings' | 'systemNamespace'
>

export type TrafficReader = {
  /** Undefined where nothing is, or was, split by weights. */
  readonly read: (rollout: Rollout) => Promise<TrafficSeen | undefined>
  /** How probes are carried out for what was read. */
  readonly probes: (namespace: string, seen: TrafficSeen | undefined) => Pick<Executor, 'target' | 'probed'>
}

/** An update is on, and a Service in front of it has no Route yet. */
const isBeforeEntry = ({ status }: Rollout, services: TrafficSeen['services']): boolean =>
  status?.stableRS !== undefined && status.stableRS !== status.currentPodHash && services.some(({ route }) => route === undefined)

export const makeTrafficReader = (options: TrafficOptions): TrafficReader => {
  const { caches } = options
  const probes = new Map<string, ProbeSeen>()
  const surroundings = makeSurroundings(options)

  const servicesIn = ({ metadata, spec }: Rollout): readonly Service[] => {
    const { namespace = '', name } = metadata
    const routes = caches.routes.by(BY_NAMESPACE, namespace).filter(route => route.spec.deployment === name)
    if (spec.strategy.canary?.trafficRouting === undefined && routes.length === 0) return []
    const named = servicesOf({ spec })
    const names = new Set([...named, ...routes.map(route => route.spec.service)])
    return [...names].flatMap(service => caches.services.get(namespace, service) ?? []).filter(service => !isPrivate(service))
  }

  const read = async (rollout: Rollout): Promise<TrafficSeen | undefined> => {
    const found = servicesIn(rollout)
    if (found.length === 0 && rollout.spec.strategy.canary?.trafficRouting === undefined) return undefined
    const { namespace = '', name } = rollout.metadata
    const services = found.map(service => gatherService(caches, { probes }, service, name))
    return {
      services,
      backends: gatherBackends(caches, services, namespace),
      routers: gatherRouters(caches.routerPods.list(), options.reports()),
      takenPorts: takenPorts(caches, options.coolingPorts.ports()),
      settings: options.settings,
      ...(isBeforeEntry(rollout, services) && { surroundings: await surroundings(rollout) }),
    }
  }

  return {
    read,
    probes: (namespace, seen) => ({
      target: (service): ProbeTarget | undefined => (seen === undefined ? undefined : targetOf(seen, service)),
      probed: (service, result) => void probes.set(`${namespace}/${service}`, result),
    }),
  }
}
