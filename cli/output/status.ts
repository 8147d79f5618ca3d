/** One icon and colour for each state of anything that is shown. */
import type { Style } from './style.ts'

export type State =
  | 'Healthy'
  | 'Progressing'
  | 'Paused'
  | 'Degraded'
  | 'ScaledDown'
  | 'Running'
  | 'Pending'
  | 'Successful'
  | 'Failed'
  | 'Error'
  | 'Inconclusive'
  | 'Terminating'
  | 'Unknown'

const LOOKS: { readonly [state in State]: readonly [icon: string, colour: keyof Style] } = {
  Healthy: ['✔', 'good'],
  Running: ['✔', 'good'],
  Successful: ['✔', 'good'],
  Progressing: ['◌', 'busy'],
  Pending: ['◷', 'waiting'],
  Paused: ['॥', 'waiting'],
  Terminating: ['◌', 'dim'],
  Degraded: ['✖', 'bad'],
  Failed: ['✖', 'bad'],
  Error: ['⚠', 'bad'],
  Inconclusive: ['?', 'waiting'],
  Unknown: ['?', 'dim'],
  ScaledDown: ['•', 'dim'],
}

/** `text` where the state has a name of its own, such as `ContainerCreating`. */
export const renderState = (state: State, style: Style, text: string = state): string => {
  const [icon, colour] = LOOKS[state]
  return style[colour](`${icon} ${text}`)
}

export const isState = (text: string): text is State => Object.hasOwn(LOOKS, text)
