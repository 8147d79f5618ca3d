/** How long updates took, by how they ended, under Argo Rollouts' names; read off status.duration as it changes. */
import { Histogram, type Registry } from 'prom-client'
import type { Rollout, RolloutStatus } from '../../api/rollout.ts'
import type { Informer } from '../../kube/informer.ts'

type Duration = NonNullable<RolloutStatus['duration']>

/** Argo Rollouts' range, in seconds. */
const WHOLE = [30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800]
const MOVING = [30, 60, 120, 300, 600, 1200, 1800, 3600]
const PAUSED = [0, ...WHOLE]

export type Ended = {
  readonly status: string
  readonly seconds: number
  /** Of these, how long it waited for a person. */
  readonly pausedSeconds: number
}

const timeOf = (text: string | undefined): number => (text === undefined ? Number.NaN : Date.parse(text) / 1000)

/** `finishedAt`: where the status does not say, when the next update began. */
const ended = (duration: Duration, status: string, finishedAt: string | undefined): Ended | undefined => {
  const { rolloutStartedAt, manualPauseStartedAt, totalManualPauseDurationSeconds: total = 0 } = duration
  const end = timeOf(finishedAt)
  const seconds = end - timeOf(rolloutStartedAt)
  const open = manualPauseStartedAt === undefined ? 0 : Math.max(0, end - timeOf(manualPauseStartedAt))
  return seconds >= 0 ? { status, seconds, pausedSeconds: Math.min(seconds, total + open) } : undefined
}

/** The update that ended between two looks; undefined where none did. */
export const endedBetween = (before: Duration | undefined, after: Duration | undefined): Ended | undefined => {
  if (before === undefined || after === undefined || before.finishedAt !== undefined) return undefined
  if (before.rolloutStartedAt !== after.rolloutStartedAt) return ended(before, 'Superseded', after.rolloutStartedAt)
  return after.finishedAt === undefined ? undefined : ended(after, after.completionStatus ?? '', after.finishedAt)
}

type Options = {
  readonly rollouts: Pick<Informer<Rollout>, 'onChange'>
  readonly isOurs: (rollout: Rollout) => boolean
  readonly isLeading: () => boolean
}

export const observeDurations = (registry: Registry, { rollouts, isOurs, isLeading }: Options): void => {
  const common = { labelNames: ['status'] as const, registers: [registry] }
  const whole = new Histogram({
    name: 'rollout_duration_seconds',
    help: 'Seconds that updates of Rollouts took, by how they ended.',
    buckets: WHOLE,
    ...common,
  })
  const moving = new Histogram({
    name: 'rollout_progression_duration_seconds',
    help: 'The same without the time in which they waited for a person.',
    buckets: MOVING,
    ...common,
  })
  const paused = new Histogram({
    name: 'rollout_manual_pause_duration_seconds',
    help: 'Seconds of an update in which it waited for a person.',
    buckets: PAUSED,
    ...common,
  })
  rollouts.onChange((_, rollout, before) => {
    if (rollout === undefined || before === undefined || !isOurs(rollout) || !isLeading()) return
    const found = endedBetween(before.status?.duration, rollout.status?.duration)
    if (found === undefined) return
    const labels = { status: found.status }
    whole.observe(labels, found.seconds)
    moving.observe(labels, found.seconds - found.pausedSeconds)
    paused.observe(labels, found.pausedSeconds)
  })
}
