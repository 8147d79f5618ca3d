/** Plans a pass over a Rollout to where it has to wait: what one look after another would report is reported at once. Pure. */
import { planUserRollout, type RolloutPlan } from '../../engine/rollout/plan.ts'
import type { RolloutSeen } from '../../engine/rollout/seen.ts'
import { isSame } from '../../engine/same.ts'

type Providers = Parameters<typeof planUserRollout>[2]

export type Planned = {
  /** With the status that the last of the plans went on from. */
  readonly seen: RolloutSeen
  readonly plan: RolloutPlan
}

/** More looks than any Rollout needs; what is left over is for the next pass. */
const MOST_LOOKS = 8

const isOnly = (kinds: ReadonlySet<string>, { intents }: RolloutPlan): boolean => intents.every(({ kind }) => kinds.has(kind))

/** A plan of these changes nothing but the status. */
const TELLS: ReadonlySet<string> = new Set(['event'])

/**
 * What may be done before the status that it follows from is written: each is found done by whoever comes after a crash between the two,
 * and takes no pod away. Sizes are not among them: from the status as it was, other sizes would follow.
 */
const MAY_COME_FIRST: ReadonlySet<string> = new Set(['event', 'createReplicaSet', 'patchRollout'])

/**
 * A new template, a completed step and the pause that follows are each a look of its own to the planner, which reads from the status where
 * it stands. Where a look only reports, the next is made from that report, so that the API server gets one write for all of them. With
 * traffic or a step's plugin each report is written first: others act on it.
 */
export const planThrough = (first: RolloutSeen, now: number, providers: Providers): Planned => {
  let planned: Planned = { seen: first, plan: planUserRollout(first, now, providers) }
  for (let look = 1; look < MOST_LOOKS; look += 1) {
    const { seen, plan } = planned
    const { status } = plan
    const goesOn =
      seen.traffic === undefined && isOnly(TELLS, plan) && status !== undefined && !isSame(status, seen.rollout.status)
    if (!goesOn) return planned
    const after = { ...seen, rollout: { ...seen.rollout, status } }
    const next = planUserRollout(after, now, providers)
    if (!isOnly(MAY_COME_FIRST, next)) return planned
    planned = { seen: after, plan: { ...next, status: next.status ?? status, intents: [...plan.intents, ...next.intents] } }
  }
  return planned
}
