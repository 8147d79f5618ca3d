import { type StepRunner, untilInForce } from './step.ts'

export const setWeight: StepRunner = {
  describe: step => `setWeight ${step.setWeight}%`,
  check: ({ setWeight: weight }) =>
    Number.isInteger(weight) && weight !== undefined && weight >= 0 && weight <= 100
      ? undefined
      : `setWeight ${JSON.stringify(weight)} must be a whole number from 0 to 100, e.g. 20`,
  desire: (step, before) => ({ ...before, weight: step.setWeight ?? before.weight }),
  run: untilInForce,
}
