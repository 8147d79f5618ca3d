/** What is observed of an Experiment: the whole input of its planner. Plain data, never changed. */
import type { AnalysisRun, AnalysisTemplate } from '../../api/analysis-run.ts'
import type { Experiment } from '../../api/experiment.ts'
import type { ReplicaSet, Service } from '../../api/kubernetes.ts'

export type ExperimentSeen = {
  readonly namespace: string
  readonly name: string
  readonly experiment: Experiment
  /** Those whose controller is the Experiment, by uid; likewise Services and runs. */
  readonly replicaSets: readonly ReplicaSet[]
  readonly services: readonly Service[]
  readonly analysisRuns: readonly AnalysisRun[]
  /** Of its namespace. */
  readonly analysisTemplates: readonly AnalysisTemplate[]
  readonly clusterAnalysisTemplates: readonly AnalysisTemplate[]
  /** Objects that the API server would not take in this very pass: by name, what it said. */
  readonly refused?: ReadonlyMap<string, string>
}
