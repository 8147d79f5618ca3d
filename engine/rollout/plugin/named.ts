/** The step plugins that a Rollout names: the controller must know them before anything moves. */
import type { RolloutContext } from '../context.ts'
import { invalid, type Violation } from '../validate/violation.ts'

const WHY =
  'no step plugin of this name is known to the controller; name it there with the flag --step-plugin NAME=ADDRESS, e.g. --step-plugin acme/load-test=http://load-test.ops:8080/ (step plugins of Argo Rollouts are Go programs that speak net/rpc, and cannot be loaded)'

/** Empty where nobody says which plugins there are. */
export const checkPlugins = ({ seen, steps }: RolloutContext): readonly Violation[] => {
  if (seen.stepPlugins === undefined) return []
  const { names, disabled } = seen.stepPlugins
  const known = new Set([...names, ...disabled])
  return steps.flatMap(({ plugin }, i) =>
    plugin === undefined || known.has(plugin.name)
      ? []
      : [invalid(`spec.strategy.canary.steps[${i}].plugin.name`, plugin.name, WHY)],
  )
}
