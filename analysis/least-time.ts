/** How soon any test at all can find a worse canary. Only what the judge is measured by; the proof is in docs/decisions/0002-judging.md. Pure. */
import { type Limit, nearestOnEdge } from './evidence.ts'

/** Requests a second, and the share of them that is bad (0..1). */
export type Traffic = { readonly rate: number; readonly share: number }

/** Relative entropy of a bad answer with chance `truth` against one with chance `assumed`, in nats. */
const divergence = (truth: number, assumed: number): number => {
  const part = (p: number, q: number) => (p === 0 ? 0 : p * Math.log(p / q))
  return part(truth, assumed) + part(1 - truth, 1 - assumed)
}

/**
 * Seconds below which the mean time to a verdict of no test can be that fails every such canary, and a canary that keeps to the limit with a
 * probability of at most `falseAlarms` (Wald's bound). Infinity when the canary keeps to it itself.
 */
export const leastMeanSeconds = (limit: Limit, canary: Traffic, stable: Traffic, falseAlarms: number): number => {
  const ofStable = limit.slope === 0 ? stable.share : nearest(limit, canary, stable)
  const ofCanary = limit.base + limit.slope * ofStable
  if (canary.share <= limit.base + limit.slope * stable.share) return Number.POSITIVE_INFINITY
  const perSecond =
    canary.rate * divergence(canary.share, ofCanary) +
    stable.rate * divergence(stable.share, Math.max(ofStable, Number.MIN_VALUE))
  return Math.log(1 / falseAlarms) / perSecond
}

const nearest = (limit: Limit, canary: Traffic, stable: Traffic): number =>
  nearestOnEdge(limit, { canary: canary.share, stable: stable.share }, { canary: canary.rate, stable: stable.rate })
