/** An icon and a tone for each state of anything that is shown; colour is never the only sign. The icons are the command line's. */

export type Tone = 'good' | 'busy' | 'waiting' | 'bad' | 'quiet'

export type Look = { readonly icon: string; readonly tone: Tone }

const LOOKS: { readonly [state: string]: Look } = {
  Healthy: { icon: '✔', tone: 'good' },
  Running: { icon: '◌', tone: 'busy' },
  Successful: { icon: '✔', tone: 'good' },
  Progressing: { icon: '◌', tone: 'busy' },
  Pending: { icon: '◷', tone: 'waiting' },
  Paused: { icon: '॥', tone: 'waiting' },
  Terminating: { icon: '◌', tone: 'quiet' },
  Degraded: { icon: '✖', tone: 'bad' },
  Failed: { icon: '✖', tone: 'bad' },
  CrashLoopBackOff: { icon: '✖', tone: 'bad' },
  ImagePullBackOff: { icon: '✖', tone: 'bad' },
  ErrImagePull: { icon: '✖', tone: 'bad' },
  Error: { icon: '⚠', tone: 'bad' },
  Warning: { icon: '⚠', tone: 'bad' },
  Inconclusive: { icon: '?', tone: 'waiting' },
  ScaledDown: { icon: '•', tone: 'quiet' },
  ContainerCreating: { icon: '◌', tone: 'busy' },
}

export const lookOf = (state: string): Look => LOOKS[state] ?? { icon: '?', tone: 'quiet' }
