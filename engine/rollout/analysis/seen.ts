/** What is observed of analyses: the runs of one Rollout, and the templates that it may name. */
import type { AnalysisRun, AnalysisTemplate } from '../../../api/analysis-run.ts'

export type AnalysisSeen = {
  /** Those whose controller is the Rollout. */
  readonly runs: readonly AnalysisRun[]
  /** Of its namespace. */
  readonly templates: readonly AnalysisTemplate[]
  readonly clusterTemplates: readonly AnalysisTemplate[]
  /** What is wrong with templates whatever their arguments will be; those that are right are not in it. */
  readonly problems?: Pick<ReadonlyMap<AnalysisTemplate, string>, 'get'>
}

export const NO_ANALYSES: AnalysisSeen = { runs: [], templates: [], clusterTemplates: [] }
