/** How long versions keep their pods that carry no traffic any more: after a promotion, after an abort, and when superseded. */
import { type JsonPatchOp, pointer } from '../../../api/json-patch.ts'
import type { ReplicaSet } from '../../../api/kubernetes.ts'
import { parseTime } from '../../time.ts'
import { isSettled, type RolloutContext } from '../context.ts'
import type { RolloutIntent } from '../intents.ts'
import { PROVE_AGAIN } from '../names.ts'
import type { RolloutProgress } from '../progress.ts'
import { abortScaleDownDelay, deadlineAfter, SCALE_DOWN_DEADLINE, scaleDownDelay } from '../replicas/scale-down-delay.ts'
import { resize } from '../scale.ts'
import { hashOf, sizedOf } from '../versions.ts'
import { countCarrying } from './services.ts'
import { hasAll } from './sizes.ts'
import { annotationOf, type BlueGreenView, selectedBy } from './view.ts'

export type Delays = { readonly intents: readonly RolloutIntent[]; readonly wakeAt?: number | undefined }

const patched = (set: ReplicaSet, patch: readonly JsonPatchOp[], why: string): readonly RolloutIntent[] =>
  patch.length === 0 ? [] : [{ kind: 'patchReplicaSet', name: set.metadata.name, patch, why }]

/** Both notes at once. `proven`: it was stable until now, so that going back to it needs no proof. */
const putDeadline = (set: ReplicaSet, at: string, proven: boolean): readonly RolloutIntent[] => {
  const notes = { [SCALE_DOWN_DEADLINE]: at, ...(!proven && { [PROVE_AGAIN]: 'true' }) }
  const add = Object.entries(notes).map(([key, value]) => ({
    op: 'add' as const,
    path: pointer('metadata', 'annotations', key),
    value,
  }))
  const whole = [{ op: 'add' as const, path: '/metadata/annotations', value: notes }]
  return patched(set, set.metadata.annotations === undefined ? whole : add, `it keeps its pods until ${at}`)
}

const dropDeadline = (set: ReplicaSet): readonly RolloutIntent[] => {
  const keys = [SCALE_DOWN_DEADLINE, PROVE_AGAIN].filter(key => annotationOf(set, key) !== undefined)
  const patch = keys.map(key => ({ op: 'remove' as const, path: pointer('metadata', 'annotations', key) }))
  return patched(set, patch, 'no time to end its pods is set any more')
}

const end = (set: ReplicaSet, why: string): readonly RolloutIntent[] => [...resize(set, 0, why), ...dropDeadline(set)]

/** The stable version gets a deadline in the same pass in which it is no longer the stable one: only then is it known that it was. */
export const delayFormerStable = ({ versions, now }: RolloutContext, { strategy }: BlueGreenView): readonly RolloutIntent[] => {
  const { stable, current } = versions
  if (stable === undefined || stable === current || sizedOf(stable).spec === 0) return []
  if (annotationOf(stable, SCALE_DOWN_DEADLINE) !== undefined) return []
  return putDeadline(stable, deadlineAfter(now, scaleDownDelay(strategy.scaleDownDelaySeconds, false)), true)
}

/** A delay that the user wrote runs from the switch on, whatever the analysis after it still does. */
const delayStable = (context: RolloutContext, view: BlueGreenView, hasMoved: boolean): Delays => {
  const { stable } = context.versions
  if (stable === undefined || !hasMoved || sizedOf(stable).spec === 0) return { intents: [] }
  const at = parseTime(annotationOf(stable, SCALE_DOWN_DEADLINE))
  if (at === undefined) return { intents: delayFormerStable(context, view) }
  return at <= context.now ? { intents: end(stable, 'its scaleDownDelaySeconds are over') } : { intents: [], wakeAt: at }
}

/** Of the stable version in flight. `hasMoved`: none of its pods gets traffic by the active Service any more. */
export const planStableDelay = (
  context: RolloutContext,
  view: BlueGreenView,
  { aborted }: RolloutProgress,
  hasMoved: boolean,
): Delays => {
  const { stable, current } = context.versions
  if (stable === undefined || stable === current) return { intents: [] }
  const isExplicit = view.isSwitched && !aborted && view.strategy.scaleDownDelaySeconds !== undefined
  return isExplicit ? delayStable(context, view, hasMoved) : { intents: dropDeadline(stable) }
}

/** The newest version has no deadline once it is the stable one, or when it has to prove itself (again). */
export const freeNewest = (context: RolloutContext, { aborted, retried }: RolloutProgress): readonly RolloutIntent[] => {
  const { current } = context.versions
  if (current === undefined || aborted) return []
  return isSettled(context) || retried || annotationOf(current, PROVE_AGAIN) !== undefined ? dropDeadline(current) : []
}

/** After an abort: the newest version loses its pods some time after the stable one has all of the traffic again, or keeps them for good. */
export const planAborted = (context: RolloutContext, view: BlueGreenView, hasMoved: boolean): Delays => {
  const { current, stable } = context.versions
  const delay = abortScaleDownDelay(view.strategy.abortScaleDownDelaySeconds)
  if (current === undefined || sizedOf(current).spec === 0 || delay === undefined) return { intents: [] }
  const at = parseTime(annotationOf(current, SCALE_DOWN_DEADLINE))
  if (at !== undefined && annotationOf(current, PROVE_AGAIN) !== undefined)
    return at <= context.now ? { intents: end(current, 'its abortScaleDownDelaySeconds are over') } : { intents: [], wakeAt: at }
  return hasMoved && hasAll(stable, context.replicas)
    ? { intents: putDeadline(current, deadlineAfter(context.now, delay), false) }
    : { intents: [] }
}

type Older = { readonly kept: number; readonly intents: readonly RolloutIntent[]; readonly times: readonly number[] }

/** One of the older versions, with how many newer ones keep their pods already. */
const planOlder = (
  context: RolloutContext,
  { strategy }: BlueGreenView,
  { kept, intents, times }: Older,
  set: ReplicaSet,
): Older => {
  const limit = strategy.scaleDownDelayRevisionLimit ?? Number.POSITIVE_INFINITY
  const text = annotationOf(set, SCALE_DOWN_DEADLINE)
  const at = parseTime(text)
  const gone = (why: string) => ({ kept, intents: [...intents, ...end(set, why)], times })
  if (sizedOf(set).spec === 0) return { kept, intents: text === undefined ? intents : [...intents, ...dropDeadline(set)], times }
  if (kept >= limit) return gone('more versions keep their pods than scaleDownDelayRevisionLimit')
  if (at === undefined) {
    const until = deadlineAfter(context.now, scaleDownDelay(strategy.scaleDownDelaySeconds, false))
    return { kept: kept + 1, intents: [...intents, ...putDeadline(set, until, false)], times: [...times, parseTime(until) ?? 0] }
  }
  if (at <= context.now) return gone('its scaleDownDelaySeconds are over')
  return {
    kept: kept + 1,
    intents: [...intents, ...resize(set, context.replicas, 'it keeps its pods for a while')],
    times: [...times, at],
  }
}

/** Versions that are neither the newest nor the stable one: each keeps its pods until its deadline, but none ends that a Service leads to. */
export const planOlderDelays = (context: RolloutContext, view: BlueGreenView, progress: RolloutProgress): Delays => {
  if (progress.pauses.some(({ reason }) => reason === 'InconclusiveAnalysisRun')) return { intents: [] }
  const led = [view.activeHash, selectedBy(view.preview)]
  const { intents, times } = context.versions.older
    .filter(set => !led.includes(hashOf(set)) && countCarrying(context, set) === 0)
    .reduce((sum: Older, set) => planOlder(context, view, sum, set), { kept: 0, intents: [], times: [] })
  return { intents, wakeAt: times.length > 0 ? Math.min(...times) : undefined }
}
