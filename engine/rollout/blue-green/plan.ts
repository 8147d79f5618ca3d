/**
 * One look at a Rollout with a blue-green strategy. Order is safety: what carries traffic has its pods first, the Service is switched when
 * all pods of the newest version are available, and nothing loses pods before the Service's endpoints have followed.
 */
import { cleanUpRuns, endRuns } from '../analysis/follow.ts'
import type { RolloutContext } from '../context.ts'
import { planMetadata } from '../ephemeral-metadata.ts'
import type { Draft } from '../finish.ts'
import { cleanUpHistory } from '../history.ts'
import type { RolloutIntent } from '../intents.ts'
import { makeReplicaSet, planNewest } from '../make-replica-set.ts'
import { isChanged, startProgress } from '../progress.ts'
import { planRestart } from '../restart.ts'
import { tellPromotion } from '../told.ts'
import { invalid, type Violation } from '../validate/violation.ts'
import { type Decision, decide } from './decide.ts'
import { type Delays, delayFormerStable, freeNewest, planAborted, planOlderDelays, planStableDelay } from './delays.ts'
import { makeBlueGreenFields } from './fields.ts'
import { checkBlueGreenReferences } from './references.ts'
import { activeTarget, isCarriedBy, planActive, planPreview } from './services.ts'
import { newestSize, planCarriers, planNewestSize } from './sizes.ts'
import { type BlueGreenView, readSteering, readView } from './view.ts'

const earliest = (times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter(at => at !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** Who keeps pods for how long, for what is decided. */
const planDelays = (context: RolloutContext, view: BlueGreenView, { progress, promotion }: Decision): readonly Delays[] => {
  const { current, stable } = context.versions
  const older = planOlderDelays(context, view, progress)
  if (promotion !== undefined) return [{ intents: delayFormerStable(context, view) }, older]
  return [
    planStableDelay(context, view, progress, isCarriedBy(context, current)),
    ...(progress.aborted ? [planAborted(context, view, !view.isSwitched && isCarriedBy(context, stable))] : []),
    older,
  ]
}

const planRuns = (context: RolloutContext, { kept, before, after }: Decision): readonly RolloutIntent[] => [
  ...endRuns(context, kept),
  ...cleanUpRuns(context, [before?.name, after?.name]),
]

/** The newest version is there, or its user paused before it was made. */
const planUnderWay = (context: RolloutContext): Draft | { readonly violation: Violation } => {
  const { rollout, versions } = context
  const steering = readSteering(context)
  const view = readView(context, steering)
  const restart = planRestart(context)
  const decision = decide(context, view, steering)
  if (decision.invalid !== undefined) {
    const { path, detail } = decision.invalid
    return { violation: invalid(path, rollout.metadata.name, detail) }
  }
  // What was just evicted is still counted as available; everything else is decided when the counts are right again.
  if (restart.intents.length > 0)
    return {
      progress: steering,
      promoted: false,
      restartedAt: restart.restartedAt,
      intents: restart.intents,
      wakeAt: restart.wakeAt,
      fields: makeBlueGreenFields(context, view, { ...decision, isCheckpointed: view.isCheckpointed }),
    }
  const { progress, promotion } = decision
  const target = activeTarget(context, view, { aborted: progress.aborted, maySwitch: decision.maySwitch })
  const isSwitching = !progress.aborted && target !== view.activeHash
  const delays = planDelays(context, view, decision)
  const preview = planPreview(context, view)
  return {
    // The switch ends every pause before it.
    progress: isSwitching ? { ...progress, pauses: [], controllerPause: false } : progress,
    promoted: promotion !== undefined,
    restartedAt: restart.restartedAt,
    intents: [
      ...(context.isPaused ? [] : planNewest(context)),
      ...preview,
      ...planMetadata(context),
      ...freeNewest(context, progress),
      ...planCarriers(context, view, progress),
      ...(progress.aborted ? [] : planNewestSize(context, newestSize(context, view, decision.isCheckpointed))),
      ...decision.intents,
      ...planActive(context, view, target),
      ...delays.flatMap(({ intents }) => intents),
      ...planRuns(context, decision),
      ...cleanUpHistory(versions.older, rollout.spec.revisionHistoryLimit),
      ...(promotion === undefined ? [] : [tellPromotion(context, promotion)]),
    ],
    wakeAt: earliest([restart.wakeAt, decision.wakeAt, ...delays.map(({ wakeAt }) => wakeAt)]),
    fields: makeBlueGreenFields(context, view, {
      ...decision,
      active: target,
      ...(preview.length > 0 && { preview: versions.hash }),
    }),
  }
}

/** The template changed: the position starts anew, and nothing else happens in this pass. */
const planStart = (context: RolloutContext): Draft => ({
  progress: startProgress(context),
  promoted: false,
  restartedAt: context.status.restartedAt,
  intents: [],
  fields: makeBlueGreenFields(context, readView(context, startProgress(context))),
})

const planNew = (context: RolloutContext): Draft => ({
  ...planStart(context),
  progress: readSteering(context),
  intents: planNewest(context),
  created: makeReplicaSet(context).metadata.name,
})

/** What to do and to report, or why this strategy can not be run. */
export const planBlueGreen = (context: RolloutContext): Draft | { readonly violation: Violation } => {
  const { blueGreen } = context.rollout.spec.strategy
  const [violation] = blueGreen === undefined ? [] : checkBlueGreenReferences(context, blueGreen)
  if (violation !== undefined) return { violation }
  if (isChanged(context)) return planStart(context)
  return context.versions.current === undefined && !context.isPaused ? planNew(context) : planUnderWay(context)
}
