/** Templates of an analysis, with those that they name in turn, as one: found, merged and checked as Argo Rollouts does. Pure. */
import type { TemplateRef } from '../api/analysis-fields.ts'
import type { AnalysisTemplate, Argument, Metric } from '../api/analysis-run.ts'
import type { RolloutAnalysis } from '../api/rollout.ts'
import type { Seen } from './seen.ts'

type Templates = Pick<Seen, 'namespace' | 'analysisTemplates' | 'clusterAnalysisTemplates'>

export type Found = {
  /** Each once, those of the namespace first. */
  readonly templates: readonly AnalysisTemplate[]
  /** As `AnalysisTemplate NAME is not in namespace NAMESPACE`. */
  readonly missing: readonly string[]
}

const find = (seen: Templates, { templateName, clusterScope }: TemplateRef): AnalysisTemplate | undefined =>
  (clusterScope ? (seen.clusterAnalysisTemplates ?? []) : seen.analysisTemplates).find(
    ({ metadata }) => metadata.name === templateName,
  )

/** Templates that name each other in a circle are each taken once. */
export const findTemplates = (seen: Templates, refs: readonly TemplateRef[]): Found => {
  const own = new Set<AnalysisTemplate>()
  const ofCluster = new Set<AnalysisTemplate>()
  const missing = new Set<string>()
  const walk = (ref: TemplateRef): void => {
    const template = find(seen, ref)
    if (!template) {
      missing.add(
        ref.clusterScope
          ? `ClusterAnalysisTemplate ${ref.templateName} is not in the cluster`
          : `AnalysisTemplate ${ref.templateName} is not in namespace ${seen.namespace}`,
      )
      return
    }
    const known = ref.clusterScope ? ofCluster : own
    if (known.has(template)) return
    known.add(template)
    for (const inner of template.spec.templates ?? []) walk(inner)
  }
  for (const ref of refs) walk(ref)
  return { templates: [...own, ...ofCluster], missing: [...missing] }
}

type Rules = NonNullable<AnalysisTemplate['spec']['dryRun']>
type Retention = NonNullable<AnalysisTemplate['spec']['measurementRetention']>

export type Merged = {
  readonly metrics: readonly Metric[]
  readonly args: readonly Argument[]
  readonly dryRun: Rules
  readonly measurementRetention: Retention
}

export type Problem = { readonly problem: string }

const repeated = (names: readonly string[]): string | undefined => names.find((name, i) => names.indexOf(name) !== i)

/** Two templates may declare one argument, if only one has a default or both the same. */
const mergeDeclared = (templates: readonly AnalysisTemplate[]): readonly Argument[] | Problem => {
  const merged = new Map<string, Argument>()
  for (const argument of templates.flatMap(({ spec }) => spec.args ?? [])) {
    const before = merged.get(argument.name)
    if (before?.value !== undefined && argument.value !== undefined && before.value !== argument.value) {
      return {
        problem: `Argument \`${argument.name}\` specified multiple times with different values: '${before.value}', '${argument.value}'`,
      }
    }
    if (before?.value === undefined) merged.set(argument.name, argument)
  }
  return [...merged.values()]
}

/** What the analysis gives takes the place of a default; what no template declares is left out. */
const give = (declared: readonly Argument[], given: readonly Argument[]): readonly Argument[] =>
  declared.map(({ name, ...rest }) => {
    const own = given.findLast(argument => argument.name === name)
    return own?.value !== undefined || own?.valueFrom !== undefined ? own : { name, ...rest }
  })

const ruleProblem = (dryRun: Rules, retention: Retention): string | undefined => {
  const twice = repeated(dryRun.map(({ metricName }) => metricName))
  if (twice !== undefined) return `two Dry-Run metric rules have the same name '${twice}'`
  const kept = repeated(retention.map(({ metricName }) => metricName))
  return kept === undefined ? undefined : `two Measurement Retention metric rules have the same name '${kept}'`
}

/** The analysis with all of its templates as one, or what is wrong with that in Argo Rollouts' words. */
export const mergeTemplates = (
  templates: readonly AnalysisTemplate[],
  { args = [], dryRun = [], measurementRetention = [] }: Pick<RolloutAnalysis, 'args' | 'dryRun' | 'measurementRetention'> = {},
): Merged | Problem => {
  const metrics = templates.flatMap(({ spec }) => spec.metrics ?? [])
  const twice = repeated(metrics.map(({ name }) => name))
  if (twice !== undefined) return { problem: `two metrics have the same name '${twice}'` }
  const declared = mergeDeclared(templates)
  if ('problem' in declared) return declared
  const merged = {
    metrics,
    args: give(declared, args),
    dryRun: [...templates.flatMap(({ spec }) => spec.dryRun ?? []), ...dryRun],
    measurementRetention: [...templates.flatMap(({ spec }) => spec.measurementRetention ?? []), ...measurementRetention],
  }
  const problem = ruleProblem(merged.dryRun, merged.measurementRetention)
  if (problem !== undefined) return { problem }
  const open = merged.args.find(({ value, valueFrom }) => value === undefined && valueFrom === undefined)
  return open === undefined ? merged : { problem: `args.${open.name} was not resolved` }
}

const runsOn = ({ interval, count }: Metric): boolean =>
  Boolean(interval) && (count === undefined || count === '' || (!String(count).includes('{{') && !(Number(count) > 0)))

/** A step would never end with a metric that is measured without end. */
export const endlessProblem = (templates: readonly AnalysisTemplate[]): string | undefined => {
  for (const { metadata, spec } of templates) {
    const metric = (spec.metrics ?? []).find(runsOn)
    if (metric) {
      return `AnalysisTemplate ${metadata.name} has metric ${metric.name} which runs indefinitely. Invalid value for count: ${metric.count ?? '<nil>'}`
    }
  }
  return undefined
}
