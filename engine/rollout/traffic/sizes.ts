/**
 * How many pods each version has while traffic is split by weights. Pods come before a share of traffic and go after it: nothing shrinks
 * that a request may still be sent to.
 */
import type { ReplicaSet } from '../../../api/kubernetes.ts'
import { parseTime } from '../../time.ts'
import { isSettled, type RolloutContext } from '../context.ts'
import type { RolloutIntent } from '../intents.ts'
import type { RolloutProgress } from '../progress.ts'
import { currentCanaryScale, currentSetWeight, podsOfWeight, routedSizes } from '../replicas/routed.ts'
import { abortScaleDownDelay, deadlineAfter, delayedSizes, scaleDownDelay } from '../replicas/scale-down-delay.ts'
import { resize } from '../scale.ts'
import { deadlineOf, dropDeadline, putDeadline } from '../scale-down-deadline.ts'
import { hashOf, newRevision, sizedOf } from '../versions.ts'
import type { Flow } from './flow.ts'
import type { Routing } from './routing.ts'

export type RoutedTargets = { readonly canary: number; readonly stable: number }

/** What the steps ask for, whatever is in the way of it now. `flow` is absent where only the step's own sizes are asked for. */
export const routedTargets = (
  context: RolloutContext,
  { state, view }: Routing,
  progress: RolloutProgress,
  flow?: Flow,
): RoutedTargets => {
  const { versions, steps, replicas, canary } = context
  const { maxWeight } = view
  const { index, aborted } = progress
  if (isSettled(context)) return { canary: replicas, stable: replicas }
  const share = (hash: string, now: number) => Math.max(state.told[hash] ?? 0, now)
  const stable = versions.stable ? hashOf(versions.stable) : ''
  const isGrowingBack = flow?.isRetiring === true
  return routedSizes({
    replicas,
    maxWeight,
    minPods: canary.minPodsPerReplicaSet,
    weight: currentSetWeight({ steps, index, aborted, maxWeight }),
    scale: aborted ? undefined : currentCanaryScale({ steps, index }),
    dynamic: canary.dynamicStableScale === true,
    aborted,
    sent: {
      canary: share(versions.hash, flow?.weight ?? 0),
      stable: isGrowingBack ? maxWeight : share(stable, flow?.wish.shares[0]?.weight ?? 0),
    },
  })
}

export type RoutedScale = { readonly intents: readonly RolloutIntent[]; readonly wakeAt?: number | undefined }

type Ended = { readonly size: number; readonly intents: readonly RolloutIntent[]; readonly wakeAt?: number }

/** Of an aborted update: its pods stay for a while after the traffic has gone back, or for good; they are never more than they were. */
const afterAbort = (context: RolloutContext, { state }: Routing, flow: Flow, target: number): Ended => {
  const { versions, canary, replicas, now } = context
  const { current, stable, hash } = versions
  if (current === undefined) return { size: 0, intents: [] }
  const { spec } = sizedOf(current)
  const explicit = canary.abortScaleDownDelaySeconds
  if (canary.dynamicStableScale === true && explicit === undefined) return { size: Math.min(spec, target), intents: [] }
  const delay = abortScaleDownDelay(explicit)
  if (delay === undefined || spec === 0) return { size: spec, intents: [] }
  const at = parseTime(deadlineOf(current))
  if (at !== undefined) return at <= now ? { size: 0, intents: [] } : { size: spec, intents: [], wakeAt: at }
  const isBack = flow.weight === 0 && (state.told[hash] ?? 0) === 0 && state.isSettled
  const isStableWhole = stable !== undefined && sizedOf(stable).available >= replicas
  return { size: spec, intents: isBack && isStableWhole ? putDeadline(current, deadlineAfter(now, delay)) : [] }
}

/** While the canary has more of the traffic than its step asks for, the pods that this needs; a size set apart from it waits for the weight. */
const leastOf = (context: RolloutContext, { state, view }: Routing, { index }: RolloutProgress, flow: Flow): number => {
  const { steps, versions, replicas } = context
  const share = Math.max(state.told[versions.hash] ?? 0, flow.weight)
  if (share <= flow.goal) return 0
  const isApart = currentCanaryScale({ steps, index }) !== undefined
  return isApart ? Number.POSITIVE_INFINITY : podsOfWeight(share, replicas, view.maxWeight)
}

/** A canary gets its first pod when nobody sends to it by accident, and loses none while routers may send to it by older weights. */
const canarySize = (context: RolloutContext, routing: Routing, progress: RolloutProgress, flow: Flow, target: number): number => {
  const { versions } = context
  const { state } = routing
  if (isSettled(context)) return target
  const spec = versions.current ? sizedOf(versions.current).spec : 0
  if (spec === 0 && !state.isSafeBeside && !state.isSplitting && !progress.promoteFull) return 0
  if (target >= spec) return target
  return state.isSettled ? Math.min(spec, Math.max(target, leastOf(context, routing, progress, flow))) : spec
}

const planNewest = (context: RolloutContext, routing: Routing, progress: RolloutProgress, flow: Flow, target: number): Ended => {
  const { current } = context.versions
  if (current === undefined) return { size: 0, intents: [] }
  if (progress.aborted) {
    const ended = afterAbort(context, routing, flow, target)
    return { ...ended, size: canarySize(context, routing, progress, flow, ended.size) }
  }
  return { size: canarySize(context, routing, progress, flow, target), intents: dropDeadline(current) }
}

const planStable = ({ versions }: RolloutContext, { state }: Routing, target: number): readonly RolloutIntent[] => {
  const { stable } = versions
  if (stable === undefined) return []
  const { spec } = sizedOf(stable)
  const size = target < spec && !state.isSettled ? spec : target
  return [...resize(stable, size, 'what its share of the traffic needs'), ...dropDeadline(stable)]
}

/** Neither the stable nor the newest version: until their deadline, or gone at once; but none that a request may be sent to. */
const planOlder = ({ versions, canary, now }: RolloutContext, { state }: Routing): RoutedScale => {
  const sets = versions.older.map(set => ({ ...sizedOf(set), deadline: deadlineOf(set) }))
  const dynamic = canary.dynamicStableScale === true
  const { sizes, wakeAt } = delayedSizes({ now, sets, revisionLimit: canary.scaleDownDelayRevisionLimit, dynamic })
  const end = (set: ReplicaSet, size: number): readonly RolloutIntent[] => {
    if (state.reaches(hashOf(set)) && size < sizedOf(set).spec) return []
    return [...resize(set, size, 'neither the stable nor the newest version'), ...(size === 0 ? dropDeadline(set) : [])]
  }
  return { intents: versions.older.flatMap((set, i) => end(set, sizes[i] ?? 0)), wakeAt }
}

export const planRoutedScale = (
  context: RolloutContext,
  routing: Routing,
  progress: RolloutProgress,
  flow: Flow,
): RoutedScale => {
  const targets = routedTargets(context, routing, progress, flow)
  const newest = planNewest(context, routing, progress, flow, targets.canary)
  const older = planOlder(context, routing)
  const isOne = isSettled(context)
  const why = isOne ? 'all of the traffic' : `share of the newest version: ${flow.weight} of ${routing.view.maxWeight}`
  const times = [newest.wakeAt, older.wakeAt].filter(at => at !== undefined)
  return {
    intents: [
      ...(isOne ? [] : planStable(context, routing, targets.stable)),
      ...resize(context.versions.current, newest.size, why, newRevision(context.versions)),
      ...newest.intents,
      ...older.intents,
    ],
    wakeAt: times.length > 0 ? Math.min(...times) : undefined,
  }
}

/** The stable version gets its deadline in the pass in which it stops being that: only then is it known that it was. */
export const delayFormerStable = ({ versions, canary, now }: RolloutContext): readonly RolloutIntent[] => {
  const { stable, current } = versions
  const delay = scaleDownDelay(canary.scaleDownDelaySeconds, canary.dynamicStableScale === true)
  if (stable === undefined || stable === current || delay === 0 || sizedOf(stable).spec === 0) return []
  return deadlineOf(stable) === undefined ? putDeadline(stable, deadlineAfter(now, delay)) : []
}

/** The sizes of the step are there: the newest version's pods by replicaProgressThreshold, the stable one's unless they follow the traffic. */
export const isAtRoutedSize = (
  context: RolloutContext,
  routing: Routing,
  progress: RolloutProgress,
  isEnough: (available: number, wanted: number) => boolean,
): boolean => {
  const { current, stable } = context.versions
  if (current === undefined) return false
  const targets = routedTargets(context, routing, progress)
  const { spec, available } = sizedOf(current)
  if (spec !== targets.canary || !isEnough(available, targets.canary)) return false
  return (
    context.canary.dynamicStableScale === true ||
    isSettled(context) ||
    (stable !== undefined && sizedOf(stable).spec === targets.stable)
  )
}
