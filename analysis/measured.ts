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
  /** One measurement that the provider judged itself. */
  | {
      readonly kind: 'phase'
      readonly phase: 'Successful' | 'Failed' | 'Inconclusive'
      readonly value?: string
      readonly message?: string
      readonly metadata?: { readonly [key: string]: string }
    }
  /** Not finished: what was begun is asked for again, with the metadata by which it is found. */
  | {
      readonly kind: 'pending'
      readonly metadata: { readonly [key: string]: string }
      /** Milliseconds from now to the next look. */
      readonly afterMs: number
    }
  | { readonly kind: 'error'; readonly message: string }
