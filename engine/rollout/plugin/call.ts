/** A question to a step plugin and its answer: what passes between the planner and whoever asks. Plain data. */

export type PluginOperation = 'Run' | 'Terminate' | 'Abort'
export type PluginPhase = 'Running' | 'Successful' | 'Failed' | 'Error'

export type PluginCall = {
  /** The same for the same question, so that one that is under way is not asked again. */
  readonly id: string
  readonly operation: PluginOperation
  readonly index: number
  readonly name: string
  /** As the step has it. */
  readonly config?: unknown
  /** What the plugin noted in its last answer. */
  readonly status?: unknown
  /** Answers to this operation so far. */
  readonly executions: number
}

export type PluginAnswer = {
  /** Of the call. */
  readonly id: string
  /** `Error` also where no answer came. */
  readonly phase: PluginPhase
  readonly message?: string
  /** Seconds until the next call, after Running. */
  readonly afterSeconds?: number
  readonly status?: unknown
}

/** What the controller knows of step plugins. */
export type PluginsSeen = {
  /** Those that it can ask. */
  readonly names: readonly string[]
  /** Those whose steps are passed over, by the will of whoever runs the controller. */
  readonly disabled: readonly string[]
  /** To calls about this Rollout, as far as they are not in its status yet. */
  readonly answers: readonly PluginAnswer[]
}
