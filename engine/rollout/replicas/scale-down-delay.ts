/** How long ReplicaSets that are not needed any more keep their pods: rules of Argo Rollouts (annotation scale-down-deadline). */
import { parseTime, wholeSecond } from '../../time.ts'
import type { Sized } from './sized.ts'

export const SCALE_DOWN_DEADLINE = 'scale-down-deadline'

const DEFAULT_SECONDS = 30

/** Milliseconds after a promotion; with dynamicStableScale the old version is gone already. */
export const scaleDownDelay = (seconds: number | undefined, dynamic: boolean): number =>
  dynamic ? 0 : (seconds ?? DEFAULT_SECONDS) * 1000

/** Milliseconds after an abort; undefined = the pods stay for good. */
export const abortScaleDownDelay = (seconds: number | undefined): number | undefined =>
  seconds === 0 ? undefined : (seconds ?? DEFAULT_SECONDS) * 1000

/** Text of the annotation. */
export const deadlineAfter = (now: number, delayMs: number): string => wholeSecond(now + delayMs)

export type Delayed = Sized & {
  /** The annotation, where it is set. */
  readonly deadline: string | undefined
}

export type DelayInput = {
  readonly now: number
  /** Newest revision first. */
  readonly sets: readonly Delayed[]
  /** How many may keep pods at once; undefined = all. */
  readonly revisionLimit: number | undefined
  readonly dynamic: boolean
}

export type DelayedSizes = {
  /** Sizes in the order of the sets. */
  readonly sizes: readonly number[]
  /** When the next deadline passes. */
  readonly wakeAt?: number
}

/** Each set keeps its pods until its deadline; without one, beyond the limit, and with dynamicStableScale it goes to 0 at once. */
export const delayedSizes = ({ now, sets, revisionLimit, dynamic }: DelayInput): DelayedSizes => {
  let kept = 0
  const deadlines: number[] = []
  const sizes = sets.map(({ spec, deadline }) => {
    const at = parseTime(deadline)
    if (spec === 0 || at === undefined || dynamic) return 0
    kept += 1
    if (at <= now || kept > (revisionLimit ?? Number.POSITIVE_INFINITY)) return 0
    deadlines.push(at)
    return spec
  })
  return { sizes, ...(deadlines.length > 0 && { wakeAt: Math.min(...deadlines) }) }
}
