/** Gauges of Rollouts, with the names, labels and values of Argo Rollouts (controller/metrics/rollouts.go). */
import type { Registry } from 'prom-client'
import type { Rollout } from '../../api/rollout.ts'
import { addMirror, nameOf, onePerPhase, type Sample } from './mirror.ts'

/** What the Progressing condition's reason says; every other reason is Progressing. */
const PHASE_BY_REASON: { readonly [reason: string]: string } = {
  NewReplicaSetAvailable: 'Completed',
  RolloutPaused: 'Paused',
  ReplicaSetCreateError: 'Error',
  ProgressDeadlineExceeded: 'Timeout',
  RolloutAborted: 'Abort',
}
/** InvalidSpec stands in rollout_info only. */
const PHASES = ['Completed', 'Progressing', 'Paused', 'Timeout', 'Error', 'Abort']

/** The phase that Argo Rollouts' metrics have; other words than those of `status.phase`. */
export const phaseOf = ({ status }: Rollout): string => {
  const conditions = status?.conditions ?? []
  if (conditions.some(({ type }) => type === 'InvalidSpec')) return 'InvalidSpec'
  const reason = conditions.find(({ type }) => type === 'Progressing')?.reason ?? ''
  return PHASE_BY_REASON[reason] ?? 'Progressing'
}

const strategyOf = ({ spec: { strategy } }: Rollout): string => {
  if (strategy.blueGreen !== undefined) return 'blueGreen'
  return strategy.canary === undefined ? 'none' : 'canary'
}

const ROUTERS = [
  ['alb', 'ALB'],
  ['ambassador', 'Ambassador'],
  ['istio', 'Istio'],
  ['nginx', 'Nginx'],
  ['smi', 'SMI'],
  ['appMesh', 'AppMesh'],
] as const

/** Argo Rollouts says nothing of plugins; here the name of the first one stands, e.g. `sluice/router`. */
const trafficRouterOf = ({ spec }: Rollout): string => {
  const routing = spec.strategy.canary?.trafficRouting
  const found = ROUTERS.findLast(([field]) => routing?.[field] !== undefined)?.[1]
  return found ?? Object.keys(routing?.plugins ?? {})[0] ?? ''
}

const COUNTS: readonly (readonly [name: string, help: string, read: (rollout: Rollout) => number])[] = [
  ['available', 'Available pods of a Rollout, of all versions.', ({ status }) => status?.availableReplicas ?? 0],
  [
    'unavailable',
    'Pods of a Rollout that are not available, of all versions.',
    ({ status }) => (status?.replicas ?? 0) - (status?.availableReplicas ?? 0),
  ],
  ['desired', 'Pods that are wished for.', ({ spec }) => spec.replicas ?? 1],
  ['updated', 'Pods of the newest version of a Rollout.', ({ status }) => status?.updatedReplicas ?? 0],
]

/** `rollouts`: those that this process works on. */
export const addRolloutMirrors = (registry: Registry, rollouts: () => readonly Rollout[]): void => {
  const each = (read: (rollout: Rollout) => readonly Sample[]) => () => rollouts().flatMap(read)
  addMirror(registry, {
    name: 'rollout_info',
    help: 'Always 1; the strategy of a Rollout, who splits its traffic, and its phase.',
    labels: ['strategy', 'traffic_router', 'phase'],
    read: each(rollout => {
      const more = { strategy: strategyOf(rollout), traffic_router: trafficRouterOf(rollout), phase: phaseOf(rollout) }
      return [{ labels: { ...nameOf(rollout), ...more }, value: 1 }]
    }),
  })
  for (const [name, help, count] of COUNTS)
    addMirror(registry, {
      name: `rollout_info_replicas_${name}`,
      help,
      read: each(rollout => [{ labels: nameOf(rollout), value: count(rollout) }]),
    })
  addMirror(registry, {
    name: 'rollout_phase',
    help: '1 for the phase that the Rollout is in, 0 for the others; rollout_info says the same in one series.',
    labels: ['strategy', 'phase'],
    read: each(rollout => onePerPhase({ ...nameOf(rollout), strategy: strategyOf(rollout) }, PHASES, phaseOf(rollout))),
  })
}
