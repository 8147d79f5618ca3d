/** The decision log: what was decided about an update and why, in sentences, from events and verdicts. Pure. */
import type { AnalysisState, Decision, EventLine } from '../contract.ts'

type Teller = (event: EventLine) => Pick<Decision, 'kind' | 'text'> | undefined

const sentence = (text: string): string => {
  const trimmed = text.trim()
  if (trimmed === '') return ''
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`
}

const stepDone: Teller = ({ message }) => {
  const [, ordinal, count, what] = /step (\d+)\/(\d+) completed(?: \((.*)\))?/.exec(message) ?? []
  if (ordinal === undefined) return { kind: 'step', text: sentence(message) }
  return { kind: 'step', text: `Step ${ordinal} of ${count} is done${what ? ` (${what})` : ''}.` }
}

const PAUSES: { readonly [reason: string]: string } = {
  CanaryPauseStep: 'The update stands at a pause of its steps.',
  BlueGreenPause: 'The new version is ready and waits to take over.',
  InconclusiveAnalysisRun: 'The checks cannot tell whether the new version is good; a person decides.',
  InconclusiveExperiment: 'The experiment cannot tell whether the new version is good; a person decides.',
}

const paused: Teller = ({ message }) => {
  const [, reason = ''] = /\((\w+)\)/.exec(message) ?? []
  return { kind: 'wait', text: PAUSES[reason] ?? sentence(message) }
}

const as =
  (kind: Decision['kind'], prefix = ''): Teller =>
  ({ message }) => ({ kind, text: sentence(`${prefix}${message}`) })

/** By the reason of the event; all other events are no decisions. */
const TELLERS: { readonly [reason: string]: Teller } = {
  RolloutUpdated: as('begin'),
  RolloutRetry: as('begin'),
  SkipSteps: as('begin'),
  RolloutStepCompleted: stepDone,
  RolloutPaused: paused,
  RolloutResumed: () => ({ kind: 'step', text: 'The update goes on.' }),
  RolloutAborted: as('bad', 'All traffic goes back to the stable version: '),
  RolloutCompleted: as('end'),
  AnalysisLeftOut: as('check'),
  AnalysisInconclusive: as('wait'),
  AnalysisTemplateMissing: as('bad'),
  RoutersUnavailable: as('bad'),
  RoutersAvailable: as('good'),
  InvalidSpec: as('bad'),
  Unverified: as('bad'),
}

const fromEvents = (events: readonly EventLine[]): readonly Decision[] =>
  events.flatMap(event => {
    const teller = Object.hasOwn(TELLERS, event.reason) ? TELLERS[event.reason] : undefined
    const told = teller?.(event)
    return told === undefined ? [] : [{ at: event.at, ...told }]
  })

const VERDICTS: { readonly [phase: string]: readonly [kind: Decision['kind'], said: string] } = {
  Successful: ['good', 'passed'],
  Failed: ['bad', 'failed'],
  Error: ['bad', 'could not be measured'],
  Inconclusive: ['wait', 'cannot tell'],
}

/** A check that ended, or passed while it goes on: at its last measurement. */
const fromChecks = (analyses: readonly AnalysisState[]): readonly Decision[] =>
  analyses.flatMap(({ checks }) =>
    checks.flatMap(({ name, phase, message, measurements }) => {
      const verdict = VERDICTS[phase]
      const at = measurements.at(-1)?.finishedAt
      if (verdict === undefined || at === undefined) return []
      const [kind, said] = verdict
      return [{ at, kind, text: sentence(`The check ${name} ${said}${message === '' ? '' : `: ${message}`}`) }]
    }),
  )

const MOST = 200

/** Newest first. */
export const makeDecisions = (events: readonly EventLine[], analyses: readonly AnalysisState[]): readonly Decision[] =>
  [...fromEvents(events), ...fromChecks(analyses)].sort((a, b) => b.at.localeCompare(a.at)).slice(0, MOST)
