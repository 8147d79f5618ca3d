/** What a Rollout reports: the counts that are seen, and where its update stands. Conditions and phase follow from it. */
import type { BlueGreenStrategy, RolloutStatus } from '../../api/rollout.ts'
import { selectorText } from '../status.ts'
import { timestamp } from '../time.ts'
import type { RolloutContext } from './context.ts'
import { hasGrown, hasMoved } from './growth.ts'
import type { RolloutProgress } from './progress.ts'

const readCounts = ({ seen, rollout, versions }: RolloutContext): RolloutStatus => {
  const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas') =>
    seen.replicaSets.reduce((total, { status }) => total + (status?.[field] ?? 0), 0)
  const { generation } = rollout.metadata
  return {
    replicas: sum('replicas'),
    HPAReplicas: sum('replicas'),
    updatedReplicas: versions.current?.status?.replicas ?? 0,
    readyReplicas: sum('readyReplicas'),
    availableReplicas: sum('availableReplicas'),
    selector: selectorText(rollout.spec.selector ?? {}),
    ...(generation !== undefined && { observedGeneration: String(generation) }),
    ...(seen.rollout.spec.workloadRef && seen.workload && { workloadObservedGeneration: String(seen.workload.generation) }),
  }
}

export type Standing = {
  readonly progress: RolloutProgress
  /** The newest version is the stable one from now on. */
  readonly promoted: boolean
  readonly restartedAt: string | undefined
  /** Of the strategy; they stand over the common ones. */
  readonly fields?: RolloutStatus
}

/** Weights and roles of Services outlive a new template and a restart. */
const keptOf = ({ status, routing }: RolloutContext): RolloutStatus['canary'] => {
  const { weights, stablePingPong } = status.canary ?? {}
  return routing === undefined ? {} : { ...(weights && { weights }), ...(stablePingPong && { stablePingPong }) }
}

/** Everything but conditions, phase and message. */
export const makeFields = (context: RolloutContext, { progress, promoted, restartedAt, fields }: Standing): RolloutStatus => {
  const { status, versions, steps, stepHash, now } = context
  const stableRS = promoted ? versions.hash : status.stableRS
  const index = promoted ? steps.length : progress.index
  const isOpen = !promoted && !progress.aborted
  const { canary: own, ...others } = fields ?? {}
  const canary = { ...keptOf(context), ...own }
  return {
    ...readCounts(context),
    currentPodHash: versions.hash,
    ...(stepHash !== '' && { currentStepHash: stepHash }),
    ...(steps.length > 0 && { currentStepIndex: index }),
    ...(stableRS !== undefined && { stableRS }),
    ...(versions.collisionCount !== undefined && { collisionCount: versions.collisionCount }),
    ...(progress.aborted && { abort: true, abortedAt: status.abortedAt ?? timestamp(now) }),
    ...(isOpen && progress.promoteFull && { promoteFull: true }),
    ...(isOpen && progress.pauses.length > 0 && { pauseConditions: progress.pauses }),
    ...(isOpen && progress.controllerPause && { controllerPause: true }),
    ...(restartedAt !== undefined && { restartedAt }),
    ...others,
    ...(Object.keys(canary).length > 0 && { canary }),
  }
}

/** Both Services of a blue-green strategy lead to the newest version; the old one may have pods for a while. */
const isCutOver = ({ previewService }: BlueGreenStrategy, { blueGreen, currentPodHash }: RolloutStatus): boolean =>
  blueGreen?.activeSelector === currentPodHash && (!previewService || blueGreen?.previewSelector === currentPodHash)

/** An old version may keep pods for a while where the traffic does not follow the pods. */
const isByItself = ({ replicas, routing }: RolloutContext, after: RolloutStatus): boolean =>
  routing !== undefined || after.replicas === replicas

const availableOf = ({ routing, versions }: RolloutContext, after: RolloutStatus): number | undefined =>
  routing === undefined ? after.availableReplicas : (versions.current?.status?.availableReplicas ?? 0)

/** All of the newest version, promoted, and nothing else left (RolloutHealthy of Argo Rollouts). */
export const isComplete = (context: RolloutContext, after: RolloutStatus): boolean => {
  const { replicas, steps, rollout } = context
  const { blueGreen } = rollout.spec.strategy
  const isAlone = blueGreen === undefined ? isByItself(context, after) : isCutOver(blueGreen, after)
  return (
    after.stableRS !== undefined &&
    after.stableRS === after.currentPodHash &&
    after.updatedReplicas === replicas &&
    availableOf(context, after) === replicas &&
    isAlone &&
    (after.currentStepIndex ?? steps.length) === steps.length
  )
}

/** Anything by which the clock of the progress deadline starts anew (RolloutProgressing of Argo Rollouts). */
export const hasProgressed = (before: RolloutStatus, after: RolloutStatus): boolean =>
  hasMoved(before, after) || hasGrown(before, after)
