/** AnalysisRun and AnalysisTemplate, `argoproj.io/v1alpha1`, with the fields and meanings of Argo Rollouts (argo-rollouts 1.10). */
import type { KubeObject } from './kubernetes.ts'

export type AnalysisPhase = 'Pending' | 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive'

/** Config under `provider.plugin["sluice/router"]`. */
export type SluiceRouterMetric = {
  /** Name of the Deployment whose Routes are read (all of its fronted Services together). */
  readonly deployment: string
  readonly canaryHash: string
  readonly stableHash: string
  /** A short check, e.g. `success-rate >= 99%`, `p99 <= 500ms`, `p99 <= stable * 1.2`. Without it the measurement is the numbers
   *  themselves, `{canary, stable}`, for successCondition and failureCondition. */
  readonly check?: string
  /** Window of a measurement without `check`; Go duration, default `1m`, at most `10m`. */
  readonly window?: string
}

export type Metric = {
  readonly name: string
  readonly interval?: string
  readonly initialDelay?: string
  readonly count?: number | string
  readonly successCondition?: string
  readonly failureCondition?: string
  readonly failureLimit?: number | string
  readonly inconclusiveLimit?: number | string
  readonly consecutiveErrorLimit?: number | string
  readonly consecutiveSuccessLimit?: number | string
  readonly provider: { readonly plugin?: { readonly [name: string]: unknown }; readonly [kind: string]: unknown }
}

export type Argument = { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }

export type AnalysisRunSpec = {
  readonly metrics: readonly Metric[]
  readonly args?: readonly Argument[]
  readonly dryRun?: readonly { readonly metricName: string }[]
  readonly measurementRetention?: readonly { readonly metricName: string; readonly limit: number }[]
  /** Input: true = end the run now. */
  readonly terminate?: boolean
  readonly ttlStrategy?: {
    readonly secondsAfterCompletion?: number
    readonly secondsAfterSuccess?: number
    readonly secondsAfterFailure?: number
  }
}

export type Measurement = {
  readonly phase: AnalysisPhase
  readonly message?: string
  readonly startedAt?: string
  readonly finishedAt?: string
  readonly resumeAt?: string
  /** The value as text, as in Argo Rollouts; for a short check one line such as `canary 92.1% of 140, stable 99.9% of 2660`. */
  readonly value?: string
  readonly metadata?: { readonly [key: string]: string }
}

export type MetricResult = {
  readonly name: string
  readonly phase: AnalysisPhase
  readonly measurements?: readonly Measurement[]
  readonly message?: string
  readonly count?: number
  readonly successful?: number
  readonly failed?: number
  readonly inconclusive?: number
  readonly error?: number
  readonly consecutiveError?: number
  readonly consecutiveSuccess?: number
  readonly dryRun?: boolean
  readonly metadata?: { readonly [key: string]: string }
}

export type AnalysisRunStatus = {
  readonly phase: AnalysisPhase
  readonly message?: string
  readonly metricResults?: readonly MetricResult[]
  readonly startedAt?: string
  readonly completedAt?: string
  readonly runSummary?: {
    readonly count?: number
    readonly successful?: number
    readonly failed?: number
    readonly inconclusive?: number
    readonly error?: number
  }
  readonly dryRunSummary?: AnalysisRunStatus['runSummary']
}

export type AnalysisRun = KubeObject & { readonly spec: AnalysisRunSpec; readonly status?: AnalysisRunStatus }
export type AnalysisTemplate = KubeObject & {
  readonly spec: Omit<AnalysisRunSpec, 'terminate' | 'ttlStrategy'> & {
    readonly templates?: readonly { readonly templateName: string; readonly clusterScope?: boolean }[]
  }
}
