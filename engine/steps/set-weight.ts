import { isShare } from '../../api/traffic-weight.ts'
import { type StepRunner, untilInForce } from './step.ts'

export const setWeight: StepRunner = {
  describe: step => `setWeight ${step.setWeight}%`,
  check: ({ setWeight: weight }) =>
    isShare(weight) ? undefined : `setWeight ${JSON.stringify(weight)} must be a percentage from 0 to 100, e.g. 20`,
  desire: (step, before) => ({ ...before, weight: step.setWeight ?? before.weight }),
  run: untilInForce,
}
