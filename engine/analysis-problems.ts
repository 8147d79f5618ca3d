/** What is wrong with the analyses that a strategy names, before they are run. Pure. */
import type { CanaryStep, CanaryStrategy, RolloutAnalysis } from '../api/rollout.ts'
import { endlessProblem, findTemplates, mergeTemplates } from './analysis-templates.ts'
import type { Seen } from './seen.ts'

type Templates = Pick<Seen, 'namespace' | 'analysisTemplates' | 'clusterAnalysisTemplates' | 'templateProblems'>

/** A template that is missing is waited for instead, since it may come with the same apply. */
const problemOf = (seen: Templates, analysis: RolloutAnalysis, isStep: boolean): string | undefined => {
  const { templates, missing } = findTemplates(seen, analysis.templates ?? [])
  for (const template of templates) {
    const problem = seen.templateProblems?.get(template)
    if (problem !== undefined) return `${template.kind} ${template.metadata.name}: ${problem}`
  }
  if (missing.length > 0) return undefined
  const merged = mergeTemplates(templates, analysis)
  if ('problem' in merged) return merged.problem
  return isStep ? endlessProblem(templates) : undefined
}

/** One text for each analysis that can never run, with its place in the strategy. */
export const analysisProblems = (
  seen: Templates,
  { analysis }: CanaryStrategy,
  steps: readonly CanaryStep[],
): readonly string[] => {
  const at = (path: string, one: RolloutAnalysis | undefined, isStep: boolean): readonly string[] => {
    const problem = one?.templates?.length ? problemOf(seen, one, isStep) : undefined
    return problem === undefined ? [] : [`spec.strategy.canary.${path}: ${problem}`]
  }
  return [
    ...at('analysis.templates', analysis, false),
    ...steps.flatMap((step, i) => at(`steps[${i}].analysis.templates`, step.analysis, true)),
  ]
}
