/** Which AnalysisRuns an update has, what they say, and which go. */
import type { AnalysisRun } from '../api/analysis-run.ts'
import { POD_TEMPLATE_HASH, ROLLOUTS_POD_TEMPLATE_HASH } from '../api/names.ts'
import type { AnalysisRunPointer } from '../api/rollout.ts'
import { labelsOf, makeAnalysisRun, missingTemplates, ROLLOUT_TYPE, type RunKind, type RunWish } from './analysis-run.ts'
import type { Context } from './context.ts'
import type { Intent } from './intents.ts'
import type { Waiting } from './waiting.ts'

const ENDED = ['Successful', 'Failed', 'Error', 'Inconclusive']

export const isEnded = ({ status }: AnalysisRun): boolean => ENDED.includes(status?.phase ?? 'Pending')

const matches = ({ metadata }: AnalysisRun, labels: { readonly [key: string]: string }): boolean =>
  Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value)

/**
 * The run that the status points to; without a pointer one that is still at work, made just before the controller could note it.
 */
export const findRun = (
  { seen, versions }: Context,
  kind: RunKind,
  pointer: AnalysisRunPointer | undefined,
): AnalysisRun | undefined => {
  if (pointer !== undefined) return seen.analysisRuns.find(({ metadata }) => metadata.name === pointer.name)
  const labels = labelsOf(kind, versions.current.hash)
  return seen.analysisRuns.findLast(run => matches(run, labels) && !isEnded(run) && run.spec.terminate !== true)
}

export const pointerTo = ({ metadata, status }: AnalysisRun): AnalysisRunPointer => ({
  name: metadata.name,
  status: status?.phase ?? 'Pending',
  ...(status?.message && { message: status.message }),
})

/** The background analysis that is asked for; undefined when there is nothing to measure. Checks need the routers' numbers. */
export const backgroundWish = ({ strategy, config }: Context, split: 'routes' | 'count'): RunWish | undefined => {
  const checks = split === 'routes' ? (config.checks ?? []) : []
  const { analysis } = strategy
  if (checks.length === 0 && !analysis?.templates?.length) return undefined
  return { kind: { type: 'Background' }, checks, analysis }
}

/** Enough was measured: the run ended well, or goes on and every metric was successful at least once. */
export const hasPassed = (run: AnalysisRun | undefined): boolean => {
  if (run?.status?.phase === 'Successful') return true
  if (run?.status?.phase !== 'Running') return false
  const results = run.status.metricResults ?? []
  const isGood = (name: string) => results.some(result => result.name === name && (result.successful ?? 0) > 0)
  return run.spec.metrics.every(({ name }) => isGood(name))
}

/** Makes a run, or says which template is missing or what is wrong with them. */
export const createRun = (context: Context, wish: RunWish): { readonly run: AnalysisRun } | { readonly waiting: Waiting } => {
  const missing = missingTemplates(context, wish.analysis)
  if (missing.length > 0) {
    return {
      waiting: {
        reason: 'AnalysisTemplateMissing',
        what: missing.join('; '),
        ends: 'ends when it is there, or with a full promotion',
      },
    }
  }
  const made = makeAnalysisRun(context, wish)
  if ('run' in made) return made
  return {
    waiting: {
      reason: 'InvalidSpec',
      what: `The analysis can not be started: ${made.problem}`,
      ends: 'ends when that is put right, or with a full promotion',
    },
  }
}

/** Ends the runs of this Rollout that nothing waits for any more. */
export const terminateRuns = ({ seen }: Context, kept: readonly (string | undefined)[]): readonly Intent[] =>
  seen.analysisRuns
    .filter(run => !isEnded(run) && run.spec.terminate !== true && !kept.includes(run.metadata.name))
    .map(({ metadata }) => ({ kind: 'terminateAnalysisRun', name: metadata.name }))

const HISTORY = 5

/** Deletes ended runs of versions that have no ReplicaSet any more, and those beyond the history limits, oldest first. */
export const cleanUpRuns = ({ seen, rollout }: Context, kept: readonly (string | undefined)[]): readonly Intent[] => {
  const limits = rollout?.spec.analysis
  const ended = seen.analysisRuns
    .filter(
      run =>
        isEnded(run) &&
        run.metadata.labels?.[ROLLOUT_TYPE] !== undefined &&
        run.metadata.labels[ROLLOUTS_POD_TEMPLATE_HASH] !== undefined,
    )
    .filter(run => run.metadata.deletionTimestamp === undefined && !kept.includes(run.metadata.name))
    .sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''))
  const hashes = new Set(seen.replicaSets.map(({ metadata }) => metadata.labels?.[POD_TEMPLATE_HASH]))
  const isOrphan = ({ metadata }: AnalysisRun) => !hashes.has(metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH])
  const living = ended.filter(run => !isOrphan(run))
  const good = living.filter(({ status }) => status?.phase === 'Successful').slice(limits?.successfulRunHistoryLimit ?? HISTORY)
  const bad = living.filter(({ status }) => status?.phase !== 'Successful').slice(limits?.unsuccessfulRunHistoryLimit ?? HISTORY)
  return [...ended.filter(isOrphan), ...good, ...bad].map(({ metadata }) => ({
    kind: 'deleteAnalysisRun',
    name: metadata.name,
    uid: metadata.uid ?? '',
  }))
}
