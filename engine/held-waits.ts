/** What a held Deployment waits for. */
import type { Context } from './context.ts'
import { EVERYTHING_DESIRED } from './desired.ts'
import { drainingWaits } from './draining.ts'
import { type Goal, isReturn, othersOf, stableOf } from './goal.ts'
import { missingOf } from './missing.ts'
import type { Modes } from './modes.ts'
import type { Progress } from './progress.ts'
import { routersGoneWait } from './routers-gone.ts'
import type { Situation } from './situation.ts'
import { isInProxy } from './split.ts'
import { labelOf } from './steps/index.ts'
import type { Waiting } from './waiting.ts'
import type { Walk } from './walk.ts'

const stopping = ({ context }: Situation, goal: Goal): readonly Waiting[] => {
  const stable = stableOf(context)
  const others = othersOf(context)
  const names = others.map(({ name, pods }) => `${name} (${pods} pods)`).join(', ')
  if (!isReturn(goal) && goal !== 'retire') return []
  if (others.length > 0) {
    return [
      {
        reason: 'PodsStopping',
        what: `Other versions go: ${names}`,
        ends: `ends when version ${stable.hash} has all traffic and their pods are gone`,
      },
    ]
  }
  return stable.spec === context.replicas
    ? []
    : [
        {
          reason: 'PodsBecomingReady',
          what: `Version ${stable.hash} goes to ${context.replicas} pods`,
          ends: 'ends when it has them',
        },
      ]
}

const sleeping = ({ context }: Situation): readonly Waiting[] =>
  context.replicas > 0
    ? []
    : [
        {
          reason: 'ScaledToZero',
          what: 'The Deployment is scaled to 0',
          ends: 'ends when it is scaled up; the stable version is what wakes',
        },
      ]

const invalidWait = ({ invalid }: Context): readonly Waiting[] =>
  invalid === undefined
    ? []
    : [{ reason: 'InvalidSpec', what: 'The annotations are wrong', ends: 'ends when they are corrected, or with an abort' }]

const pausedByUser = ({ rollout }: Context): readonly Waiting[] =>
  rollout?.spec.paused === true
    ? [{ reason: 'PausedByUser', what: 'The Rollout is paused', ends: 'ends when it is resumed (spec.paused false)' }]
    : []

const finishing = (situation: Situation, goal: Goal, progress: Progress): readonly Waiting[] => {
  const { context } = situation
  if (goal !== 'advance' || progress.index < context.steps.length) return []
  const missing = missingOf(situation, EVERYTHING_DESIRED)
  if (missing === undefined)
    return [
      {
        reason: 'TrafficShifting',
        what: 'The new version becomes the stable one',
        ends: 'ends when all routers and slices know',
      },
    ]
  return [{ ...missing, what: `${labelOf(context.steps, progress.index)}: ${missing.what}` }]
}

/** Everything that is waited for, the most telling first: that one becomes the sentence. */
export const chooseWaits = (situation: Situation, goal: Goal, walk: Walk, modes: Modes): readonly Waiting[] => {
  const { context, judged } = situation
  const deadline = judged.deadline.at
  const step = walk.waiting ? [walk.waiting] : []
  const withDeadline = [...step, ...finishing(situation, goal, walk.progress)]
  const isInPath = situation.split === 'count' || isInProxy(context)
  const ordered = isInPath ? [...withDeadline, ...modes.waits] : [...modes.waits, ...withDeadline]
  const drains = isReturn(goal) || goal === 'retire' ? drainingWaits(context, situation.traffic) : []
  const going = [...drains, ...stopping(situation, goal)]
  const told = [
    ...routersGoneWait(context),
    ...invalidWait(context),
    ...pausedByUser(context),
    ...sleeping(situation),
    ...going,
    ...ordered,
  ]
  const all = told.length > 0 || goal === 'abort' ? told : [GIVING_BACK]
  return deadline === undefined ? all : [...all, { ...DEADLINE, until: deadline }]
}

const GIVING_BACK: Waiting = {
  reason: 'LeavingProxyMode',
  what: 'The update is over',
  ends: 'ends when the Deployment is given back',
}

const DEADLINE: Waiting = {
  reason: 'PodsBecomingReady',
  what: 'Pods of the new version become available',
  ends: 'ends at the progress deadline, which aborts',
}
