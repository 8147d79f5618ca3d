/** What is aimed at in this pass: shares, sizes, roles. Everything that follows from goal and step, before anything is written. */
import { nextSizes, type Sizes } from './capacity.ts'
import { nextSizesByCount } from './capacity-by-count.ts'
import type { Context } from './context.ts'
import { type Desired, EVERYTHING_DESIRED, NOTHING_DESIRED } from './desired.ts'
import { drainingUntil } from './draining.ts'
import { type Goal, isReturn, othersOf, stableOf } from './goal.ts'
import type { BackendVersion } from './make-route.ts'
import type { Progress } from './progress.ts'
import type { SizesByName } from './scale.ts'
import { isPublished } from './service-mode/slices.ts'
import { sizesFor } from './sidecar/first-rollout.ts'
import { isSidecarRoute } from './sidecar/placement.ts'
import { hasRoutes, isInPath, isInProxy, type Split } from './split.ts'
import { desiredAt } from './steps/index.ts'
import type { Traffic } from './traffic.ts'
import { isActive, type Version } from './versions.ts'
import type { Weights } from './weights.ts'
import { nextWeights } from './weights.ts'

export type FrameInput = {
  readonly context: Context
  readonly traffic: Traffic
  readonly split: Split
  readonly goal: Goal
  readonly progress: Progress
  readonly gateOpen: boolean
}

export type Frame = {
  readonly desired: Desired
  readonly sizes: SizesByName
  readonly weights: Weights
  readonly backends: readonly BackendVersion[]
  /** Every condition of a promotion is met: the newest version is the stable one from now on. */
  readonly isPromoted: boolean
}

/** The last share below 100 % among the steps: where an update by pod count waits for a verdict. */
const lastPartialWeight = ({ steps }: Context): number =>
  steps.findLast(({ setWeight = 100 }) => setWeight > 0 && setWeight < 100)?.setWeight ?? 100

/** Not all traffic before the analysis has judged enough requests; a canary that has none yet gets its first share, though. */
const heldAtGate = ({ context, traffic, split, gateOpen }: FrameInput, desired: Desired): Desired => {
  if (gateOpen || desired.weight < 100) return desired
  const share = split === 'count' ? lastPartialWeight(context) : (traffic.most[context.versions.current.hash] ?? 0)
  return share > 0 ? { ...desired, weight: share } : desired
}

const chooseDesired = (input: FrameInput): Desired => {
  const { context, goal, progress, traffic } = input
  const { current } = context.versions
  if (isReturn(goal) || context.replicas === 0) return NOTHING_DESIRED
  // Without a single right wish the position is held, whatever it is.
  const isUnknown = context.invalid !== undefined && context.steps.length === 0
  if (goal === 'advance' && !isUnknown) {
    const wish = progress.promoteFull ? EVERYTHING_DESIRED : desiredAt(context.steps, progress.index)
    return heldAtGate(input, wish)
  }
  // So it is while an earlier version goes.
  if (!isActive(current)) return NOTHING_DESIRED
  return { ...NOTHING_DESIRED, weight: traffic.most[current.hash] ?? 0, scale: { replicas: current.spec } }
}

const chooseSizes = ({ context, goal, split, traffic, progress }: FrameInput, desired: Desired, wanted: Sizes): SizesByName => {
  const { replicas, surge, unavailable, versions } = context
  const stable = stableOf(context)
  const moving = isReturn(goal) ? { retiring: othersOf(context) } : { canary: versions.current, retiring: versions.retiring }
  // Routers that are still on their way out send to the stable version only.
  if (split === 'count' && !isReturn(goal) && hasRoutes(context)) return {}
  if (split === 'count') return nextSizesByCount({ replicas, surge, unavailable, weight: desired.weight, stable, ...moving })
  const { most, least, acknowledged, outdatedNowhere } = traffic
  const mayStart = isInProxy(context) && (stable.ready > 0 || progress.promoteFull)
  const isNative = !context.fronting.some(isInPath)
  const isDraining = (hash: string) => drainingUntil(context, traffic, hash) !== undefined
  return nextSizes({
    isDraining,
    unavailable,
    isNative,
    replicas,
    surge,
    stable,
    ...moving,
    wanted,
    most,
    least,
    acknowledged,
    outdatedNowhere,
    mayStart,
  })
}

const chooseWeights = ({ context, traffic, goal }: FrameInput, desired: Desired, wanted: Sizes): Weights => {
  const { replicas, unavailable, versions } = context
  const { current, retiring } = versions
  const isOne = stableOf(context).hash === current.hash
  const want = isReturn(goal) ? 0 : desired.weight
  const movers = (isOne ? retiring : [current, ...retiring]).map(version => ({
    hash: version.hash,
    ready: version.ready,
    available: version.available,
    want: version === current ? want : 0,
    isFull: version.available >= wanted.canary,
    isKnown: traffic.acknowledged && traffic.knows(version.hash) && isInProxy(context),
  }))
  return nextWeights({ replicas, unavailable, now: traffic.most, stable: stableOf(context), others: movers })
}

const isFinal = ({ goal, progress, context, gateOpen }: FrameInput): boolean =>
  goal === 'advance' &&
  gateOpen &&
  context.invalid === undefined &&
  context.replicas > 0 &&
  progress.index >= context.steps.length

/** The newest version is at N and available, and everything goes to it. */
const isAtFull = ({ context, traffic, split }: FrameInput): boolean => {
  const { current } = context.versions
  const isBig = current.spec === context.replicas && current.available >= context.replicas
  return isBig && (split === 'count' || (traffic.least[current.hash] === 100 && traffic.acknowledged))
}

/**
 * Before the last pod of the old version goes, the Routes name the new one as stable: what bypasses the routers (fail-open, pass-through
 * ports) is published from that.
 */
const leads = (input: FrameInput): boolean => {
  const { context, traffic, split } = input
  if (split === 'count' || !isFinal(input)) return false
  const { current } = context.versions
  return isAtFull(input) || (traffic.isLeader(current.hash) && current.ready > 0)
}

const isPromotable = (input: FrameInput): boolean => {
  const { context, traffic, split } = input
  if (!isFinal(input) || !isAtFull(input)) return false
  if (split === 'count') return true
  const published = context.fronting.every(
    seen => seen.route !== undefined && (isSidecarRoute(seen.route) || isPublished(seen, seen.route)),
  )
  return published && traffic.isLeader(context.versions.current.hash)
}

const takesPart = (version: Version, traffic: Traffic): boolean =>
  isActive(version) || version.pods > 0 || (traffic.most[version.hash] ?? 0) > 0

/** In the order stable, canary, retiring. */
const chooseBackends = (input: FrameInput, wanted: Sizes): readonly BackendVersion[] => {
  const { context, traffic, goal } = input
  const { current, retiring } = context.versions
  const stable = stableOf(context)
  const old: readonly BackendVersion[] = retiring.map(({ hash }) => ({ role: 'retiring', hash }))
  if (stable.hash === current.hash) return [{ role: 'stable', hash: stable.hash }, ...old]
  if (leads(input)) return [{ role: 'stable', hash: current.hash }, { role: 'retiring', hash: stable.hash }, ...old]
  const isStarting = goal === 'advance' && isInProxy(context) && wanted.canary > 0 && retiring.length === 0
  const canary: readonly BackendVersion[] =
    isStarting || takesPart(current, traffic) ? [{ role: 'canary', hash: current.hash }] : []
  return [{ role: 'stable', hash: stable.hash }, ...canary, ...old]
}

export const makeFrame = (input: FrameInput): Frame => {
  const { context } = input
  const desired = chooseDesired(input)
  const wanted = sizesFor(context, input.traffic, desired)
  return {
    desired,
    sizes: chooseSizes(input, desired, wanted),
    weights: chooseWeights(input, desired, wanted),
    backends: chooseBackends(input, wanted),
    isPromoted: isPromotable(input),
  }
}
