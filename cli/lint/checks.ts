/** What can be found wrong with an object without a cluster, by kind. Paths start at the object. */
import { conditionProblems } from '../../analysis/conditions.ts'
import { metricsProblem, rulesProblem } from '../../analysis/metric-limits.ts'
import {
  ANALYSIS_RUN_RESOURCE,
  ANALYSIS_TEMPLATE_RESOURCE,
  type AnalysisRunSpec,
  CLUSTER_ANALYSIS_TEMPLATE_RESOURCE,
} from '../../api/analysis-run.ts'
import { ignoredSettings, readSettings } from '../../api/annotations.ts'
import { checkCanary } from '../../api/check-strategy.ts'
import { EXPERIMENT_RESOURCE } from '../../api/experiment.ts'
import type { Labels } from '../../api/kubernetes.ts'
import { INTERNAL_ANNOTATIONS, PREFIX } from '../../api/names.ts'
import type { Problem } from '../../api/problem.ts'
import { ROLLOUT_SPEC, type RolloutSpec } from '../../api/rollout.ts'
import type { CustomResource } from '../../api/schema/custom-resource.ts'
import { decode } from '../../api/schema/decode.ts'
import { decodeYaml } from '../../kube/decode-yaml.ts'
import { warnOfRollout, warnOfSettings } from './warnings.ts'

type Json = { readonly [field: string]: unknown }

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((node, key) => (isJson(node) ? node[key] : undefined), value)

/** Only texts: what else stands there Kubernetes itself refuses, and this says so. */
const readAnnotations = (value: unknown): { readonly texts: Labels; readonly problems: readonly Problem[] } => {
  const all = Object.entries(isJson(value) ? value : {})
  const wrong = all.filter(([key, text]) => key.startsWith(PREFIX) && typeof text !== 'string')
  return {
    texts: Object.fromEntries(all.flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : []))),
    problems: wrong.map(([key, found]) => ({
      path: `metadata.annotations[${key}]`,
      message: `${JSON.stringify(found)} must be a text; put it in quotes, e.g. ${key}: ${JSON.stringify(String(found))}`,
    })),
  }
}

/** Annotations that nobody reads where they stand. */
const misplaced = (object: Json): readonly Problem[] =>
  Object.keys(readAnnotations(at(object, 'spec', 'template', 'metadata', 'annotations')).texts)
    .filter(key => key.startsWith(PREFIX) && !INTERNAL_ANNOTATIONS.includes(key))
    .map(key => ({
      path: `spec.template.metadata.annotations[${key}]`,
      message: `does nothing on pods; it must stand in metadata.annotations of the Deployment`,
    }))

const checkDeployment = (object: Json): readonly Problem[] => {
  const { texts, problems } = readAnnotations(at(object, 'metadata', 'annotations'))
  const read = readSettings(texts, { decodeYaml })
  return [...problems, ...(read.optedIn ? read.problems : ignoredSettings(texts)), ...misplaced(object)]
}

/** As the validation of Argo Rollouts has it: exactly one strategy, and pods from one place. */
const checkRolloutSpec = ({ strategy, template, workloadRef, selector }: RolloutSpec): readonly Problem[] => {
  const { canary, blueGreen } = strategy
  const problems: Problem[] = []
  if ((canary === undefined) === (blueGreen === undefined))
    problems.push({
      path: 'spec.strategy',
      message: `has ${canary === undefined ? 'none' : 'both'} of canary and blueGreen; it must have exactly one, e.g. {"canary": {"steps": [{"setWeight": 20}, {"pause": {}}]}}`,
    })
  if ((template === undefined) === (workloadRef === undefined))
    problems.push({
      path: 'spec',
      message: `has ${template === undefined ? 'none' : 'both'} of template and workloadRef; it must have exactly one, e.g. workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}`,
    })
  if (template !== undefined && selector === undefined)
    problems.push({
      path: 'spec.selector',
      message: 'is missing; with a template it must be there, e.g. {"matchLabels": {"app": "web"}}',
    })
  const found = canary === undefined ? [] : checkCanary(canary)
  return [...problems, ...found.map(({ path, message }) => ({ path: `spec.strategy.${path}`, message }))]
}

const checkRollout = (object: Json): readonly Problem[] => {
  const { value, problems } = decode(ROLLOUT_SPEC, at(object, 'spec') ?? {}, { path: 'spec' })
  return problems ?? checkRolloutSpec(value)
}

const checkMetrics = (spec: AnalysisRunSpec): readonly Problem[] => {
  const { metrics } = spec
  const problem = metricsProblem(metrics) ?? rulesProblem(spec)
  return [
    ...(problem === undefined ? [] : [placed(problem)]),
    ...conditionProblems(metrics).map(({ metric, field, message }) => ({
      path: `spec.metrics[${metrics.findIndex(({ name }) => name === metric)}].${field}`,
      message: message.trimEnd(),
    })),
  ]
}

/** `metrics[0]: count must …` with its place taken out. */
const placed = (problem: string): Problem => {
  const [, place, message = problem] = /^((?:metrics|dryRun|measurementRetention)\[\d+\]): (.*)$/s.exec(problem) ?? []
  return { path: place === undefined ? 'spec.metrics' : `spec.${place}`, message }
}

/** Templates may leave their metrics to other templates. */
const checkAnalysis =
  ({ spec: schema }: CustomResource) =>
  (object: Json): readonly Problem[] => {
    const { value, problems } = decode(schema, at(object, 'spec') ?? {}, { path: 'spec' })
    if (problems !== undefined) return problems
    const written = value as Partial<AnalysisRunSpec> & { readonly templates?: readonly unknown[] }
    const spec = { ...written, metrics: written.metrics ?? [] }
    return spec.metrics.length === 0 && (spec.templates ?? []).length > 0 ? [] : checkMetrics(spec)
  }

const checkFields =
  ({ spec }: CustomResource) =>
  (object: Json): readonly Problem[] =>
    decode(spec, at(object, 'spec') ?? {}, { path: 'spec' }).problems ?? []

const ARGO = 'argoproj.io/v1alpha1'

/** By `apiVersion kind`. */
const CHECKS: { readonly [kind: string]: (object: Json) => readonly Problem[] } = {
  'apps/v1 Deployment': checkDeployment,
  [`${ARGO} Rollout`]: checkRollout,
  [`${ARGO} AnalysisTemplate`]: checkAnalysis(ANALYSIS_TEMPLATE_RESOURCE),
  [`${ARGO} ClusterAnalysisTemplate`]: checkAnalysis(CLUSTER_ANALYSIS_TEMPLATE_RESOURCE),
  [`${ARGO} AnalysisRun`]: checkAnalysis(ANALYSIS_RUN_RESOURCE),
  [`${ARGO} Experiment`]: checkFields(EXPERIMENT_RESOURCE),
}

/** By `apiVersion kind`; for objects that are not wrong. */
const WARNINGS: { readonly [kind: string]: (object: Json) => readonly Problem[] } = {
  'apps/v1 Deployment': object => warnOfSettings(readAnnotations(at(object, 'metadata', 'annotations')).texts),
  [`${ARGO} Rollout`]: object => {
    const { value } = decode(ROLLOUT_SPEC, at(object, 'spec') ?? {}, { path: 'spec' })
    return value === undefined ? [] : warnOfRollout(value)
  },
}

const kindOf = (object: Json): string => `${String(object['apiVersion'])} ${String(object['kind'])}`

/** What is right and probably not meant. */
export const warnOfObject = (object: Json): readonly Problem[] => {
  const kind = kindOf(object)
  return Object.hasOwn(WARNINGS, kind) ? (WARNINGS[kind]?.(object) ?? []) : []
}

/** Undefined for a kind that nothing is known about. */
export const checkObject = (object: Json): readonly Problem[] | undefined => {
  const kind = kindOf(object)
  return Object.hasOwn(CHECKS, kind) ? CHECKS[kind]?.(object) : undefined
}
