/** Which report of a Rollout can wait for what comes next: counts of pods change several times on the way to a size, and each write of them is a write. */
import type { Rollout, RolloutStatus } from '../../api/rollout.ts'
import type { RolloutIntent } from '../../engine/rollout/intents.ts'
import { isSame } from '../../engine/same.ts'

/** The longest that counts are reported late. An autoscaler, which reads them, looks every 15 s. */
const HOLD_MS = 1000

const COUNTS: ReadonlySet<string> = new Set([
  'replicas',
  'HPAReplicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'conditions',
])

type Conditions = NonNullable<RolloutStatus['conditions']>

/** Each with its truth, in any order: reasons and messages of a truth that stays are details. */
const truths = (conditions: Conditions = []): readonly string[] =>
  conditions.map(({ type, status }) => `${type}=${status}`).sort()

/** All that differs is how many pods there are and how the conditions say so. */
export const differsInCounts = (before: RolloutStatus, after: RolloutStatus): boolean =>
  isSame(truths(before.conditions), truths(after.conditions)) &&
  Object.entries({ ...before, ...after }).every(
    ([field]) => COUNTS.has(field) || isSame(Reflect.get(before, field), Reflect.get(after, field)),
  )

/** Sizes and what is told of them; everything else that is done or told goes with a report. */
const isSizing = (intent: RolloutIntent): boolean =>
  intent.kind === 'scale' || (intent.kind === 'event' && intent.reason === 'ScalingReplicaSet')

export type Report = {
  readonly rollout: Rollout
  /** Undefined: nothing is to be reported. */
  readonly status: RolloutStatus | undefined
  readonly intents: readonly RolloutIntent[]
}

/** Answers for how many milliseconds a report waits; 0 when it is to be written now. Remembers since when by uid. */
export const makeHold = (now: () => number): ((report: Report) => number) => {
  const since = new Map<string, number>()
  return ({ rollout: { metadata, status: before = {} }, status, intents }) => {
    const { uid = '' } = metadata
    const began = since.get(uid) ?? now()
    const isHeld = status !== undefined && !isSame(before, status) && intents.every(isSizing) && differsInCounts(before, status)
    const left = isHeld ? began + HOLD_MS - now() : 0
    if (left > 0) since.set(uid, began)
    else since.delete(uid)
    return Math.max(0, left)
  }
}
