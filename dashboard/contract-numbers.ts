/** The part of the contract that is about numbers: what versions experienced, and how checks judge it. See contract.ts. */

/** A limit to draw into a plot. */
export type Threshold = {
  /** Which plot: `success` (0..1) or a latency quantile, e.g. `p99` (ms). */
  readonly plot: string
  /** Good values are at or above (`>=`, `>`), or at or below (`<=`, `<`). */
  readonly op: '>=' | '>' | '<=' | '<'
  /** Fixed limit, in the plot's unit; absent for one that follows the stable version. */
  readonly value?: number
  /** The limit is the stable version's value times this. */
  readonly timesStable?: number
  /** As the user wrote it, e.g. `p99 <= stable * 1.2`. */
  readonly text: string
}

/** What one version's requests experienced in one span; values without requests are absent. */
export type Sample = {
  /** Requests that ended. */
  readonly requests: number
  /** Share that did not fail, 0..1. */
  readonly success?: number
  /** Milliseconds; a value beyond the histogram's last bound is given as that bound. */
  readonly p50?: number
  readonly p95?: number
  readonly p99?: number
}

export type NumbersPoint = {
  /** Start of the span, Unix seconds. */
  readonly at: number
  readonly canary: Sample
  readonly stable: Sample
}

/** Success and latency of both versions, from the routers. */
export type Numbers = {
  /** Seconds that one point stands for. */
  readonly span: number
  /** Oldest first, at most the last ten minutes; spans without requests are left out. */
  readonly points: readonly NumbersPoint[]
  readonly thresholds: readonly Threshold[]
  /** Routers that answered. */
  readonly routers: number
  /** Why there are no numbers, as one sentence; absent when there are. */
  readonly unknown?: string
}

export type CheckPhase = 'Pending' | 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive'

export type CheckMeasurement = {
  readonly phase: CheckPhase
  readonly startedAt?: string
  readonly finishedAt?: string
  /** As text, e.g. `canary 99.6% of 512, stable 99.9% of 1530`. */
  readonly value?: string
  /** The numbers in `value`, to plot: of a short check one for each version, else one called `value`. */
  readonly numbers: { readonly [name: string]: number }
  readonly message?: string
}

/** One metric of an AnalysisRun. */
export type CheckState = {
  /** Unique within its run, e.g. `success-rate >= 99%`. */
  readonly name: string
  readonly phase: CheckPhase
  /** Why, as one sentence. */
  readonly message: string
  /** What would end the present state. */
  readonly endsBy: string
  readonly successful: number
  readonly failed: number
  readonly inconclusive: number
  readonly errors: number
  /** How it is judged, as sentences. */
  readonly conditions: readonly string[]
  /** Where numbers come from, e.g. `sluice/router`, `prometheus`. */
  readonly provider: string
  /** Unit of `numbers`: `share` is 0..1, `ms`, or `number`. */
  readonly unit: 'share' | 'ms' | 'number'
  readonly threshold?: Threshold
  /** Oldest first. */
  readonly measurements: readonly CheckMeasurement[]
}

export type AnalysisState = {
  readonly name: string
  readonly phase: CheckPhase
  readonly startedAt?: string
  /** True for runs of the update in progress, or of the last one. */
  readonly current: boolean
  readonly revision?: number
  readonly checks: readonly CheckState[]
}
