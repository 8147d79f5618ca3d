/** What is wrong with something a person wrote. A value, not an exception: one reading reports everything that is wrong. */

export type Problem = {
  /** Where, e.g. `metadata.annotations[sluice.dev/steps]` or `spec.strategy.canary.steps[1].setWeight`. */
  readonly path: string
  /** What was found there, what is allowed, and an example. */
  readonly message: string
}

/** One line for people: `PATH: MESSAGE`. */
export const renderProblem = ({ path, message }: Problem): string => (path === '' ? message : `${path}: ${message}`)
