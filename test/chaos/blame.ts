/** Who lost a request: the process that was killed with it under way, or Sluice. Pure. */
import type { Answer } from '../../demo/load-client.ts'
import { isDropped } from '../../demo/tally.ts'

export type Victim = 'controller' | 'webhook' | 'router' | 'pod' | 'watches'
export type Kill = { readonly at: number; readonly victim: Victim; readonly name: string }

export type Blame = {
  readonly droppedBySluice: readonly Answer[]
  readonly lostInKilledRouters: readonly Answer[]
  readonly lostInKilledPods: readonly Answer[]
}

/** How long after a kill the end of what was under way in the victim can still be told to the client. */
const WITH_THE_VICTIM_MS = 1000

/** A router that answers for itself was not killed with the request in it. */
const isAnswered = (answer: Answer): boolean => answer.status !== 0

const cameWith = (answer: Answer, kills: readonly Kill[], victim: Victim): boolean =>
  kills.some(kill => {
    const began = answer.at - answer.milliseconds
    // Under way when the victim died: it began before and ended (badly) after, within the time that telling takes.
    return (
      kill.victim === victim &&
      began <= kill.at + WITH_THE_VICTIM_MS &&
      answer.at >= kill.at &&
      answer.at <= kill.at + WITH_THE_VICTIM_MS
    )
  })

/** Splits the requests that the app did not answer. A killed router cuts connections; a killed pod shows as a router's 502. */
export const blame = (answers: readonly Answer[], kills: readonly Kill[]): Blame => {
  const dropped = answers.filter(isDropped)
  const inRouters = dropped.filter(answer => !isAnswered(answer) && cameWith(answer, kills, 'router'))
  const inPods = dropped.filter(answer => !inRouters.includes(answer) && cameWith(answer, kills, 'pod'))
  return {
    lostInKilledRouters: inRouters,
    lostInKilledPods: inPods,
    droppedBySluice: dropped.filter(answer => !inRouters.includes(answer) && !inPods.includes(answer)),
  }
}
