/** What a provider found out about a metric, as `assess` takes it. */
import type { Value } from './expr/run/values.ts'
import type { Verdict } from './verdict.ts'

export type Measured =
  /** One measurement that the metric's conditions are for; without conditions it is a success. */
  | {
      readonly kind: 'value'
      /** As the status shows it. */
      readonly value: string
      /** As conditions see it. */
      readonly result: Value
      readonly metadata?: { readonly [key: string]: string }
    }
  /** A short check: the verdict so far, by everything since the run began. */
  | {
      readonly kind: 'verdict'
      readonly verdict: Verdict
      readonly metadata?: { readonly [key: string]: string }
      /** Nothing came to the canary lately, so it need not be looked at so often. */
      readonly isQuiet?: boolean
    }
  | { readonly kind: 'error'; readonly message: string }
