/** The step `experiment` of a canary: its Experiment made, found again, followed to its verdict, ended; and those that are kept afterwards. */
import type { Experiment } from '../../../api/experiment.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../../api/names.ts'
import { isOver } from '../../experiment/phases.ts'
import { timestamp } from '../../time.ts'
import type { RolloutContext } from '../context.ts'
import { event, type RolloutIntent } from '../intents.ts'
import type { RolloutProgress } from '../progress.ts'
import { hashOf } from '../versions.ts'
import { baseName, type ExperimentStep, makeExperiment } from './make.ts'

export type ExperimentWalk = {
  readonly isDone: boolean
  readonly changes: Partial<RolloutProgress>
  readonly intents: readonly RolloutIntent[]
  /** For status.canary.currentExperiment, and the one that is not ended. */
  readonly current?: string
}

const waiting = { isDone: false, changes: {}, intents: [] } as const

const ownOf = ({ seen }: RolloutContext): readonly Experiment[] => seen.experiments ?? []

/** The one that the status points to; else one at work, made just before the controller could note it. */
const findExperiment = (context: RolloutContext, index: number): Experiment | undefined => {
  const named = ownOf(context).find(({ metadata }) => metadata.name === context.status.canary?.currentExperiment)
  const base = baseName(context, index)
  const isOfStep = ({ metadata }: Experiment) => metadata.name === base || metadata.name.startsWith(`${base}-`)
  if (named !== undefined && isOfStep(named)) return named
  return ownOf(context).findLast(one => isOfStep(one) && !isOver(one.status?.phase) && one.spec.terminate !== true)
}

const start = (context: RolloutContext, step: ExperimentStep, index: number): ExperimentWalk => {
  const { current: canary, stable } = context.versions
  if (canary === undefined || stable === undefined) return waiting
  const made = makeExperiment(context, { step, index, versions: { stable, canary } })
  if ('problem' in made)
    return { ...waiting, changes: { ...aborted, abortReason: `Experiment analysis phase is error/failed: ${made.problem}` } }
  const { experiment } = made
  const { name } = experiment.metadata
  const told = event('ExperimentCreated', `Created Experiment '${name}'`)
  return { ...waiting, intents: [{ kind: 'createExperiment', experiment }, told], current: name }
}

const aborted = { aborted: true, index: 0, pauses: [], controllerPause: false } as const

/** A person who goes on after an inconclusive one has ended the pause, and the mark of it is still there. */
const pause = (context: RolloutContext, progress: RolloutProgress, current: string): ExperimentWalk => {
  if (progress.controllerPause && progress.pauses.length === 0)
    return { ...waiting, isDone: true, changes: { controllerPause: false } }
  if (progress.pauses.length > 0) return { ...waiting, current }
  const condition = { reason: 'InconclusiveExperiment' as const, startTime: timestamp(context.now) }
  return { ...waiting, changes: { pauses: [condition], controllerPause: true }, current }
}

/** Makes the Experiment of the step at `progress.index`, or says how it stands. */
export const followExperiment = (context: RolloutContext, step: ExperimentStep, progress: RolloutProgress): ExperimentWalk => {
  const found = findExperiment(context, progress.index)
  if (found === undefined) return start(context, step, progress.index)
  const { name } = found.metadata
  const { phase = 'Pending', message = '' } = found.status ?? {}
  if (phase === 'Successful') return { ...waiting, isDone: true }
  if (phase === 'Failed' || phase === 'Error') {
    const abortReason = `Experiment analysis phase is error/failed${message === '' ? '' : `: ${message}`}`
    return { ...waiting, changes: { ...aborted, abortReason } }
  }
  return phase === 'Inconclusive' ? pause(context, progress, name) : { ...waiting, current: name }
}

/** What the status points to while its step is not done. */
export const currentExperiment = (
  { steps, status }: RolloutContext,
  { aborted: isAborted, index }: RolloutProgress,
): string | undefined => (isAborted || steps[index]?.experiment === undefined ? undefined : status.canary?.currentExperiment)

const LIMIT = 5

/** Ends those that no step waits for any more, and deletes old ones: of versions that are gone, and beyond the limits of the history. */
export const endExperiments = (context: RolloutContext, kept: string | undefined): readonly RolloutIntent[] => {
  const { seen, rollout } = context
  const others = ownOf(context).filter(({ metadata }) => metadata.name !== kept && metadata.deletionTimestamp === undefined)
  const open = others.filter(({ spec, status }) => !isOver(status?.phase) && spec.terminate !== true)
  const hashes = new Set(seen.replicaSets.map(hashOf))
  const isOrphan = ({ metadata }: Experiment) => !hashes.has(metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH] ?? '')
  const newestFirst = others
    .filter(({ status }) => isOver(status?.phase))
    .sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''))
  const living = newestFirst.filter(one => !isOrphan(one))
  const { successfulRunHistoryLimit = LIMIT, unsuccessfulRunHistoryLimit = LIMIT } = rollout.spec.analysis ?? {}
  const good = living.filter(({ status }) => status?.phase === 'Successful').slice(successfulRunHistoryLimit)
  const bad = living.filter(({ status }) => status?.phase !== 'Successful').slice(unsuccessfulRunHistoryLimit)
  const gone = [...newestFirst.filter(isOrphan), ...good, ...bad]
  return [
    ...open.map(({ metadata }) => ({ kind: 'terminateExperiment' as const, name: metadata.name })),
    ...gone.map(({ metadata }) => ({ kind: 'deleteExperiment' as const, name: metadata.name, uid: metadata.uid ?? '' })),
  ]
}
