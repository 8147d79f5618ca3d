/** How long each step took, takes, or still has to go. */
import type { Step } from '../../../contract.ts'
import { span } from './format.ts'
import type { Sign } from './look.ts'

export type StepTime = {
  readonly text: string
  /** Share of 1 that is over, of a step that ends by itself. */
  readonly done?: number
}

export const timeOfStep = ({ state, startedAt, endedAt, endsAt }: Step, now: number): StepTime => {
  if (startedAt === undefined) return { text: '' }
  const start = Date.parse(startedAt)
  if (endedAt !== undefined) return { text: `took ${span(Date.parse(endedAt) - start)}` }
  if (state !== 'running') return { text: '' }
  if (endsAt === undefined) return { text: `for ${span(now - start)}` }
  const end = Date.parse(endsAt)
  const done = end <= start ? 1 : Math.min(1, Math.max(0, (now - start) / (end - start)))
  return { text: now >= end ? 'ends now' : `${span(end - now)} to go`, done }
}

export const STEP_LOOKS: { readonly [state in Step['state']]: { readonly sign: Sign; readonly word: string } } = {
  done: { sign: 'check', word: 'done' },
  running: { sign: 'turning', word: 'running' },
  'to-come': { sign: 'ring', word: 'to come' },
  'left-out': { sign: 'dash', word: 'left out' },
}

/** The stages of a blue-green update. */
const BLUE_GREEN: { readonly [text: string]: string } = {
  pods: 'of the new version, behind the preview Service',
  'analysis before': 'must pass before the switch',
  switch: 'all traffic to the new version at once',
  'analysis after': 'takes the traffic back when it fails',
}

/** What a step does, for people who have not learnt the short forms. */
export const explainStep = ({ kind, text, weight }: Step): string => {
  if (kind === 'setWeight') return weight === 100 ? 'all traffic to the canary' : `${weight} % of the traffic to the canary`
  if (kind === 'pause') return text === 'pause' ? 'wait for a person' : `wait ${text}`
  const blueGreen = Object.hasOwn(BLUE_GREEN, text) ? BLUE_GREEN[text] : undefined
  if (kind.startsWith('blueGreen') && blueGreen !== undefined) return blueGreen
  if (kind === 'analysis') return 'run a check to its end'
  if (kind === 'experiment') return 'run an experiment to its end'
  if (kind === 'setCanaryScale') return 'pods of the canary apart from its traffic'
  if (kind === 'setHeaderRoute') return 'requests with a header to the canary'
  return kind === 'setMirrorRoute' ? 'copies of requests to the canary' : ''
}
