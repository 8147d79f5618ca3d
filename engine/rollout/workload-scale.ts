/** Scaling down the Deployment that a Rollout takes its template from, once the Rollout's own pods do the work: `scaleDown`. */
import { conditionOf } from '../status.ts'
import type { RolloutContext } from './context.ts'
import type { RolloutPlan } from './finish.ts'
import { event, type RolloutIntent } from './intents.ts'
import { WORKLOAD_REPLICAS } from './names.ts'
import { newRevision } from './versions.ts'

const RECHECK_MS = 1000

/** Pods that the Deployment had before anything was taken from it. */
const originalOf = ({ rollout }: RolloutContext, now: number): number => {
  const noted = Number.parseInt(rollout.metadata.annotations?.[WORKLOAD_REPLICAS] ?? '', 10)
  return Number.isNaN(noted) ? now : noted
}

/**
 * The Deployment gives up its pods as the Rollout's become available, and gets them back when those do not stay. A Deployment that is
 * larger than the Rollout shrinks in proportion, so that both together never have fewer pods than the smaller of them is to have.
 */
const inStep = (original: number, replicas: number, available: number): number => {
  const missing = Math.max(0, replicas - available)
  return Math.min(original, Math.ceil((Math.max(original, replicas) * missing) / replicas))
}

const wantedSize = (context: RolloutContext, from: number, { status }: RolloutPlan): number => {
  const { seen, replicas, versions } = context
  // Once the Rollout was healthy, what its pods do is its own affair: the Deployment only goes.
  if (status?.phase === 'Healthy') return 0
  if (seen.rollout.spec.workloadRef?.scaleDown !== 'progressively') return from
  if (conditionOf(context.status, 'Healthy') !== undefined) return from
  return inStep(originalOf(context, from), replicas, versions.current?.status?.availableReplicas ?? 0)
}

/** No pod but the Rollout's own is behind the active Service, as far as that can be told. */
const isSwitched = ({ seen }: RolloutContext): boolean => {
  const own = new Set(seen.pods.map(({ metadata }) => metadata.name))
  return (seen.activeEndpoints ?? []).every(name => own.has(name))
}

const scaling = (context: RolloutContext, from: number, to: number): readonly RolloutIntent[] => {
  const { seen, rollout } = context
  const { name = '' } = seen.rollout.spec.workloadRef ?? {}
  const noted = rollout.metadata.annotations?.[WORKLOAD_REPLICAS] !== undefined
  const annotations = { [WORKLOAD_REPLICAS]: String(from) }
  const { resourceVersion } = seen.workload ?? {}
  return [
    ...(noted
      ? []
      : [{ kind: 'patchRollout' as const, patch: { metadata: { annotations } }, why: 'how many pods the Deployment had' }]),
    {
      kind: 'scaleWorkload',
      name,
      to,
      ...(resourceVersion !== undefined && { resourceVersion }),
      why: 'pods of the Rollout stand for those of the Deployment',
    },
    event('ScalingDeployment', `Scaled ${to > from ? 'up' : 'down'} Deployment ${name} from ${from} to ${to}`),
  ]
}

/**
 * Acts only at the first revision, as in Argo Rollouts: later the Deployment's size is its user's. A Rollout without pods takes nobody's
 * place. The plan comes with the intents at its end, after everything that makes the pods.
 */
export const scaleWorkload = (context: RolloutContext, plan: RolloutPlan): RolloutPlan => {
  const { seen, replicas, versions, now } = context
  const { scaleDown = 'never' } = seen.rollout.spec.workloadRef ?? {}
  const from = seen.workload?.replicas
  if (scaleDown === 'never' || from === undefined || replicas === 0 || versions.current === undefined) return plan
  const to = newRevision(versions) > 1 ? from : wantedSize(context, from, plan)
  if (to === from) return plan
  if (to === 0 && !isSwitched(context))
    return { ...plan, wakeAt: Math.min(plan.wakeAt ?? Number.POSITIVE_INFINITY, now + RECHECK_MS) }
  return { ...plan, intents: [...plan.intents, ...scaling(context, from, to)] }
}
