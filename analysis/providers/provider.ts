/** What a metric provider is: one file each, listed in registry.ts, held to conformance.ts. */
import type { Metric } from '../../api/analysis-run.ts'
import type { Measured } from '../measured.ts'

export type MeasureRequest = {
  readonly namespace: string
  /** With its arguments put in. */
  readonly metric: Metric
  /** What stands under the provider's key, not decoded yet. */
  readonly config: unknown
  /** From when on the version is judged; milliseconds since the epoch. */
  readonly since: number
  /** The metric was successful before in this run. */
  readonly passedBefore: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type Provider = {
  /** The key under `provider`, or under `provider.plugin` when it holds a slash. */
  readonly name: string
  /** Never rejects: what went wrong is a measurement, `{ kind: 'error' }`, whose message says what to do about it. */
  readonly measure: (request: MeasureRequest) => Promise<Measured>
}
