/** AnalysisRuns of an update: names, labels and metrics as Argo Rollouts' tools expect them. */
import type { AnalysisRun, Argument, Metric, SluiceRouterMetric } from '../api/analysis-run.ts'
import { type FieldRead, readFieldPath } from '../api/field-path.ts'
import type { Labels } from '../api/kubernetes.ts'
import { INSTANCE_ID, INSTANCE_ID_LABEL, ROLLOUTS_POD_TEMPLATE_HASH } from '../api/names.ts'
import type { RolloutAnalysis } from '../api/rollout.ts'
import { SLUICE_ROUTER } from '../api/strategy.ts'
import { findTemplates, mergeTemplates, type Problem } from './analysis-templates.ts'
import type { Context } from './context.ts'
import { ownerOf } from './make-rollout.ts'
import { revisionOf } from './versions.ts'

export const ROLLOUT_TYPE = 'rollout-type'
export const STEP_INDEX = 'step-index'

export type RunKind = { readonly type: 'Background' } | { readonly type: 'Step'; readonly index: number }

export const labelsOf = (kind: RunKind, hash: string): Labels => ({
  [ROLLOUT_TYPE]: kind.type,
  ...(kind.type === 'Step' && { [STEP_INDEX]: String(kind.index) }),
  [ROLLOUTS_POD_TEMPLATE_HASH]: hash,
  [INSTANCE_ID_LABEL]: INSTANCE_ID,
})

const checkMetric = (check: string, target: SluiceRouterMetric): Metric => ({
  name: check,
  interval: '1s',
  provider: { plugin: { [SLUICE_ROUTER]: { ...target, check } } },
})

/** A field of the Rollout; of the Deployment where the Rollout that was made for it has none. */
const readField = ({ rollout, deployment }: Context, path: string): FieldRead => {
  const own = rollout && readFieldPath(rollout, path, 'rollout')
  if (own && 'value' in own && own.value !== '') return own
  const wider = readFieldPath(deployment, path, 'rollout')
  return 'value' in wider ? wider : (own ?? wider)
}

/** Secrets are left to whoever measures. */
const resolveArgument = (context: Context, argument: Argument): Argument | Problem => {
  const { name, valueFrom } = argument
  if (valueFrom?.podTemplateHashValue === 'Stable') return { name, value: context.versions.stable?.hash ?? '' }
  if (valueFrom?.podTemplateHashValue === 'Latest') return { name, value: context.versions.current.hash }
  if (valueFrom?.fieldRef === undefined) return argument
  const read = readField(context, valueFrom.fieldRef.fieldPath)
  return 'problem' in read ? read : { name, value: read.value }
}

const resolveAll = (context: Context, args: readonly Argument[]): readonly Argument[] | Problem => {
  const resolved: Argument[] = []
  for (const argument of args) {
    const one = resolveArgument(context, argument)
    if ('problem' in one) return one
    resolved.push(one)
  }
  return resolved
}

const freeName = (context: Context, base: string): string => {
  const isTaken = (name: string) => context.seen.analysisRuns.some(({ metadata }) => metadata.name === name)
  let name = base
  for (let n = 1; isTaken(name); n += 1) name = `${base}.${n}`
  return name
}

/** A metric's name must be unique in its run; a second one of the same name gets a number. */
const distinct = (metrics: readonly Metric[]): readonly Metric[] => {
  const counts = new Map<string, number>()
  return metrics.map(metric => {
    const count = counts.get(metric.name) ?? 0
    counts.set(metric.name, count + 1)
    return count === 0 ? metric : { ...metric, name: `${metric.name} (${count + 1})` }
  })
}

export type RunWish = {
  readonly kind: RunKind
  /** Short checks over the router's own numbers. */
  readonly checks: readonly string[]
  readonly analysis: RolloutAnalysis | undefined
}

/** Templates that the analysis uses and that are not there. */
export const missingTemplates = ({ seen }: Context, analysis: RolloutAnalysis | undefined): readonly string[] =>
  findTemplates(seen, analysis?.templates ?? []).missing

/** The run, or why its templates and arguments make none. */
export const makeAnalysisRun = (
  context: Context,
  { kind, checks, analysis }: RunWish,
): { readonly run: AnalysisRun } | Problem => {
  const { seen, versions, deployment, rollout } = context
  const { current, stable } = versions
  const merged = mergeTemplates(findTemplates(seen, analysis?.templates ?? []).templates, analysis)
  if ('problem' in merged) return merged
  const args = resolveAll(context, merged.args)
  if ('problem' in args) return args
  const { metrics, dryRun, measurementRetention } = merged
  const target = { deployment: seen.name, canaryHash: current.hash, stableHash: stable?.hash ?? '' }
  const suffix = kind.type === 'Step' ? `-${kind.index}` : ''
  const { annotations, labels } = analysis?.analysisRunMetadata ?? {}
  const run: AnalysisRun = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      name: freeName(context, `${seen.name}-${current.hash}-${revisionOf(current, seen)}${suffix}`),
      namespace: seen.namespace,
      labels: { ...deployment.spec.selector.matchLabels, ...labels, ...labelsOf(kind, current.hash) },
      ...(annotations && { annotations }),
      ...(rollout && { ownerReferences: [ownerOf({ ...rollout, apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' }, true)] }),
    },
    spec: {
      metrics: distinct([...checks.map(check => checkMetric(check, target)), ...metrics]),
      ...(args.length > 0 && { args }),
      ...(dryRun.length > 0 && { dryRun }),
      ...(measurementRetention.length > 0 && { measurementRetention }),
    },
  }
  return { run }
}
