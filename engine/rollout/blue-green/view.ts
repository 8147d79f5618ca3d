/** What a blue-green update is decided from: where both Services lead, and how far the newest version may be trusted. */
import type { ReplicaSet, Service } from '../../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../../api/names.ts'
import type { BlueGreenStrategy } from '../../../api/rollout.ts'
import { isSettled, type RolloutContext } from '../context.ts'
import { PROVE_AGAIN } from '../names.ts'
import { FRESH, type RolloutProgress } from '../progress.ts'
import { SCALE_DOWN_DEADLINE } from '../replicas/scale-down-delay.ts'
import { hashOf, isRollbackWithinWindow, sizedOf } from '../versions.ts'

export type BlueGreenView = {
  readonly strategy: BlueGreenStrategy
  readonly active: Service | undefined
  readonly preview: Service | undefined
  /** Hash that the active Service selects; undefined before it was ever pointed at a version. */
  readonly activeHash: string | undefined
  /** The ReplicaSet of that hash. */
  readonly activeSet: ReplicaSet | undefined
  /** The active Service leads to the newest version. */
  readonly isSwitched: boolean
  /** There is nothing to prove: no analysis and no pause. */
  readonly isFast: boolean
  /** It was stable a moment ago and has kept its pods since. */
  readonly isWarm: boolean
  /** The newest version has grown beyond previewReplicaCount, or may. */
  readonly isCheckpointed: boolean
}

export const annotationOf = (set: ReplicaSet | undefined, key: string): string | undefined => set?.metadata.annotations?.[key]

export const selectedBy = (service: Service | undefined): string | undefined =>
  service?.spec.selector?.[ROLLOUTS_POD_TEMPLATE_HASH]

/** Where the update stands, as the status says and as people steered it. An abort wins over a promotion. */
export const readSteering = (context: RolloutContext): RolloutProgress => {
  const { status, rollout, versions } = context
  if (isSettled(context)) return { ...FRESH, index: 0 }
  if (status.abort === true) return { ...FRESH, index: 0, aborted: true }
  const promoteFull = status.promoteFull === true
  const retried = status.abortedAt !== undefined
  if (promoteFull || isRollbackWithinWindow(rollout, versions)) return { ...FRESH, index: 0, promoteFull, retried }
  if (retried) return { ...FRESH, index: 0, retried }
  const { pauseConditions: pauses = [], controllerPause = false } = status
  return { ...FRESH, index: 0, pauses, controllerPause }
}

/** One that was aborted, or superseded before it was ever stable, keeps pods too, but has proved nothing by that. */
const isStillWarm = (set: ReplicaSet | undefined, { retried }: RolloutProgress): boolean =>
  set !== undefined &&
  !retried &&
  annotationOf(set, SCALE_DOWN_DEADLINE) !== undefined &&
  annotationOf(set, PROVE_AGAIN) === undefined &&
  sizedOf(set).spec > 0

export const readView = (context: RolloutContext, steering: RolloutProgress): BlueGreenView => {
  const { seen, rollout, status, versions } = context
  const strategy = rollout.spec.strategy.blueGreen ?? { activeService: '' }
  const named = (name: string | undefined) => seen.services.find(({ metadata }) => metadata.name === name)
  const active = named(strategy.activeService)
  const activeHash = selectedBy(active)
  const sets = [versions.current, versions.stable, ...versions.older].filter(set => set !== undefined)
  const isWarm = isStillWarm(versions.current, steering)
  const isFree = steering.promoteFull || isRollbackWithinWindow(rollout, versions) || isSettled(context)
  return {
    strategy,
    active,
    preview: named(strategy.previewService),
    activeHash,
    activeSet: sets.find(set => hashOf(set) === activeHash),
    isSwitched: versions.current !== undefined && activeHash === versions.hash,
    isFast: isFree || isWarm || activeHash === undefined,
    isWarm,
    isCheckpointed: status.blueGreen?.scaleUpPreviewCheckPoint === true && !steering.retried,
  }
}
