/** The AnalysisRun of an update, named and labelled as Argo Rollouts does, so that its tools find it. */
import type { AnalysisRun, Argument } from '../../../api/analysis-run.ts'
import { readFieldPath } from '../../../api/field-path.ts'
import type { KubeObject, Labels } from '../../../api/kubernetes.ts'
import { INSTANCE_ID, INSTANCE_ID_LABEL, ROLLOUTS_POD_TEMPLATE_HASH } from '../../../api/names.ts'
import type { RolloutAnalysis } from '../../../api/rollout.ts'
import { ROLLOUT_TYPE, STEP_INDEX } from '../../analysis-run.ts'
import { endlessProblem, findTemplates, mergeTemplates, type Problem } from '../../analysis-templates.ts'
import { ownerOf } from '../../make-rollout.ts'
import type { RolloutContext } from '../context.ts'
import { hashOf, newRevision } from '../versions.ts'
import { NO_ANALYSES } from './seen.ts'

export type RunKind =
  | { readonly type: 'Background' | 'PrePromotion' | 'PostPromotion' }
  | { readonly type: 'Step'; readonly index: number }

/** The instance label is how the analysis controller of Sluice knows the runs that it measures: that of the Rollout, else Sluice's own. */
export const instanceOf = ({ metadata }: KubeObject): string => metadata.labels?.[INSTANCE_ID_LABEL] ?? INSTANCE_ID

export const labelsOf = (kind: RunKind, { versions, rollout }: Pick<RolloutContext, 'versions' | 'rollout'>): Labels => ({
  [ROLLOUT_TYPE]: kind.type,
  ...(kind.type === 'Step' && { [STEP_INDEX]: String(kind.index) }),
  [ROLLOUTS_POD_TEMPLATE_HASH]: versions.hash,
  [INSTANCE_ID_LABEL]: instanceOf(rollout),
})

const suffixOf = (kind: RunKind): string => {
  if (kind.type === 'Step') return `-${kind.index}`
  return { Background: '', PrePromotion: '-pre', PostPromotion: '-post' }[kind.type]
}

const freeName = ({ seen }: RolloutContext, base: string): string => {
  const taken = new Set((seen.analyses ?? NO_ANALYSES).runs.map(({ metadata }) => metadata.name))
  let name = base
  for (let n = 1; taken.has(name); n += 1) name = `${base}.${n}`
  return name
}

/** Secrets are left to whoever measures. */
const resolve = ({ versions, rollout }: RolloutContext, argument: Argument): Argument | Problem => {
  const { name, valueFrom } = argument
  if (valueFrom?.podTemplateHashValue === 'Stable') return { name, value: versions.stable ? hashOf(versions.stable) : '' }
  if (valueFrom?.podTemplateHashValue === 'Latest') return { name, value: versions.hash }
  if (valueFrom?.fieldRef === undefined) return argument
  const read = readFieldPath(rollout, valueFrom.fieldRef.fieldPath, 'rollout')
  return 'problem' in read ? read : { name, value: read.value }
}

export const resolveAll = (context: RolloutContext, args: readonly Argument[]): readonly Argument[] | Problem => {
  const resolved: Argument[] = []
  for (const argument of args) {
    const one = resolve(context, argument)
    if ('problem' in one) return one
    resolved.push(one)
  }
  return resolved
}

const readTemplates = ({ seen }: RolloutContext, analysis: RolloutAnalysis) => {
  const { templates, clusterTemplates } = seen.analyses ?? NO_ANALYSES
  const all = { namespace: seen.namespace, analysisTemplates: templates, clusterAnalysisTemplates: clusterTemplates }
  return findTemplates(all, analysis.templates ?? [])
}

/** Templates that the analysis names and that are not there, in words. */
export const missingTemplates = (context: RolloutContext, analysis: RolloutAnalysis): readonly string[] =>
  readTemplates(context, analysis).missing

/** The run, or why its templates and arguments make none. One in the background need not end by itself. */
export const makeRun = (
  context: RolloutContext,
  kind: RunKind,
  analysis: RolloutAnalysis,
): { readonly run: AnalysisRun } | Problem => {
  const { seen, rollout, versions } = context
  const { templates } = readTemplates(context, analysis)
  const [wrong] = templates.flatMap(template => seen.analyses?.problems?.get(template) ?? [])
  if (wrong !== undefined) return { problem: wrong }
  const endless = kind.type === 'Background' ? undefined : endlessProblem(templates)
  if (endless !== undefined) return { problem: endless }
  const merged = mergeTemplates(templates, analysis)
  if ('problem' in merged) return merged
  const args = resolveAll(context, merged.args)
  if ('problem' in args) return args
  const { annotations, labels } = analysis.analysisRunMetadata ?? {}
  const run: AnalysisRun = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      name: freeName(context, `${seen.name}-${versions.hash}-${newRevision(versions)}${suffixOf(kind)}`),
      namespace: seen.namespace,
      labels: { ...rollout.spec.selector?.matchLabels, ...labels, ...labelsOf(kind, context) },
      ...(annotations && { annotations }),
      ownerReferences: [ownerOf({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: rollout.metadata }, true)],
    },
    spec: {
      metrics: merged.metrics,
      ...(args.length > 0 && { args }),
      ...(merged.dryRun.length > 0 && { dryRun: merged.dryRun }),
      ...(merged.measurementRetention.length > 0 && { measurementRetention: merged.measurementRetention }),
    },
  }
  return { run }
}
