/**
 * The planner of an Experiment: versions side by side, each with its own ReplicaSet, judged by analyses meanwhile. What was observed in, what to
 * do and to report out; pure. Rules of Argo Rollouts 1.10 (experiments/experiment.go).
 */
import type { ExperimentStatus } from '../../api/experiment.ts'
import { event, type RolloutIntent } from '../rollout/intents.ts'
import { wholeSecond } from '../time.ts'
import { planAnalysis } from './analysis.ts'
import { invalidCondition, makeConditions } from './conditions.ts'
import {
  type ExperimentContext,
  hasRequired,
  isRequiredDone,
  type RunStatus,
  readContext,
  type TemplateStatus,
} from './context.ts'
import { isBad, isOver, type Phase, type Told, worstRun, worstTemplate } from './phases.ts'
import type { ExperimentSeen } from './seen.ts'
import { planTemplate } from './template.ts'
import { experimentProblem } from './validate.ts'

export type ExperimentPlan = {
  readonly intents: readonly RolloutIntent[]
  /** The whole status to report. Written only when it differs. */
  readonly status?: ExperimentStatus
  /** When to look again even if nothing changes; milliseconds since the epoch. */
  readonly wakeAt?: number
}

const assessTemplates = (templates: readonly TemplateStatus[]): Told<Phase> => {
  const { phase, message } = worstTemplate(
    templates.map(({ status = 'Progressing', message: why = '' }) => ({ phase: status, message: why })),
  )
  return { phase: phase === 'Progressing' ? 'Pending' : phase, message }
}

const assessRuns = (
  { spec }: ExperimentContext,
  runs: readonly Partial<RunStatus>[],
  known: readonly RunStatus[],
): Told<Phase> => {
  const { phase, message } = worstRun(runs.map(run => ({ phase: run.phase ?? '', message: run.message ?? '' })))
  if (isRequiredDone(spec, known) && !isBad(phase)) return { phase: 'Successful', message: 'Required AnalysisRuns completed' }
  // It is what the experiment reports, and that does run.
  return { phase: phase === 'Pending' ? 'Running' : phase, message }
}

/** The templates say how far it is; what is bad in an analysis, or all that it waits for, ends it. */
const assess = (
  context: ExperimentContext,
  templates: Told<Phase>,
  runs: Told<Phase>,
  known: readonly RunStatus[],
): Told<Phase> => {
  if (isOver(templates.phase)) {
    const byRuns = templates.phase === 'Successful' && (isOver(runs.phase) || hasRequired(context.spec))
    return byRuns ? runs : templates
  }
  return isBad(runs.phase) || isRequiredDone(context.spec, known) ? runs : templates
}

const isRun = (run: Partial<RunStatus> & { readonly name: string }): run is RunStatus => run.phase !== undefined

const told = (before: string, after: string): readonly RolloutIntent[] =>
  before === after
    ? []
    : [event(`Experiment${after}`, `Experiment transitioned from ${before} -> ${after}`, isBad(after) ? 'Warning' : 'Normal')]

const earliest = (times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter(at => at !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

const planValid = (context: ExperimentContext): ExperimentPlan => {
  const { spec, status: before, now, endsAt } = context
  const templates = spec.templates.map(template => {
    const known = before.templateStatuses?.find(({ name }) => name === template.name)
    return planTemplate(context, template, known ?? { name: template.name })
  })
  const analyses = (spec.analyses ?? []).map(analysis => planAnalysis(context, analysis))
  const templateStatuses = templates.map(({ status }) => status)
  const runs = analyses.map(({ status }) => status)
  const known = runs.filter(isRun)
  const found = assessTemplates(templateStatuses)
  const availableAt = before.availableAt ?? (found.phase === 'Running' ? wholeSecond(now) : undefined)
  const { phase, message } = isOver(before.phase)
    ? { phase: before.phase ?? '', message: before.message ?? '' }
    : assess(context, found, assessRuns(context, runs, known), known)
  const fields: ExperimentStatus = {
    phase,
    ...(message !== '' && { message }),
    ...(availableAt !== undefined && { availableAt }),
    templateStatuses,
    ...(known.length > 0 && { analysisRuns: known.map(run => ({ ...run, analysisRun: run.analysisRun ?? '' })) }),
  }
  const conditions = makeConditions(context, fields)
  // What was just noted as available changes what is due: a time of its own, or the analyses, which begin with the next look.
  const next = availableAt !== before.availableAt ? now : isOver(phase) ? undefined : endsAt
  const wakeAt = earliest([next, ...templates.map(one => one.wakeAt)])
  return {
    intents: [
      ...templates.flatMap(({ intents }) => intents),
      ...analyses.flatMap(({ intents }) => intents),
      ...told(before.phase ?? '', phase),
    ],
    status: { ...fields, ...(conditions.length > 0 && { conditions }) },
    ...(wakeAt !== undefined && { wakeAt }),
  }
}

export const planExperiment = (seen: ExperimentSeen, now: number): ExperimentPlan => {
  if (seen.experiment.metadata.deletionTimestamp !== undefined) return { intents: [] }
  const context = readContext(seen, now)
  const invalid = experimentProblem(seen.experiment)
  return invalid === undefined
    ? planValid(context)
    : { intents: [], status: { ...context.status, conditions: invalidCondition(context, invalid) } }
}
