/** The analyses that a strategy names, and whether they can be run: looked at before anything moves, in the words of Argo Rollouts. */
import type { BlueGreenStrategy, RolloutAnalysis } from '../../../api/rollout.ts'
import type { RolloutContext } from '../context.ts'
import { invalid, type Violation } from '../validate/violation.ts'
import { makeRun, missingTemplates, type RunKind } from './make-run.ts'
import { NO_ANALYSES } from './seen.ts'

type Named = { readonly path: string; readonly kind: RunKind; readonly analysis: RolloutAnalysis }

const aroundSwitch = ({ prePromotionAnalysis, postPromotionAnalysis }: Partial<BlueGreenStrategy>): readonly Named[] =>
  Object.entries({ prePromotionAnalysis, postPromotionAnalysis }).flatMap(([field, analysis]) => {
    const type = field === 'prePromotionAnalysis' ? 'PrePromotion' : 'PostPromotion'
    return analysis === undefined ? [] : [{ path: `spec.strategy.blueGreen.${field}.templates`, kind: { type }, analysis }]
  })

const analysesOf = ({ canary, steps, rollout }: RolloutContext): readonly Named[] => [
  ...aroundSwitch(rollout.spec.strategy.blueGreen ?? {}),
  ...(canary.analysis === undefined
    ? []
    : [{ path: 'spec.strategy.canary.analysis.templates', kind: { type: 'Background' } as const, analysis: canary.analysis }]),
  ...steps.flatMap(({ analysis }, index) =>
    analysis === undefined
      ? []
      : [{ path: `spec.strategy.canary.steps[${index}].analysis.templates`, kind: { type: 'Step', index } as const, analysis }],
  ),
]

/** Fields of the Rollout are read when the run is made: some are only there then. */
const withoutFields = (analysis: RolloutAnalysis): RolloutAnalysis => ({
  ...analysis,
  ...(analysis.args && {
    args: analysis.args.map(one => (one.valueFrom?.fieldRef === undefined ? one : { name: one.name, value: '' })),
  }),
})

const missingIn = (context: RolloutContext, { path, analysis }: Named): readonly Violation[] => {
  const { templates, clusterTemplates } = context.seen.analyses ?? NO_ANALYSES
  const named = (analysis.templates ?? []).flatMap(({ templateName, clusterScope }) => {
    const there = (clusterScope ? clusterTemplates : templates).some(({ metadata }) => metadata.name === templateName)
    const kind = clusterScope ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate'
    return there ? [] : [invalid(path, templateName, `${kind} '${templateName}' not found`)]
  })
  return named.length > 0 ? named : missingTemplates(context, analysis).map(text => ({ path, message: text }))
}

const problemOf = (context: RolloutContext, { path, kind, analysis }: Named): readonly Violation[] => {
  const made = makeRun(context, kind, withoutFields(analysis))
  return 'problem' in made ? [{ path, message: made.problem }] : []
}

/** What is wrong with templates and arguments; empty when every run could be made. */
export const checkAnalyses = (context: RolloutContext): readonly Violation[] =>
  analysesOf(context).flatMap(named => {
    const missing = missingIn(context, named)
    return missing.length > 0 ? missing : problemOf(context, named)
  })
