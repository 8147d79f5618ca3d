/** The weight of the canary in this pass: rules of Argo Rollouts (reconcileTrafficRouting), and what keeps requests from being lost. Pure. */
import type { CanaryStep } from '../../../api/rollout.ts'
import { podsOfWeight, steppedAbortWeight } from '../replicas/routed.ts'
import type { Sized } from '../replicas/sized.ts'

export type WeightInput = {
  readonly steps: readonly CanaryStep[]
  /** steps.length = all done. */
  readonly index: number
  readonly aborted: boolean
  readonly promoteFull: boolean
  readonly maxWeight: number
  readonly replicas: number
  readonly dynamic: boolean
  /** abortScaleDownDelaySeconds was written by the user. */
  readonly hasExplicitDelay: boolean
  /** Both versions have the sizes of the step. */
  readonly isAtSize: boolean
  readonly canary: Sized
  readonly stable: Sized
  /** The canary's weight as last told. */
  readonly told: number
  /** All traffic goes by weights, and whoever carries it knows a pod of the canary. */
  readonly mayRaise: boolean
}

const lastSetWeight = (steps: readonly CanaryStep[]): number | undefined =>
  steps.findLast(({ setWeight }) => setWeight !== undefined)?.setWeight

/** What the steps ask for now, and what those before the current one asked for. */
const asked = ({ steps, index, maxWeight }: WeightInput): { readonly now: number; readonly before: number } => ({
  now: index >= steps.length ? maxWeight : (lastSetWeight(steps.slice(0, index + 1)) ?? 0),
  before: lastSetWeight(steps.slice(0, index)) ?? 0,
})

/** The stable version has the pods for what the canary does not get. */
const canCarryRest = ({ stable, replicas, maxWeight }: WeightInput, weight: number): boolean =>
  stable.available >= podsOfWeight(maxWeight - weight, replicas, maxWeight)

const afterAbort = (input: WeightInput): number => {
  const { stable, canary, told, dynamic } = input
  if (!dynamic) return stable.available > 0 ? 0 : told
  const next = steppedAbortWeight({ ...input, canaryAvailable: canary.available, stableAvailable: stable.available })
  return next < told && canCarryRest(input, next) ? next : told
}

/** The whole update at once: as soon as all of its pods are there; with dynamicStableScale as they come. */
const whenPromoted = ({ canary, replicas, maxWeight, dynamic, told }: WeightInput): number => {
  if (canary.available >= replicas) return maxWeight
  return dynamic ? Math.max(told, Math.floor((maxWeight * canary.available) / Math.max(1, replicas))) : told
}

/** A lower weight needs nobody to wait for; a higher one waits for the sizes of its step, and until then is not raised. */
const byStep = (input: WeightInput): number => {
  const { now, before } = asked(input)
  return now <= input.told || input.isAtSize ? now : Math.min(before, input.told)
}

const wanted = (input: WeightInput): number => (input.promoteFull ? whenPromoted(input) : byStep(input))

/** Out of maxWeight. Never raised past what the stable version can no longer carry the rest of; 0 for a canary without an available pod. */
export const nextWeight = (input: WeightInput): number => {
  const { canary, told, mayRaise, aborted } = input
  if (canary.available === 0) return 0
  if (aborted) return afterAbort(input)
  const weight = wanted(input)
  if (weight > told && !mayRaise) return told
  return canCarryRest(input, weight) ? weight : told
}
