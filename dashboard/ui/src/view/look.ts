/** A sign and a tone for each state of anything that is shown; colour is never the only sign. */

export type Tone = 'good' | 'busy' | 'waiting' | 'bad' | 'quiet'

export type Sign =
  | 'check'
  | 'cross'
  | 'turning'
  | 'pause'
  | 'clock'
  | 'warning'
  | 'question'
  | 'dot'
  | 'ring'
  | 'dash'
  | 'arrow'
  | 'begin'

export type Look = { readonly sign: Sign; readonly tone: Tone }

const LOOKS: { readonly [state: string]: Look } = {
  Healthy: { sign: 'check', tone: 'good' },
  Successful: { sign: 'check', tone: 'good' },
  Running: { sign: 'turning', tone: 'busy' },
  Progressing: { sign: 'turning', tone: 'busy' },
  ContainerCreating: { sign: 'turning', tone: 'busy' },
  Pending: { sign: 'clock', tone: 'waiting' },
  Paused: { sign: 'pause', tone: 'waiting' },
  Inconclusive: { sign: 'question', tone: 'waiting' },
  Terminating: { sign: 'turning', tone: 'quiet' },
  ScaledDown: { sign: 'dot', tone: 'quiet' },
  Degraded: { sign: 'cross', tone: 'bad' },
  Failed: { sign: 'cross', tone: 'bad' },
  CrashLoopBackOff: { sign: 'cross', tone: 'bad' },
  ImagePullBackOff: { sign: 'cross', tone: 'bad' },
  ErrImagePull: { sign: 'cross', tone: 'bad' },
  Error: { sign: 'warning', tone: 'bad' },
  Warning: { sign: 'warning', tone: 'bad' },
}

/** A state that is not known is a question. */
export const lookOf = (state: string): Look => LOOKS[state] ?? { sign: 'question', tone: 'quiet' }
