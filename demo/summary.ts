/** What the demonstration came to. Pure. */
import type { Answer } from './load-client.ts'
import type { Ending } from './story.ts'
import { isBad, isExactSplit, secondsToRollBack, total } from './tally.ts'

export type Summary = {
  /** `promoted`, or what happened instead. */
  readonly good: string
  /** `rolled back`, or what happened instead. */
  readonly bad: string
  readonly requests: number
  readonly badAnswersSeen: number
  readonly droppedBySluice: number
  /** From the first bad answer that a user got to the last answer of the bad version; -1 when there was none. */
  readonly secondsToRollBack: number
  /** The canary's share was exactly its weight at every pause. */
  readonly exactSplit: boolean
}

export type Outcome = {
  readonly answers: readonly Answer[]
  readonly good: Ending
  readonly bad: Ending
  readonly routers: number
}

export const summarise = ({ answers, good, bad, routers }: Outcome): Summary => {
  const { requests, dropped } = total(answers)
  return {
    good: good.phase,
    bad: bad.phase,
    requests,
    badAnswersSeen: answers.filter(isBad).length,
    droppedBySluice: dropped.length,
    secondsToRollBack: secondsToRollBack(answers, 'v3') ?? -1,
    exactSplit: isExactSplit(answers, good.holds, routers),
  }
}

/** True when a user would call it right: the good version promoted, the bad one found and gone, nobody's request lost. */
export const isCorrect = (summary: Summary): boolean =>
  summary.good === 'promoted' &&
  summary.bad === 'rolled back' &&
  summary.droppedBySluice === 0 &&
  summary.badAnswersSeen > 0 &&
  summary.secondsToRollBack >= 0 &&
  summary.exactSplit

/** The summary for people. */
export const renderSummary = (answers: readonly Answer[], summary: Summary): readonly string[] => {
  const { byVersion, dropped } = total(answers)
  const reasons = new Map<string, number>()
  for (const { error = 'unknown' } of dropped) reasons.set(error, (reasons.get(error) ?? 0) + 1)
  return [
    '',
    `${summary.requests} requests`,
    ...Object.entries(byVersion).map(
      ([version, { answers: count, bad }]) => `  ${version}: ${count} answers, ${bad} of them bad`,
    ),
    `  dropped by Sluice: ${summary.droppedBySluice}`,
    ...[...reasons].map(([reason, count]) => `    ${count} x ${reason}`),
    `from the first bad answer to the last answer of the bad version: ${summary.secondsToRollBack} s`,
    `the canary got exactly its weight at every pause: ${summary.exactSplit ? 'yes' : 'no'}`,
  ]
}
