import { formatDuration, parseDuration } from '../../api/duration.ts'
import { clock, parseTime, timestamp } from '../time.ts'
import type { StepInput, StepResult, StepRunner } from './step.ts'

/** Milliseconds; undefined = until a person promotes; NaN = not a duration. A bare number, also as text, is seconds. */
const lengthOf = (duration: number | string | undefined): number | undefined => {
  if (duration === undefined) return undefined
  if (typeof duration === 'number') return duration * 1000
  return /^\d+$/.test(duration) ? Number(duration) * 1000 : (parseDuration(duration) ?? Number.NaN)
}

const describe: StepRunner['describe'] = ({ pause: wish }) => {
  const length = lengthOf(wish?.duration)
  if (length === undefined) return 'pause'
  return `pause ${typeof wish?.duration === 'string' && !/^\d+$/.test(wish.duration) ? wish.duration : formatDuration(length)}`
}

const waitUntil = ({ label }: StepInput, start: number, length: number | undefined): Extract<StepResult, { kind: 'waiting' }> => {
  const end = length === undefined ? undefined : start + length
  const ends = end === undefined ? 'ends when promoted' : `ends at ${clock(end)}, or when promoted`
  return {
    kind: 'waiting',
    waiting: { reason: 'Pause', what: label, since: start, ends, ...(end !== undefined && { until: end }) },
  }
}

const run = (input: StepInput): StepResult => {
  const { progress, now, step } = input
  const length = lengthOf(step.pause?.duration)
  const paused = progress.pauses.find(({ reason }) => reason === 'CanaryPauseStep')
  const rest = progress.pauses.filter(({ reason }) => reason !== 'CanaryPauseStep')
  if (paused === undefined) {
    // The controller paused, and a person took the pause away: that is how promotion is asked for.
    if (progress.controllerPause && rest.length === 0) return { kind: 'done', progress: { controllerPause: false } }
    const pauses = [...rest, { reason: 'CanaryPauseStep' as const, startTime: timestamp(now) }]
    return { ...waitUntil(input, now, length), progress: { pauses, controllerPause: true } }
  }
  const start = parseTime(paused.startTime) ?? now
  if (length !== undefined && now >= start + length) return { kind: 'done', progress: { pauses: rest, controllerPause: false } }
  return waitUntil(input, start, length)
}

export const pause: StepRunner = {
  describe,
  check: ({ pause: wish }) => {
    const length = lengthOf(wish?.duration)
    return length === undefined || length >= 0
      ? undefined
      : `pause ${JSON.stringify(wish?.duration)} must be seconds or a duration in h, m, s or ms, e.g. 30 or "1h30m"`
  },
  desire: (_, before) => before,
  run,
}
