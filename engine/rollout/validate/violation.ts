/** What is wrong with a Rollout, in the form and the words of Argo Rollouts: its tools and its users' scripts read these messages. */

export type Violation = {
  /** e.g. `spec.strategy.canary.steps[0].setWeight`. */
  readonly path: string
  readonly message: string
}

const shown = (value: unknown): string => (value === undefined ? 'null' : JSON.stringify(value))

export const required = (path: string, detail: string): Violation => ({ path, message: `Required value: ${detail}` })

export const invalid = (path: string, value: unknown, detail: string): Violation => ({
  path,
  message: `Invalid value: ${shown(value)}: ${detail}`,
})

export const forbidden = (path: string, detail: string): Violation => ({ path, message: `Forbidden: ${detail}` })

export const missingField = (field: string): string => `Rollout has missing field '${field}'`

export const atLeastZero = (path: string, value: number | undefined): readonly Violation[] =>
  value !== undefined && value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : []

/** The text of the condition InvalidSpec: the first violation, as Argo Rollouts tells it. */
export const invalidSpecMessage = (rollout: string, { path, message }: Violation): string =>
  `The Rollout "${rollout}" is invalid: ${path}: ${message}`
