/** How far a blue-green update has come in this look: what it waits for, whether it may be switched, whether it is promoted. */
import type { AnalysisRunPointer } from '../../../api/rollout.ts'
import { pointerNow } from '../analysis/follow.ts'
import { isSettled, type RolloutContext } from '../context.ts'
import type { RolloutIntent } from '../intents.ts'
import type { RolloutProgress } from '../progress.ts'
import { isRollbackWithinWindow } from '../versions.ts'
import { analysisGate, type Gate, pauseGate } from './gates.ts'
import { isCarriedBy } from './services.ts'
import { hasAll, newestSize } from './sizes.ts'
import type { BlueGreenView } from './view.ts'

export type Decision = {
  readonly progress: RolloutProgress
  readonly intents: readonly RolloutIntent[]
  readonly maySwitch: boolean
  readonly isCheckpointed: boolean
  /** Why the newest version is the stable one from now on. */
  readonly promotion?: string | undefined
  readonly before?: AnalysisRunPointer | undefined
  readonly after?: AnalysisRunPointer | undefined
  /** Names of runs that go on. */
  readonly kept: readonly (string | undefined)[]
  /** What is wrong with an analysis that would have to be run now, and where it stands. */
  readonly invalid?: { readonly path: string; readonly detail: string } | undefined
  readonly wakeAt?: number | undefined
}

type Pointers = { readonly pre: AnalysisRunPointer | undefined; readonly post: AnalysisRunPointer | undefined }

/** A retry starts anew, also with its analyses. */
const readPointers = ({ status }: RolloutContext, { retried }: RolloutProgress): Pointers => ({
  pre: retried ? undefined : status.blueGreen?.prePromotionAnalysisRunStatus,
  post: retried ? undefined : status.blueGreen?.postPromotionAnalysisRunStatus,
})

const reasonOf = ({ versions, rollout }: RolloutContext, { isWarm }: BlueGreenView, { promoteFull }: RolloutProgress): string => {
  if (versions.stable === undefined) return 'Initial deploy'
  if (promoteFull) return 'Full promotion requested'
  if (isRollbackWithinWindow(rollout, versions)) return 'Rollback within window'
  return isWarm ? 'Fast rollback' : 'Completed blue-green update'
}

const invalidOf = (type: string, { invalid }: Gate): Decision['invalid'] =>
  invalid === undefined ? undefined : { path: `spec.strategy.blueGreen.${type}`, detail: invalid }

/** The active Service leads to it: its endpoints have to follow, then it is judged once more. */
const decideAfterSwitch = (
  context: RolloutContext,
  view: BlueGreenView,
  read: RolloutProgress,
  { pre, post }: Pointers,
): Decision => {
  // Before the analysis after the switch has begun, every pause is one from before the switch.
  const progress = post === undefined ? { ...read, pauses: [], controllerPause: false } : read
  const isVerified = isCarriedBy(context, context.versions.current)
  const gate = analysisGate(context, progress, {
    type: 'PostPromotion',
    analysis: view.strategy.postPromotionAnalysis,
    before: post,
    isSkipped: view.isFast,
    isDue: isVerified,
  })
  const isOpen = gate.isOpen && isVerified && (context.versions.stable === undefined || !isSettled(context))
  return {
    progress: gate.progress,
    intents: gate.intents,
    maySwitch: false,
    isCheckpointed: view.isCheckpointed,
    ...(isOpen && { promotion: reasonOf(context, view, read) }),
    before: pointerNow(context, pre),
    after: gate.pointer,
    kept: [gate.kept],
    invalid: invalidOf('postPromotionAnalysis', gate),
  }
}

const decideBeforeSwitch = (context: RolloutContext, view: BlueGreenView, read: RolloutProgress, { pre }: Pointers): Decision => {
  const isReady = hasAll(context.versions.current, newestSize(context, view, view.isCheckpointed))
  const gate = analysisGate(context, read, {
    type: 'PrePromotion',
    analysis: view.strategy.prePromotionAnalysis,
    before: pre,
    isSkipped: view.isFast,
    isDue: isReady,
  })
  const isAtPause = gate.isOpen && !view.isFast && (isReady || gate.progress.controllerPause)
  const pause = isAtPause ? pauseGate(context, view, gate.progress) : { ...gate, isOpen: gate.isOpen && view.isFast }
  return {
    // What is wanted at once needs no pause that is left over.
    progress: view.isFast ? { ...pause.progress, pauses: [], controllerPause: false } : pause.progress,
    intents: gate.intents,
    maySwitch: pause.isOpen,
    isCheckpointed: view.isCheckpointed || (pause.isOpen && view.strategy.previewReplicaCount !== undefined),
    before: gate.pointer,
    kept: [gate.kept],
    invalid: invalidOf('prePromotionAnalysis', gate),
    wakeAt: pause.wakeAt,
  }
}

export const decide = (context: RolloutContext, view: BlueGreenView, read: RolloutProgress): Decision => {
  const pointers = readPointers(context, read)
  if (!read.aborted && !context.isPaused && context.versions.current !== undefined)
    return view.isSwitched ? decideAfterSwitch(context, view, read, pointers) : decideBeforeSwitch(context, view, read, pointers)
  const [before, after] = [pointerNow(context, pointers.pre), pointerNow(context, pointers.post)]
  return {
    progress: read,
    intents: [],
    maySwitch: false,
    isCheckpointed: view.isCheckpointed,
    before,
    after,
    kept: read.aborted ? [] : [before?.name, after?.name],
  }
}
