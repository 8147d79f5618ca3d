/** How a canary's share of the traffic is brought about: by the number of its pods, or by weights. The same questions for both. */
import type { RolloutStatus } from '../../api/rollout.ts'
import type { Waiting } from '../waiting.ts'
import { isSettled, type RolloutContext } from './context.ts'
import { event, type RolloutIntent } from './intents.ts'
import type { RolloutProgress } from './progress.ts'
import { isAtSize, isEnough, planScale } from './scale.ts'
import { planServices } from './services.ts'
import { type Flow, planFlow, reportWeights } from './traffic/flow.ts'
import type { TrafficPlan } from './traffic/provider.ts'
import { type Routing, servicesByPart } from './traffic/routing.ts'
import { nextPingPong, planRoutedServices } from './traffic/services.ts'
import { delayFormerStable, isAtRoutedSize, planRoutedScale } from './traffic/sizes.ts'
import { hashOf } from './versions.ts'

export type Split = {
  /** Sizes, and weights where there are any, are as the step asks for. */
  readonly isInForce: boolean
  /** Services, weights, routes: what comes before analyses. */
  readonly traffic: readonly RolloutIntent[]
  /** What comes after them. */
  readonly scaling: readonly RolloutIntent[]
  /** All of the traffic goes to the newest version, or will by its becoming the stable one. */
  readonly mayPromote: boolean
  /** With the promotion. */
  readonly promotion: readonly RolloutIntent[]
  readonly fieldsOf: (isPromoted: boolean) => RolloutStatus['canary']
  readonly waiting?: Waiting | undefined
  readonly wakeAt?: number | undefined
}

const isAtStepSize = (context: RolloutContext, routing: Routing, progress: RolloutProgress): boolean =>
  isAtRoutedSize(context, routing, progress, (available, wanted) => isEnough(context, available, wanted))

/** Whether the step's sizes and weights are there, before it is decided what happens next. */
export const isStepInForce = (context: RolloutContext, progress: RolloutProgress): boolean => {
  const { routing } = context
  if (routing === undefined) return isAtSize(context, progress)
  const isSized = isAtStepSize(context, routing, progress)
  if (!isSized) return false
  const flow = planFlow(context, routing, progress, isSized)
  return flow.isInForce && isAsWished(context, routing.provider.plan(routing.view, flow.wish))
}

/** Routes of steps are among what is wished, beside the weights. Without pods there is nobody to route to. */
const isAsWished = ({ replicas }: RolloutContext, { intents, isDone }: TrafficPlan): boolean =>
  replicas === 0 || (isDone && intents.length === 0)

const byCount = (context: RolloutContext, progress: RolloutProgress): Split => ({
  isInForce: isAtSize(context, progress),
  traffic: planServices(context, progress.aborted),
  scaling: planScale(context, progress),
  mayPromote: true,
  promotion: [],
  fieldsOf: () => ({}),
})

const ERRORS: readonly Waiting['reason'][] = ['ServiceRefused', 'RoutersUnavailable']

/** Once for each time that something is in the way. */
const tellErrors = ({ status }: RolloutContext, waiting: Waiting | undefined): readonly RolloutIntent[] => {
  if (waiting === undefined || !ERRORS.includes(waiting.reason)) return []
  const told = status.conditions?.find(({ type }) => type === 'Waiting')
  return told?.reason === waiting.reason ? [] : [event('TrafficRoutingError', waiting.what, 'Warning')]
}

const tellWeight = ({ status }: RolloutContext, weights: ReturnType<typeof reportWeights>): readonly RolloutIntent[] => {
  const before = status.canary?.weights?.canary.weight ?? 0
  const now = weights?.canary.weight ?? 0
  return before === now ? [] : [event('TrafficWeightUpdated', `Traffic weight updated from ${before} to ${now}`)]
}

const mayPromote = (context: RolloutContext, { state }: Routing, { promoteFull }: RolloutProgress, flow: Flow): boolean =>
  isSettled(context) || flow.isInForce || (promoteFull && !state.isSplitting)

const byWeight = (context: RolloutContext, routing: Routing, progress: RolloutProgress): Split => {
  const isSized = isAtStepSize(context, routing, progress)
  const flow = planFlow(context, routing, progress, isSized)
  const services = planRoutedServices(context, routing, progress)
  // The weights come with the next look when a Service is changed in this one: two patches of one object would contradict each other.
  const isBusy = services.length > 0
  const planned = routing.provider.plan(routing.view, flow.wish)
  const scale = planRoutedScale(context, routing, progress, flow)
  const parts = servicesByPart(context.canary, context.status.canary?.stablePingPong)
  const weights = isBusy ? routing.view.last : reportWeights(context, routing, flow, parts)
  const [waiting] = planned.waits
  const times = [scale.wakeAt, ...planned.waits.map(({ until }) => until)].filter(at => at !== undefined)
  return {
    isInForce: isSized && flow.isInForce && isAsWished(context, planned),
    traffic: [
      ...services,
      ...(isBusy ? [] : [...planned.intents, ...tellWeight(context, weights)]),
      ...tellErrors(context, waiting),
    ],
    scaling: scale.intents,
    mayPromote: !isBusy && mayPromote(context, routing, progress, flow),
    promotion: delayFormerStable(context),
    fieldsOf: isPromoted => {
      const stablePingPong = nextPingPong(context, isPromoted)
      return { ...(weights && { weights }), ...(stablePingPong && { stablePingPong }) }
    },
    waiting: isSettled(context) || progress.aborted ? undefined : waiting,
    wakeAt: times.length > 0 ? Math.min(...times) : undefined,
  }
}

export const planSplit = (context: RolloutContext, progress: RolloutProgress): Split =>
  context.routing === undefined ? byCount(context, progress) : byWeight(context, context.routing, progress)

/** Takes a provider away that the strategy does not name any more, before anything else is done; undefined when there is none. */
export const planLeave = (
  context: RolloutContext,
): { readonly intents: readonly RolloutIntent[]; readonly waits: readonly Waiting[] } | undefined => {
  const { routing, versions } = context
  if (routing === undefined || !routing.isLeft) return undefined
  const stable = versions.stable ?? versions.current
  const hash = stable ? hashOf(stable) : versions.hash
  const wish = {
    shares: [{ role: 'stable' as const, hash, weight: routing.view.maxWeight }],
    headerRoutes: [],
    mirrorRoutes: [],
    isAtRest: true,
    isAlone: true,
  }
  return routing.provider.plan(routing.view, wish)
}
