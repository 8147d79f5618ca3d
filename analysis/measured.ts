/** What a provider found out about a metric, as `assess` takes it. */
import type { Verdict } from './verdict.ts'

export type Measured =
  /** One measurement whose value the metric's conditions are for; without conditions it is a success. */
  | { readonly kind: 'value'; readonly value: string; readonly metadata?: { readonly [key: string]: string } }
  /** A short check: the verdict so far, by everything since the run began. */
  | {
      readonly kind: 'verdict'
      readonly verdict: Verdict
      readonly metadata?: { readonly [key: string]: string }
      /** Nothing came to the canary lately, so it need not be looked at so often. */
      readonly isQuiet?: boolean
    }
  | { readonly kind: 'error'; readonly message: string }
