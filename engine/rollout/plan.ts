/** The planner of a Rollout that a user wrote, with its own template or with a workload's: what was observed in, what to do and to report out. Pure and total. */
import { applyConditions } from '../conditions.ts'
import { isInconclusive, judgeCanary } from './analysis/canary.ts'
import { checkAnalyses } from './analysis/named.ts'
import { planBlueGreen } from './blue-green/plan.ts'
import { isSettled, type RolloutContext, readContext } from './context.ts'
import { planMetadata } from './ephemeral-metadata.ts'
import { currentExperiment, endExperiments } from './experiment/follow.ts'
import { finish, type RolloutPlan } from './finish.ts'
import { cleanUpHistory } from './history.ts'
import { event, type RolloutIntent } from './intents.ts'
import { makeReplicaSet, planNewest } from './make-replica-set.ts'
import { followPlugins, leavePlugins, withPlugins } from './plugin/follow.ts'
import { checkPlugins } from './plugin/named.ts'
import { isChanged, type RolloutProgress, readProgress, skipReason, startProgress } from './progress.ts'
import { planRelease } from './release-services.ts'
import { planRestart } from './restart.ts'
import { isFull } from './scale.ts'
import type { RolloutSeen } from './seen.ts'
import { isStepInForce, planLeave, planSplit } from './split.ts'
import { tellPromotion } from './told.ts'
import type { TrafficProvider } from './traffic/provider.ts'
import { invalidSpecMessage } from './validate/index.ts'
import { checkCanaryServices } from './validate/services.ts'
import { isRollbackWithinWindow } from './versions.ts'
import { takeStep, type Walk } from './walk.ts'
import { noteGeneration } from './workload.ts'
import { scaleWorkload } from './workload-scale.ts'

export type { RolloutPlan } from './finish.ts'

const INVALID_RECHECK_MS = 20_000

/** Nothing moves while the spec is wrong; the condition goes with the first look at a right one. */
const planInvalid = (context: RolloutContext, invalid: string): RolloutPlan => {
  const { status, now, rollout } = context
  const before = status.conditions ?? []
  const told = before.find(({ type }) => type === 'InvalidSpec')
  const wish = { type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message: invalid } as const
  const conditions = [...before.filter(({ type }) => type !== 'InvalidSpec'), ...applyConditions(before, [wish], now)]
  const { generation } = rollout.metadata
  return {
    intents: told?.message === invalid ? [] : [event('InvalidSpec', invalid, 'Warning')],
    status: {
      ...status,
      conditions,
      phase: 'Degraded',
      message: `InvalidSpec: ${invalid}`,
      ...(generation !== undefined && { observedGeneration: String(generation) }),
    },
    wakeAt: now + INVALID_RECHECK_MS,
  }
}

/** The template or the steps changed: the position starts anew, and nothing else happens in this pass. */
const planChanged = (context: RolloutContext, restartedAt: string | undefined): RolloutPlan => {
  const reason = skipReason(context)
  const skips = reason !== undefined && context.steps.length > 0 && context.status.currentPodHash !== undefined
  return finish(context, {
    progress: startProgress(context),
    promoted: false,
    restartedAt,
    intents: [...(skips ? [event('SkipSteps', reason)] : []), ...leavePlugins(context)],
  })
}

const promotion = (context: RolloutContext, progress: RolloutProgress): string | undefined => {
  const { versions, steps, rollout } = context
  const { index, aborted, promoteFull } = progress
  if (!isFull(context) || isInconclusive(progress)) return undefined
  if (versions.stable === undefined) return 'Initial deploy'
  if (aborted || isSettled(context) || index < steps.length) return undefined
  if (promoteFull) return 'Full promotion requested'
  return isRollbackWithinWindow(rollout, versions) ? 'Rollback within window' : `Completed all ${steps.length} canary steps`
}

const analysisProblem = ({ seen }: RolloutContext, message: string): string =>
  invalidSpecMessage(seen.name, { path: 'spec.strategy.canary.analysis', message })

/** A version that is there: analyses, restart, history, Services, sizes, then the step. */
const planCanary = (context: RolloutContext): RolloutPlan => {
  const { rollout, versions } = context
  const read = readProgress(context)
  const analyses = judgeCanary(context, read, isStepInForce(context, read))
  if (analyses.invalid !== undefined) return planInvalid(context, analysisProblem(context, analyses.invalid))
  const plugins = followPlugins(context, analyses.progress)
  const { progress } = plugins
  const fields = withPlugins(analyses.fields, plugins)
  const restart = planRestart(context)
  const standing = { progress, promoted: false, restartedAt: restart.restartedAt, fields }
  // What was just evicted is still counted as available; sizes are decided when the counts are right again.
  if (restart.intents.length > 0)
    return finish(context, {
      ...standing,
      intents: [...analyses.intents, ...plugins.intents, ...restart.intents],
      wakeAt: restart.wakeAt,
    })
  const newest = context.isPaused ? [] : planNewest(context)
  const history = cleanUpHistory(versions.older, rollout.spec.revisionHistoryLimit)
  const split = planSplit(context, progress)
  const { scaling } = split
  const done = [
    ...newest,
    ...planMetadata(context),
    ...history,
    ...split.traffic,
    ...analyses.intents,
    ...plugins.intents,
    ...scaling,
  ]
  const mayPromote = split.mayPromote && scaling.length === 0 && !context.isPaused
  const why = mayPromote ? promotion(context, progress) : undefined
  const state = { isInForce: split.isInForce, isJudged: analyses.isStepJudged, isPluginDone: plugins.isDone }
  const walk: Walk = scaling.length > 0 || why !== undefined ? { progress, intents: [] } : takeStep(context, progress, state)
  const experiment = walk.currentExperiment ?? currentExperiment(context, walk.progress)
  return finish(context, {
    ...standing,
    progress: walk.progress,
    promoted: why !== undefined,
    fields: {
      ...fields,
      canary: {
        ...fields.canary,
        ...split.fieldsOf(why !== undefined),
        ...(experiment !== undefined && { currentExperiment: experiment }),
      },
    },
    waiting: split.waiting,
    intents: [
      ...done,
      ...endExperiments(context, experiment),
      ...walk.intents,
      ...(why === undefined ? [] : [...split.promotion, tellPromotion(context, why)]),
    ],
    wakeAt: earliest(restart.wakeAt, walk.wakeAt, plugins.wakeAt, split.wakeAt),
  })
}

const earliest = (...times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter(at => at !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

const planNew = (context: RolloutContext): RolloutPlan =>
  finish(context, {
    progress: readProgress(context),
    promoted: false,
    restartedAt: context.status.restartedAt,
    intents: planNewest(context),
    created: makeReplicaSet(context).metadata.name,
  })

/** An absent spec.replicas is written back as 1, which an autoscaler needs. */
const replicasOf = ({ rollout }: RolloutContext): readonly RolloutIntent[] =>
  rollout.spec.replicas === undefined
    ? [{ kind: 'patchRollout', patch: { spec: { replicas: 1 } }, why: 'the number of pods has to be said for an autoscaler' }]
    : []

/** The planner of its own that a blue-green strategy has. */
const planSwitched = (context: RolloutContext): RolloutPlan => {
  const draft = planBlueGreen(context)
  return 'violation' in draft
    ? planInvalid(context, invalidSpecMessage(context.rollout.metadata.name, draft.violation))
    : finish(context, draft)
}

/** Nothing else happens while a provider is taken away that the strategy does not name any more. */
const planLeaving = (context: RolloutContext, { intents, waits }: NonNullable<ReturnType<typeof planLeave>>): RolloutPlan =>
  finish(context, {
    progress: readProgress(context),
    promoted: false,
    restartedAt: context.status.restartedAt,
    intents,
    waiting: waits[0],
    wakeAt: earliest(...waits.map(({ until }) => until)),
  })

const planValid = (context: RolloutContext): RolloutPlan => {
  const leaving = planLeave(context)
  if (leaving !== undefined) return planLeaving(context, leaving)
  if (context.rollout.spec.strategy.blueGreen !== undefined) return planSwitched(context)
  if (isChanged(context)) return planChanged(context, context.status.restartedAt)
  if (context.versions.current === undefined && !context.isPaused) return planNew(context)
  return planCanary(context)
}

/** `providers`: who can split traffic by weights; a strategy that names another one is told so. */
export const planUserRollout = (seen: RolloutSeen, now: number, providers: readonly TrafficProvider[] = []): RolloutPlan => {
  if (seen.rollout.metadata.deletionTimestamp !== undefined) return { intents: [] }
  const context = readContext(seen, now, providers)
  const [unfit] =
    context.invalid === undefined ? [...checkCanaryServices(context), ...checkPlugins(context), ...checkAnalyses(context)] : []
  const invalid = unfit === undefined ? context.invalid : invalidSpecMessage(context.seen.name, unfit)
  if (invalid !== undefined) return planInvalid(context, invalid)
  const plan = planValid(context)
  const before = [...replicasOf(context), ...noteGeneration(seen), ...planRelease(context)]
  return scaleWorkload(context, { ...plan, intents: [...before, ...plan.intents] })
}
