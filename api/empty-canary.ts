/** Steps that send something to a new version which has no pod yet: they are right, and nothing happens. */
import type { CanaryStep } from './rollout.ts'

const isAbove0 = (value: number | undefined): boolean => (value ?? 0) > 0

/** Whether the canary has pods once the step is done, given whether it had some by its weight and by its scale. */
type Pods = { readonly byWeight: boolean; readonly byScale: boolean }

const after = (before: Pods, { setWeight, setCanaryScale }: CanaryStep): Pods => ({
  byWeight: setWeight === undefined ? before.byWeight : setWeight > 0,
  byScale: setCanaryScale === undefined ? before.byScale : isAbove0(setCanaryScale.weight) || isAbove0(setCanaryScale.replicas),
})

const takesTime = ({ pause, analysis, experiment, plugin }: CanaryStep): boolean =>
  pause !== undefined || analysis !== undefined || experiment !== undefined || plugin !== undefined

const isOn = ({ setMirrorRoute, setHeaderRoute }: CanaryStep): boolean =>
  Boolean(setMirrorRoute?.match?.length ?? setHeaderRoute?.match?.length)

/**
 * Indices of the header and mirror routes that are in force for a while without a pod of the new version: a mirror makes no copies then,
 * chosen requests go to the old version. Those that are followed at once by a share or a size are fine.
 */
export const stepsWithoutPods = (steps: readonly CanaryStep[]): readonly number[] => {
  const found: number[] = []
  let waiting: number[] = []
  let pods: Pods = { byWeight: false, byScale: false }
  for (const [index, step] of steps.entries()) {
    pods = after(pods, step)
    if (pods.byWeight || pods.byScale) waiting = []
    else if (isOn(step)) waiting.push(index)
    else if (takesTime(step)) {
      found.push(...waiting)
      waiting = []
    }
  }
  return found
}
