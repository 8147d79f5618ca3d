/** Where the traffic of a Rollout should go in this pass, whether it goes there, and what to do about it. */
import type { RolloutStatus } from '../../../api/rollout.ts'
import { type HeaderStep, type MirrorStep, NOTHING_DESIRED } from '../../desired.ts'
import { runnerOf } from '../../steps/index.ts'
import type { Weights } from '../../weights.ts'
import { isSettled, type RolloutContext } from '../context.ts'
import type { RolloutProgress } from '../progress.ts'
import { hashOf, sizedOf } from '../versions.ts'
import { experimentServices, experimentShares } from './experiment-shares.ts'
import type { Share, TrafficWish } from './provider.ts'
import type { Routing } from './routing.ts'
import { nextWeight } from './weight.ts'

export type Flow = {
  readonly wish: TrafficWish
  /** The share of the newest version, out of maxWeight; 0 while it is the stable one. */
  readonly weight: number
  /** What the step asks for in the end. */
  readonly goal: number
  /** Everything goes by the weights of the step, and everyone says so. */
  readonly isInForce: boolean
  /** A version that was replaced in mid-update still has a share, for which the stable one has to grow. */
  readonly isRetiring: boolean
}

const NO_PODS = { spec: 0, available: 0 }

/** The weight that a step asks for in the end, whatever is in the way of it now. */
const goalOf = ({ steps, routing }: RolloutContext, { index, aborted, promoteFull }: RolloutProgress): number => {
  const most = routing?.view.maxWeight ?? 100
  if (aborted) return 0
  if (promoteFull || index >= steps.length) return most
  return steps.slice(0, index + 1).findLast(({ setWeight }) => setWeight !== undefined)?.setWeight ?? 0
}

/**
 * Shares of versions that were replaced in mid-update. The stable version takes them over when it can; with dynamicStableScale it has
 * to grow first, and sending to pods that are not there yet would be an outage.
 */
const retiring = (context: RolloutContext, { state }: Routing): readonly Share[] => {
  const { versions, replicas, canary } = context
  const stable = versions.stable ? sizedOf(versions.stable) : NO_PODS
  const needed = canary.dynamicStableScale === true ? replicas : Math.min(1, replicas)
  if (stable.available >= needed) return []
  return versions.older.flatMap(set => {
    const weight = state.told[hashOf(set)] ?? 0
    return weight > 0 && sizedOf(set).available > 0 ? [{ role: 'retiring' as const, hash: hashOf(set), weight }] : []
  })
}

const weightOf = (context: RolloutContext, { state, view }: Routing, progress: RolloutProgress, isAtSize: boolean): number => {
  const { versions, steps, replicas, canary } = context
  const { current, stable, hash } = versions
  if (current === undefined || isSettled(context)) return 0
  return nextWeight({
    steps,
    index: progress.index,
    aborted: progress.aborted,
    promoteFull: progress.promoteFull,
    maxWeight: view.maxWeight,
    replicas,
    dynamic: canary.dynamicStableScale === true,
    hasExplicitDelay: canary.abortScaleDownDelaySeconds !== undefined,
    isAtSize,
    canary: sizedOf(current),
    stable: stable ? sizedOf(stable) : NO_PODS,
    told: state.told[hash] ?? 0,
    mayRaise: state.isSplitting && state.knows(hash),
  })
}

/** Header and mirror routes of the steps up to now, in the order of managedRoutes; none without a pod of the canary, and after an abort. */
const managed = (
  { steps, canary, versions }: RolloutContext,
  { index, aborted }: RolloutProgress,
): { readonly headerRoutes: readonly HeaderStep[]; readonly mirrorRoutes: readonly MirrorStep[] } => {
  const isOff = aborted || versions.current === undefined || sizedOf(versions.current).available === 0
  const { headerRoutes, mirrorRoutes } = isOff
    ? NOTHING_DESIRED
    : steps.slice(0, index + 1).reduce((before, step) => runnerOf(step).desire(step, before), NOTHING_DESIRED)
  const order = (canary.trafficRouting?.managedRoutes ?? []).map(({ name }) => name)
  const byOrder = (a: { readonly name: string }, b: { readonly name: string }) => order.indexOf(a.name) - order.indexOf(b.name)
  return { headerRoutes: [...headerRoutes].sort(byOrder), mirrorRoutes: [...mirrorRoutes].sort(byOrder) }
}

const NO_ROUTES = { headerRoutes: [], mirrorRoutes: [] } as const

const isAlone = ({ versions }: RolloutContext): boolean => {
  const { current, stable, older } = versions
  const others = [current, ...older].filter(set => set !== undefined && set !== stable)
  return others.every(set => set === undefined || (sizedOf(set).spec === 0 && (set.status?.replicas ?? 0) === 0))
}

/** A full promotion does not wait for a provider that is not there yet: the Services are switched instead, with all pods of both versions. */
const isPassedBy = ({ state }: Routing, { promoteFull }: RolloutProgress): boolean => promoteFull && !state.isSplitting

const isHeld = (told: Weights, shares: readonly Share[]): boolean =>
  shares.every(({ hash, weight }) => (told[hash] ?? 0) === weight) &&
  Object.keys(told).every(hash => (told[hash] ?? 0) === 0 || shares.some(share => share.hash === hash))

/** `isAtSize`: both versions have the sizes that the step asks for. */
export const planFlow = (context: RolloutContext, routing: Routing, progress: RolloutProgress, isAtSize: boolean): Flow => {
  const { versions, replicas } = context
  const { state, view } = routing
  const leaving = retiring(context, routing)
  const isInFlight = !isSettled(context)
  const next = weightOf(context, routing, progress, isAtSize)
  const isRetiring = versions.older.some(set => (state.told[hashOf(set)] ?? 0) > 0)
  const weight = isRetiring ? Math.min(state.told[versions.hash] ?? 0, next) : next
  const canary: readonly Share[] =
    isInFlight && versions.current !== undefined ? [{ role: 'canary', hash: versions.hash, weight }] : []
  const tried = isRetiring ? [] : experimentShares(context, progress, state.knows)
  const others = [...canary, ...leaving, ...tried]
  const rest = view.maxWeight - others.reduce((sum, share) => sum + share.weight, 0)
  const stable = versions.stable ? hashOf(versions.stable) : versions.hash
  const shares: readonly Share[] = [{ role: 'stable', hash: stable, weight: rest }, ...others]
  const routes = isInFlight ? managed(context, progress) : NO_ROUTES
  const isIdle = !isInFlight || progress.aborted || replicas === 0 || isPassedBy(routing, progress)
  const isVerified = state.isSplitting && state.isSettled && state.verified !== false && isHeld(state.told, shares)
  return {
    wish: { shares, ...routes, isAtRest: isIdle && rest === view.maxWeight, isAlone: isAlone(context) },
    weight,
    goal: goalOf(context, progress),
    isInForce: replicas === 0 || (isVerified && !isRetiring && weight === goalOf(context, progress)),
    isRetiring,
  }
}

/** For the status. Settled, the newest version is both, as Argo Rollouts reports it. */
export const reportWeights = (
  context: RolloutContext,
  routing: Routing,
  { wish, weight }: Flow,
  services: { readonly stable: string | undefined; readonly canary: string | undefined },
): NonNullable<RolloutStatus['canary']>['weights'] => {
  const { versions } = context
  const [stable] = wish.shares
  const { state } = routing
  const isTold = isHeld(state.told, wish.shares)
  const experiments = experimentServices(context)
  const additional = wish.shares.flatMap(({ role, hash, weight: share }) => {
    const serviceName = experiments.get(hash)
    const told = { weight: share, podTemplateHash: hash, ...(serviceName && { serviceName }) }
    return role === 'retiring' || role === 'experiment' ? [told] : []
  })
  return {
    canary: { weight, podTemplateHash: versions.hash, ...(services.canary && { serviceName: services.canary }) },
    stable: {
      weight: stable?.weight ?? 0,
      ...(stable && { podTemplateHash: stable.hash }),
      ...(services.stable && { serviceName: services.stable }),
    },
    ...(additional.length > 0 && { additional }),
    ...(state.verified !== undefined && !wish.isAtRest && { verified: isTold && state.verified && state.isSettled }),
  }
}
