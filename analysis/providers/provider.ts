/** What a metric provider is: one file each, found by registry.ts, held to testing/conformance.ts. */
import type { Metric } from '../../api/analysis-run.ts'
import type { Measured } from '../measured.ts'

/** Whose measurement it is. */
export type RunRef = { readonly name: string; readonly uid: string }

export type MeasureRequest = {
  readonly namespace: string
  readonly run: RunRef
  /** With its arguments put in. */
  readonly metric: Metric
  /** What stands under the provider's key, not decoded yet. */
  readonly config: unknown
  /** From when on the version is judged; milliseconds since the epoch. */
  readonly since: number
  /** The metric was successful before in this run. */
  readonly passedBefore: boolean
  /** Which measurement of this metric it is: 1 for the first; the same again for one that is not finished. */
  readonly number: number
  /** What the measurement noted when it was begun; absent for a new one. */
  readonly begun?: { readonly [key: string]: string }
  /** How many measurements are kept. */
  readonly kept: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type Provider = {
  /** The key under `provider`, or under `provider.plugin` when it holds a slash. */
  readonly name: string
  /** Never rejects: what went wrong is a measurement, `{ kind: 'error' }`, whose message says what to do about it. */
  readonly measure: (request: MeasureRequest) => Promise<Measured>
  /** Gives up what `begun` tells of, since the run ends. Never rejects. Absent where nothing is left running. */
  readonly end?: (request: MeasureRequest) => Promise<Measured>
  /** What the metric's result shows of its configuration. */
  readonly describe?: (config: unknown) => { readonly [key: string]: string }
}
