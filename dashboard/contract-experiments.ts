/** What is told of Experiments, of AnalysisRuns that belong to no update, and of the two sides of a blue-green Rollout; types only. */
import type { AnalysisState, CheckPhase } from './contract-numbers.ts'

/** One of the versions that an Experiment has side by side. */
export type ExperimentVersionState = {
  /** Of its template. */
  readonly name: string
  readonly phase: string
  /** Why; empty where there is nothing to say. */
  readonly message: string
  readonly images: readonly string[]
  /** Absent until it is made. */
  readonly replicaSet?: string
  readonly pods: { readonly desired: number; readonly ready: number }
  readonly service?: string
}

export type ExperimentState = {
  readonly namespace: string
  readonly name: string
  readonly phase: CheckPhase
  readonly message: string
  readonly createdAt: string
  /** When all versions were available: from then on it is measured. */
  readonly availableAt?: string
  /** Where it lasts for a time: when it ends, once it runs. */
  readonly endsAt?: string
  /** As written, e.g. `10m`; absent: until its analyses end. */
  readonly duration?: string
  /** Of the Rollout whose step it is. */
  readonly revision?: number
  readonly versions: readonly ExperimentVersionState[]
  readonly analyses: readonly AnalysisState[]
}

/** An AnalysisRun that no update and no Experiment made. */
export type RunState = AnalysisState & { readonly namespace: string; readonly message: string; readonly createdAt: string }

/** One line of the list. */
export type RunRow = {
  readonly kind: 'Experiment' | 'AnalysisRun'
  readonly namespace: string
  readonly name: string
  readonly phase: CheckPhase
  readonly message: string
  readonly createdAt: string
  /** Name of the Rollout whose step it is. */
  readonly rollout?: string
}

export type Runs = {
  /** Newest first. */
  readonly rows: readonly RunRow[]
  /** What the person may not see, as sentences. */
  readonly missing: readonly string[]
}

/** Where one of the Services of a blue-green Rollout leads. */
export type SideState = {
  readonly side: 'active' | 'preview'
  readonly service: string
  /** Absent until it leads to a version. */
  readonly revision?: number
  readonly hash?: string
  readonly images: readonly string[]
  readonly pods: { readonly desired: number; readonly ready: number }
}
