/** Steps with what became of each and when, as far as the status and the events tell. Pure. */
import { parseDuration } from '../../api/duration.ts'
import type { CanaryStep, Rollout } from '../../api/rollout.ts'
import { stepsInPercent } from '../../api/traffic-weight.ts'
import { isInProgress } from '../../view/rollout-view.ts'
import { renderStep } from '../../view/steps.ts'
import type { EventLine, Step, StepState } from '../contract.ts'

/** When each step ended, by index: `Rollout step 2/5 completed (...)`, as Argo Rollouts writes it, since the update began. */
const endsOf = (events: readonly EventLine[], startedAt: string | undefined): ReadonlyMap<number, string> => {
  const ends = new Map<number, string>()
  for (const { reason, message, at } of events) {
    const [, ordinal] = /step (\d+)\/\d+ completed/.exec(message) ?? []
    const isNew = startedAt === undefined || at >= startedAt
    // The newest one counts: a retry goes through the steps again.
    if (reason === 'RolloutStepCompleted' && ordinal !== undefined && isNew && !ends.has(Number(ordinal) - 1))
      ends.set(Number(ordinal) - 1, at)
  }
  return ends
}

const stateOf = (index: number, current: number, aborted: boolean): StepState => {
  if (aborted) return 'left-out'
  if (index < current) return 'done'
  return index === current ? 'running' : 'to-come'
}

/** A number is seconds, as in Argo Rollouts. */
const pauseMs = ({ pause }: CanaryStep): number | undefined => {
  if (pause?.duration === undefined) return undefined
  const text = String(pause.duration)
  return /^\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text)
}

const endOfPause = (step: CanaryStep, since: string | undefined): string | undefined => {
  const ms = pauseMs(step)
  const from = Date.parse(since ?? '')
  return ms === undefined || Number.isNaN(from) ? undefined : new Date(from + ms).toISOString().replace('.000Z', 'Z')
}

type Times = Pick<Step, 'startedAt' | 'endedAt' | 'endsAt'>

type Update = {
  readonly startedAt: string | undefined
  /** Of the pause that lasts now. */
  readonly pausedAt: string | undefined
  readonly ends: ReadonlyMap<number, string>
}

const timesOf = (step: CanaryStep, index: number, state: StepState, { startedAt, pausedAt, ends }: Update): Times => {
  if (state !== 'done' && state !== 'running') return {}
  const afterLast = index === 0 ? startedAt : ends.get(index - 1)
  const began = state === 'running' ? (pausedAt ?? afterLast) : afterLast
  const endedAt = state === 'done' ? ends.get(index) : undefined
  const endsAt = state === 'running' ? endOfPause(step, began) : undefined
  return { ...(began && { startedAt: began }), ...(endedAt && { endedAt }), ...(endsAt && { endsAt }) }
}

/** `events`: newest first. */
export const makeSteps = (rollout: Rollout | undefined, events: readonly EventLine[]): readonly Step[] => {
  const steps = stepsInPercent(rollout?.spec.strategy.canary)
  const { currentStepIndex = steps.length, abort, duration, pauseConditions = [] } = rollout?.status ?? {}
  const startedAt = duration?.rolloutStartedAt
  const current = isInProgress({ ...(rollout && { rollout }) }) ? currentStepIndex : steps.length
  const update = { startedAt, pausedAt: pauseConditions[0]?.startTime, ends: endsOf(events, startedAt) }
  let weight = 0
  return steps.map((step, index) => {
    weight = step.setWeight ?? weight
    const state = stateOf(index, current, abort === true)
    const kind = Object.keys(step)[0] ?? 'nothing'
    return { index, text: renderStep(step), kind, state, ...timesOf(step, index, state, update), weight }
  })
}
