/** AnalysisRuns of an update: names, labels and metrics as Argo Rollouts' tools expect them. */
import type { AnalysisRun, AnalysisTemplate, Argument, Metric, SluiceRouterMetric } from '../api/analysis-run.ts'
import type { Labels } from '../api/kubernetes.ts'
import { INSTANCE_ID, INSTANCE_ID_LABEL, ROLLOUTS_POD_TEMPLATE_HASH } from '../api/names.ts'
import type { RolloutAnalysis } from '../api/rollout.ts'
import { SLUICE_ROUTER } from '../api/strategy.ts'
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

const findPath = (object: unknown, path: string): string | undefined => {
  // `metadata.labels['x']` and `metadata.name`, as in the downward API.
  const parts = path.replaceAll(/\['?([^\]']+)'?\]/g, '.$1').split('.')
  let value = object
  for (const part of parts) value = typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === 'object' && value !== null

const resolveArgument = (context: Context, { name, value, valueFrom }: Argument): Argument => {
  if (value !== undefined || !isRecord(valueFrom))
    return { name, ...(value !== undefined && { value }), ...(value === undefined && { valueFrom }) }
  const hash = valueFrom['podTemplateHashValue']
  if (hash === 'Stable') return { name, value: context.versions.stable?.hash ?? '' }
  if (hash === 'Latest') return { name, value: context.versions.current.hash }
  const field = valueFrom['fieldRef']
  const found =
    isRecord(field) && typeof field['fieldPath'] === 'string' ? findPath(context.rollout, field['fieldPath']) : undefined
  return found === undefined ? { name, valueFrom } : { name, value: found }
}

/** The analysis' own arguments come before a template's defaults. */
const mergeArguments = (
  context: Context,
  analysis: RolloutAnalysis | undefined,
  templates: readonly AnalysisTemplate[],
): readonly Argument[] => {
  const merged = new Map<string, Argument>()
  for (const template of templates) for (const argument of template.spec.args ?? []) merged.set(argument.name, argument)
  for (const argument of analysis?.args ?? []) merged.set(argument.name, resolveArgument(context, argument))
  return [...merged.values()]
}

const pickTemplates = (context: Context, analysis: RolloutAnalysis | undefined) =>
  (analysis?.templates ?? []).map(({ templateName, clusterScope }) => ({
    templateName,
    template: clusterScope ? undefined : context.seen.analysisTemplates.find(({ metadata }) => metadata.name === templateName),
  }))

/** Names of templates that the analysis uses and that are not there. */
export const missingTemplates = (context: Context, analysis: RolloutAnalysis | undefined): readonly string[] =>
  pickTemplates(context, analysis).flatMap(({ templateName, template }) => (template ? [] : [templateName]))

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

export const makeAnalysisRun = (context: Context, { kind, checks, analysis }: RunWish): AnalysisRun => {
  const { seen, versions, deployment, rollout } = context
  const { current, stable } = versions
  const templates = pickTemplates(context, analysis).flatMap(({ template }) => template ?? [])
  const target = { deployment: seen.name, canaryHash: current.hash, stableHash: stable?.hash ?? '' }
  const suffix = kind.type === 'Step' ? `-${kind.index}` : ''
  const args = mergeArguments(context, analysis, templates)
  const dryRun = [...templates.flatMap(({ spec }) => spec.dryRun ?? []), ...(analysis?.dryRun ?? [])]
  const { annotations, labels } = analysis?.analysisRunMetadata ?? {}
  return {
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
      metrics: distinct([...checks.map(check => checkMetric(check, target)), ...templates.flatMap(({ spec }) => spec.metrics)]),
      ...(args.length > 0 && { args }),
      ...(dryRun.length > 0 && { dryRun }),
      ...(analysis?.measurementRetention && { measurementRetention: analysis.measurementRetention }),
    },
  }
}
