/** One analysis of an Experiment: its AnalysisRun, made when all templates are available, followed, and ended with the Experiment. */
import type { AnalysisRun } from '../../api/analysis-run.ts'
import { INSTANCE_ID_LABEL } from '../../api/names.ts'
import { findTemplates, mergeTemplates } from '../analysis-templates.ts'
import { ownerOf } from '../make-rollout.ts'
import { instanceOf } from '../rollout/analysis/make-run.ts'
import { event, type RolloutIntent } from '../rollout/intents.ts'
import { resolveArguments } from './arguments.ts'
import type { AnalysisRef, ExperimentContext, RunStatus } from './context.ts'
import { isBad, isOver } from './phases.ts'

export type AnalysisPlan = {
  readonly intents: readonly RolloutIntent[]
  /** Its `phase` is absent as long as nothing is known. */
  readonly status: Partial<RunStatus> & { readonly name: string }
}

const isThere = ({ seen }: ExperimentContext, { templateName, clusterScope }: AnalysisRef): boolean =>
  (clusterScope ? seen.clusterAnalysisTemplates : seen.analysisTemplates).some(({ metadata }) => metadata.name === templateName)

const notThere = (analysis: AnalysisRef): string => {
  const kind = analysis.clusterScope ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate'
  const resource = `${kind.toLowerCase()}.argoproj.io`
  return `${kind} verification failed for analysis '${analysis.name}': ${resource} "${analysis.templateName}" not found`
}

const freeName = ({ seen }: ExperimentContext, base: string): string => {
  const isTaken = (name: string) => seen.analysisRuns.some(({ metadata }) => metadata.name === name)
  let name = base
  for (let n = 1; isTaken(name); n += 1) name = `${base}.${n}`
  return name
}

const makeRun = (
  context: ExperimentContext,
  analysis: AnalysisRef,
): { readonly run: AnalysisRun } | { readonly problem: string } => {
  const { seen, spec, experiment } = context
  const args = resolveArguments(context, analysis.args ?? [])
  if ('problem' in args) return args
  const { templates, missing } = findTemplates(seen, [analysis])
  if (missing.length > 0) return { problem: missing.join('; ') }
  const { dryRun, measurementRetention } = spec
  const merged = mergeTemplates(templates, {
    args,
    ...(dryRun && { dryRun }),
    ...(measurementRetention && { measurementRetention }),
  })
  if ('problem' in merged) return merged
  const { labels, annotations } = spec.analysisRunMetadata ?? {}
  const run: AnalysisRun = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      name: freeName(context, `${seen.name}-${analysis.name}`),
      namespace: seen.namespace,
      labels: { ...labels, [INSTANCE_ID_LABEL]: instanceOf(experiment) },
      ...(annotations && { annotations }),
      ownerReferences: [ownerOf({ ...experiment, apiVersion: 'argoproj.io/v1alpha1', kind: 'Experiment' }, true)],
    },
    spec: {
      metrics: merged.metrics,
      ...(merged.args.length > 0 && { args: merged.args }),
      ...(merged.dryRun.length > 0 && { dryRun: merged.dryRun }),
      ...(merged.measurementRetention.length > 0 && { measurementRetention: merged.measurementRetention }),
    },
  }
  return { run }
}

/** Made just before the controller could note it. */
const unnoted = ({ seen }: ExperimentContext, { name }: AnalysisRef): AnalysisRun | undefined => {
  const base = `${seen.name}-${name}`
  return seen.analysisRuns.find(
    ({ metadata, status }) =>
      (metadata.name === base || metadata.name.startsWith(`${base}.`)) &&
      !isOver(status?.phase) &&
      metadata.deletionTimestamp === undefined,
  )
}

const start = (context: ExperimentContext, analysis: AnalysisRef): AnalysisPlan => {
  const { name } = analysis
  const error = (why: string): AnalysisPlan => ({
    intents: [],
    status: { name, phase: 'Error', message: `Failed to create AnalysisRun for analysis '${name}': ${why}` },
  })
  const pending = (analysisRun: string) => ({ name, analysisRun, phase: 'Pending' }) as const
  const found = unnoted(context, analysis)
  if (found !== undefined) return { intents: [], status: pending(found.metadata.name) }
  const made = makeRun(context, analysis)
  if ('problem' in made) return error(made.problem)
  const said = context.seen.refused?.get(made.run.metadata.name)
  if (said !== undefined) return error(said)
  return { intents: [{ kind: 'createAnalysisRun', run: made.run }], status: pending(made.run.metadata.name) }
}

/** Also while it ends: what came out of a run that was terminated is what the Experiment is judged by. */
const follow = (context: ExperimentContext, before: RunStatus): AnalysisPlan => {
  const { name, analysisRun } = before
  const run = context.seen.analysisRuns.find(({ metadata }) => metadata.name === analysisRun)
  if (run === undefined)
    return { intents: [], status: { ...before, phase: 'Error', message: `analysisruns.argoproj.io "${analysisRun}" not found` } }
  const { phase = 'Pending', message } = run.status ?? {}
  const status: RunStatus = { name, analysisRun, phase, ...(message && { message }) }
  if (!context.isTerminating || isOver(phase) || run.spec.terminate === true) return { intents: [], status }
  const told = event('AnalysisRunTerminating', `Terminating ${name} (${analysisRun})`)
  return { intents: [{ kind: 'terminateAnalysisRun', name: analysisRun }, told], status }
}

const planRun = (context: ExperimentContext, analysis: AnalysisRef, before: RunStatus | undefined): AnalysisPlan => {
  const { name } = analysis
  if (before !== undefined && isOver(before.phase)) return { intents: [], status: before }
  if (context.status.availableAt === undefined) {
    const status = isThere(context, analysis) ? { name } : ({ name, phase: 'Error', message: notThere(analysis) } as const)
    return { intents: [], status }
  }
  if (before?.analysisRun) return follow(context, before)
  return context.isTerminating ? { intents: [], status: { name } } : start(context, analysis)
}

export const planAnalysis = (context: ExperimentContext, analysis: AnalysisRef): AnalysisPlan => {
  const before = context.status.analysisRuns?.find(({ name }) => name === analysis.name)
  const { intents, status } = planRun(context, analysis, before)
  if (status.phase === undefined || status.phase === before?.phase) return { intents, status }
  const why = status.message === undefined ? '' : `: ${status.message}`
  const text = `AnalysisRun '${analysis.name}' transitioned from ${before?.phase ?? ''} -> ${status.phase}${why}`
  return { intents: [...intents, event(`AnalysisRun${status.phase}`, text, isBad(status.phase) ? 'Warning' : 'Normal')], status }
}
