import { parseDuration } from '../../api/duration.ts'

/** Seconds of a pause, as Argo Rollouts counts them: undefined = until a person goes on, -1 = not a duration. */
export const pauseSeconds = (duration: number | string | undefined): number | undefined => {
  if (duration === undefined || typeof duration === 'number') return duration
  if (/^-?\d+$/.test(duration)) return Number(duration)
  const ms = parseDuration(duration)
  return ms === undefined ? -1 : Math.trunc(ms / 1000)
}
