/** Where the Services of a canary with traffic routing lead: rules of Argo Rollouts (reconcileStableAndCanaryService, ping-pong). */
import type { ReplicaSet } from '../../../api/kubernetes.ts'
import type { RolloutStatus } from '../../../api/rollout.ts'
import { isSettled, type RolloutContext } from '../context.ts'
import type { RolloutIntent } from '../intents.ts'
import type { RolloutProgress } from '../progress.ts'
import { isReadyFor, pointService } from '../services.ts'
import { hashOf, sizedOf } from '../versions.ts'
import { type Routing, servicesByPart } from './routing.ts'

type PingPong = NonNullable<RolloutStatus['canary']>['stablePingPong']

/** Going back with dynamicStableScale: the stable version has yet to grow, and who calls the canary Service must not all come to it. */
const isGoingBack = (context: RolloutContext, { state }: Routing): boolean =>
  context.canary.dynamicStableScale === true &&
  isSettled(context) &&
  context.versions.older.some(set => (state.told[hashOf(set)] ?? 0) > 0)

/** After an abort it stays with the canary, for whoever looks for the fault, as long as that has pods; then it goes to the stable version. */
const canaryTarget = (context: RolloutContext, routing: Routing, { aborted }: RolloutProgress): ReplicaSet | undefined => {
  const { current, stable } = context.versions
  if (isGoingBack(context, routing)) return undefined
  return aborted && (current === undefined || sizedOf(current).spec === 0) ? stable : current
}

/** Only where there is a pod to answer: with traffic routing nobody may be led to a version without any. */
const led = (context: RolloutContext, name: string | undefined, target: ReplicaSet | undefined): readonly RolloutIntent[] =>
  target === undefined || !isReadyFor(target, false) ? [] : pointService(context, name, target)

export const planRoutedServices = (
  context: RolloutContext,
  routing: Routing,
  progress: RolloutProgress,
): readonly RolloutIntent[] => {
  if (context.isPaused) return []
  const { canary, versions, status } = context
  const parts = servicesByPart(canary, status.canary?.stablePingPong)
  // Both of a pair keep their versions; the one that is not in use takes up each new one.
  const isNew = versions.stable === undefined || !isSettled(context)
  return [
    ...(canary.pingPong !== undefined && isNew ? led(context, parts.canary, versions.current) : []),
    ...pointService(context, canary.stableService, versions.stable),
    ...led(context, canary.canaryService, canaryTarget(context, routing, progress)),
  ]
}

/** Which of the pair is the stable one from now on. */
export const nextPingPong = ({ canary, status }: RolloutContext, isPromoted: boolean): PingPong => {
  const now = status.canary?.stablePingPong
  if (canary.pingPong === undefined) return undefined
  return isPromoted ? (now === 'ping' ? 'pong' : 'ping') : now
}
