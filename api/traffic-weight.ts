/**
 * Shares of traffic. Inside of Sluice and in Routes they are percents with at most two decimals (0.05 is one request in 2,000); in a
 * Rollout they are whole numbers out of `trafficRouting.maxTrafficWeight`, as in Argo Rollouts. What is added up or compared is
 * counted in hundredths of a percent, which are whole.
 */
import type { CanaryStep, CanaryStrategy } from './rollout.ts'

/** All traffic, in hundredths of a percent. */
export const ALL_HUNDREDTHS = 10_000

export const toHundredths = (percent: number): number => Math.round(percent * 100)

/** The same double as the decimal in the source, e.g. 0.05 for 5. */
export const fromHundredths = (hundredths: number): number => hundredths / 100

/** From 0 to 100, with at most two decimals. */
export const isShare = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= 100 && fromHundredths(toHundredths(value)) === value

type Routed = Pick<CanaryStrategy, 'trafficRouting'>

/** What the weights of the Rollout are counted in. */
export const weightScale = (canary: Routed | undefined): number => canary?.trafficRouting?.maxTrafficWeight ?? 100

/** A weight of the Rollout in percent, to hundredths. */
export const percentOfWeight = (canary: Routed | undefined, weight: number): number =>
  fromHundredths(Math.round((ALL_HUNDREDTHS * weight) / weightScale(canary)))

/** The opposite, whole. */
export const weightOfPercent = (canary: Routed | undefined, percent: number): number =>
  Math.round((toHundredths(percent) * weightScale(canary)) / ALL_HUNDREDTHS)

/** The steps with their weights in percent. */
export const stepsInPercent = (canary: CanaryStrategy | undefined): readonly CanaryStep[] => {
  const steps = canary?.steps ?? []
  if (weightScale(canary) === 100) return steps
  return steps.map(step =>
    step.setWeight === undefined ? step : { ...step, setWeight: percentOfWeight(canary, step.setWeight) },
  )
}
