/** What the load client saw, added up: pure. */
import type { Answer } from './load-client.ts'

export type Totals = {
  readonly requests: number
  /** Answers by the app's version. */
  readonly byVersion: { readonly [version: string]: { readonly answers: number; readonly bad: number } }
  /** Requests that the app never got to answer: refused, cut off, timed out, or answered by a router itself. */
  readonly dropped: readonly Answer[]
}

export const isBad = (answer: Answer): boolean => answer.version !== undefined && answer.status >= 500

export const isDropped = (answer: Answer): boolean => answer.version === undefined

/** Adds up any answers. */
export const total = (answers: readonly Answer[]): Totals => {
  const byVersion: Record<string, { answers: number; bad: number }> = {}
  for (const answer of answers) {
    if (answer.version === undefined) continue
    const entry = byVersion[answer.version] ?? { answers: 0, bad: 0 }
    byVersion[answer.version] = entry
    entry.answers += 1
    if (isBad(answer)) entry.bad += 1
  }
  return { requests: answers.length, byVersion, dropped: answers.filter(isDropped) }
}

/** A stretch of time in which the weight of the canary did not change. */
export type Hold = { readonly from: number; readonly to: number; readonly weight: number; readonly canary: string }

/**
 * True when in each hold the canary answered exactly its weight of the requests. Every router counts for itself and is exact to one
 * request; at both ends of the hold one more a router may be under way.
 */
export const isExactSplit = (answers: readonly Answer[], holds: readonly Hold[], routers: number): boolean =>
  holds.length > 0 &&
  holds.every(hold => {
    const inside = answers.filter(answer => answer.at >= hold.from && answer.at < hold.to && answer.version !== undefined)
    const canary = inside.filter(answer => answer.version === hold.canary).length
    return inside.length > 0 && Math.abs(canary - (inside.length * hold.weight) / 100) <= 2 * routers
  })

/** Seconds from the first bad answer of `version` until its last answer of any kind; undefined when there was no bad one. */
export const secondsToRollBack = (answers: readonly Answer[], version: string): number | undefined => {
  const ofVersion = answers.filter(answer => answer.version === version)
  const firstBad = ofVersion.find(isBad)
  const last = ofVersion.at(-1)
  return firstBad === undefined || last === undefined ? undefined : Math.round((last.at - firstBad.at) / 100) / 10
}
