/** What every part of the planner of Experiments reads: the observed objects, with what is derived from them once. */
import { parseDuration } from '../../api/duration.ts'
import type { Experiment, ExperimentSpec, ExperimentStatus } from '../../api/experiment.ts'
import type { ReplicaSet } from '../../api/kubernetes.ts'
import { TEMPLATE_NAME } from '../rollout/names.ts'
import { parseTime } from '../time.ts'
import { isBad, isOver } from './phases.ts'
import type { ExperimentSeen } from './seen.ts'

export type TemplateSpec = ExperimentSpec['templates'][number]
export type AnalysisRef = NonNullable<ExperimentSpec['analyses']>[number]
export type TemplateStatus = NonNullable<ExperimentStatus['templateStatuses']>[number]
export type RunStatus = NonNullable<ExperimentStatus['analysisRuns']>[number]

export type ExperimentContext = {
  readonly seen: ExperimentSeen
  readonly now: number
  readonly experiment: Experiment
  readonly spec: ExperimentSpec
  readonly status: ExperimentStatus
  /** It ends: a person said so, it is over, or something of it went wrong. Nothing is made any more, pods and runs go. */
  readonly isTerminating: boolean
  readonly deadlineMs: number
  /** When its duration is over; undefined before all templates were available, and without a duration. */
  readonly endsAt: number | undefined
}

const DEADLINE_SECONDS = 600

const requiredOf = ({ analyses = [] }: ExperimentSpec): readonly AnalysisRef[] =>
  analyses.filter(one => one.requiredForCompletion === true)

export const hasRequired = (spec: ExperimentSpec): boolean => requiredOf(spec).length > 0

/** There are analyses that it waits for, and all of them were successful. */
export const isRequiredDone = (spec: ExperimentSpec, runs: readonly RunStatus[]): boolean =>
  hasRequired(spec) && requiredOf(spec).every(({ name }) => runs.find(run => run.name === name)?.phase === 'Successful')

const isEnding = ({ spec, status = {} }: Experiment): boolean =>
  spec.terminate === true ||
  isOver(status.phase) ||
  (status.templateStatuses ?? []).some(({ status: phase }) => isBad(phase)) ||
  (status.analysisRuns ?? []).some(({ phase }) => isBad(phase)) ||
  isRequiredDone(spec, status.analysisRuns ?? [])

export const readContext = (seen: ExperimentSeen, now: number): ExperimentContext => {
  const { experiment } = seen
  const { spec, status = {} } = experiment
  const availableAt = parseTime(status.availableAt)
  const duration = spec.duration === undefined || spec.duration === '' ? undefined : parseDuration(spec.duration)
  return {
    seen,
    now,
    experiment,
    spec,
    status,
    isTerminating: isEnding(experiment),
    deadlineMs: (spec.progressDeadlineSeconds ?? DEADLINE_SECONDS) * 1000,
    endsAt: availableAt === undefined || duration === undefined ? undefined : availableAt + duration,
  }
}

export const isTimeUp = ({ endsAt, now }: ExperimentContext): boolean => endsAt !== undefined && now >= endsAt

export const replicaSetOf = ({ seen }: ExperimentContext, template: TemplateSpec): ReplicaSet | undefined =>
  seen.replicaSets.find(
    ({ metadata }) => metadata.deletionTimestamp === undefined && metadata.annotations?.[TEMPLATE_NAME] === template.name,
  )
