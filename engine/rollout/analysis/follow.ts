/** One analysis of an update: its run made, found again, followed to its verdict, ended; and the runs that are kept afterwards. */
import type { AnalysisRun } from '../../../api/analysis-run.ts'
import { INSTANCE_ID_LABEL, ROLLOUTS_POD_TEMPLATE_HASH } from '../../../api/names.ts'
import type { AnalysisRunPointer, RolloutAnalysis } from '../../../api/rollout.ts'
import { isEnded, pointerTo } from '../../analysis.ts'
import { ROLLOUT_TYPE } from '../../analysis-run.ts'
import type { RolloutContext } from '../context.ts'
import { event, type RolloutIntent } from '../intents.ts'
import { hashOf } from '../versions.ts'
import { instanceOf, labelsOf, makeRun, missingTemplates, type RunKind } from './make-run.ts'
import { NO_ANALYSES } from './seen.ts'

export type Followed = {
  readonly intents: readonly RolloutIntent[]
  /** For the status. */
  readonly pointer?: AnalysisRunPointer
  /** Of the run; `Waiting` where none can be made yet. */
  readonly phase: string
  /** Of the run, or why there is none. */
  readonly message: string
}

const runsOf = ({ seen }: RolloutContext): readonly AnalysisRun[] => (seen.analyses ?? NO_ANALYSES).runs

const matches = ({ metadata }: AnalysisRun, labels: { readonly [key: string]: string }): boolean =>
  Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value)

/** Ended, or one that Sluice measures: nobody does so with one that another controller left at work. */
export const isMeasured = ({ rollout }: RolloutContext, run: AnalysisRun): boolean =>
  isEnded(run) || run.metadata.labels?.[INSTANCE_ID_LABEL] === instanceOf(rollout)

/** The one that the status points to; else one at work, made just before the controller could note it. */
export const findRun = (
  context: RolloutContext,
  kind: RunKind,
  pointer: AnalysisRunPointer | undefined,
): AnalysisRun | undefined => {
  const named = runsOf(context).find(({ metadata }) => metadata.name === pointer?.name)
  if (named !== undefined && isMeasured(context, named)) return named
  const labels = labelsOf(kind, context)
  return runsOf(context).findLast(run => matches(run, labels) && !isEnded(run) && run.spec.terminate !== true)
}

const EVENTS: { readonly [phase: string]: 'Normal' | 'Warning' } = {
  Running: 'Normal',
  Successful: 'Normal',
  Inconclusive: 'Normal',
  Failed: 'Warning',
  Error: 'Warning',
}

/** An event for each phase that a run came to since the last look. */
const tell = (kind: RunKind, before: AnalysisRunPointer | undefined, now: AnalysisRunPointer): readonly RolloutIntent[] => {
  const type = EVENTS[now.status ?? 'Pending']
  if (type === undefined || (before?.name === now.name && before.status === now.status)) return []
  const previous = before?.name === now.name ? before.status : 'NoPreviousStatus'
  const text = `${kind.type} Analysis Run '${now.name}' Status New: '${now.status}' Previous: '${previous}'`
  return [event(`AnalysisRun${now.status}`, text, type)]
}

/** Follows the analysis, and makes its run when there is none. */
export const followAnalysis = (
  context: RolloutContext,
  kind: RunKind,
  analysis: RolloutAnalysis,
  before: AnalysisRunPointer | undefined,
): Followed => {
  const found = findRun(context, kind, before)
  if (found !== undefined) {
    const pointer = pointerTo(found)
    return {
      intents: tell(kind, before, pointer),
      pointer,
      phase: pointer.status ?? 'Pending',
      message: pointer.message ?? '',
    }
  }
  const missing = missingTemplates(context, analysis)
  if (missing.length > 0) return { intents: [], phase: 'Waiting', message: missing.join('; ') }
  const made = makeRun(context, kind, analysis)
  if ('problem' in made) return { intents: [], phase: 'Waiting', message: made.problem }
  const pointer: AnalysisRunPointer = { name: made.run.metadata.name, status: 'Pending' }
  return { intents: [{ kind: 'createAnalysisRun', run: made.run }], pointer, phase: 'Pending', message: '' }
}

/** Where a run stands that is not to be made any more, for the status. */
export const pointerNow = (context: RolloutContext, before: AnalysisRunPointer | undefined): AnalysisRunPointer | undefined => {
  const run = runsOf(context).find(({ metadata }) => metadata.name === before?.name)
  return run === undefined ? before : pointerTo(run)
}

const isOfUpdate = ({ metadata }: AnalysisRun): boolean => metadata.labels?.[ROLLOUT_TYPE] !== undefined

/** Ends the runs of updates that nothing waits for any more. */
export const endRuns = (context: RolloutContext, kept: readonly (string | undefined)[]): readonly RolloutIntent[] =>
  runsOf(context)
    .filter(run => isOfUpdate(run) && !isEnded(run) && run.spec.terminate !== true && !kept.includes(run.metadata.name))
    .map(({ metadata }) => ({ kind: 'terminateAnalysisRun', name: metadata.name }))

const LIMIT = 5

/** Deletes ended runs of versions that are gone, and those beyond the limits of the history, oldest first. */
export const cleanUpRuns = (context: RolloutContext, kept: readonly (string | undefined)[]): readonly RolloutIntent[] => {
  const { seen, rollout } = context
  const { successfulRunHistoryLimit = LIMIT, unsuccessfulRunHistoryLimit = LIMIT } = rollout.spec.analysis ?? {}
  const ended = runsOf(context)
    .filter(run => isOfUpdate(run) && isEnded(run) && run.metadata.deletionTimestamp === undefined)
    .filter(({ metadata }) => !kept.includes(metadata.name))
    .sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''))
  const hashes = new Set(seen.replicaSets.map(hashOf))
  const isOrphan = ({ metadata }: AnalysisRun) => !hashes.has(metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH] ?? '')
  const living = ended.filter(run => !isOrphan(run))
  const good = living.filter(({ status }) => status?.phase === 'Successful').slice(successfulRunHistoryLimit)
  const bad = living.filter(({ status }) => status?.phase !== 'Successful').slice(unsuccessfulRunHistoryLimit)
  return [...ended.filter(isOrphan), ...good, ...bad].map(({ metadata }) => ({
    kind: 'deleteAnalysisRun',
    name: metadata.name,
    uid: metadata.uid ?? '',
  }))
}
