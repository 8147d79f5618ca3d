/** One pass over a held Deployment: an update in flight, on its way forward, back, or out. */
import { holdOps } from '../api/hold.ts'
import { backgroundWish, cleanUpRuns, createRun, pointerTo, terminateRuns } from './analysis.ts'
import { planSleep } from './asleep.ts'
import type { Context } from './context.ts'
import { type Desired, EVERYTHING_DESIRED } from './desired.ts'
import { type Frame, type FrameInput, makeFrame } from './frame.ts'
import { giveBack, isOnlyStable } from './give-back.ts'
import { chooseGoal, type Goal, isReturn, othersOf, stableOf } from './goal.ts'
import { heldCondition, heldEvents } from './held-events.ts'
import { type Held, reportHeld } from './held-status.ts'
import type { Intent } from './intents.ts'
import { type Judged, judge } from './judge.ts'
import { disarmReplicaSet, markReplicaSet } from './make-replica-set.ts'
import { planRollout } from './make-rollout.ts'
import { missingOf } from './missing.ts'
import { type Modes, planModes } from './modes.ts'
import type { Plan } from './plan.ts'
import type { Progress } from './progress.ts'
import { planScale } from './scale.ts'
import { guarded } from './service-mode/patch.ts'
import { chooseSplit, isInProxy } from './split.ts'
import { wakeTime } from './status.ts'
import { labelOf } from './steps/index.ts'
import { readTraffic } from './traffic.ts'
import { livingReplicaSets } from './versions.ts'
import type { Waiting } from './waiting.ts'
import { type Walk, walkSteps } from './walk.ts'

type Situation = Omit<FrameInput, 'goal' | 'progress'> & { readonly judged: Judged }

/** What an apply loosened is fastened again: unpaused with Recreate left in, the native controller would take every old pod at once. */
const keepHold = ({ deployment }: Context): readonly Intent[] => {
  const patch = holdOps(deployment)
  return patch.length === 0
    ? []
    : [{ kind: 'patchDeployment', patch: guarded(deployment, patch), why: 'the update is in flight; the fields stay held' }]
}

/** Before a second ReplicaSet becomes active, and as long as two are. */
const disarm = ({ seen, replicas }: Context, goal: Goal): readonly Intent[] => {
  const living = livingReplicaSets(seen)
  const active = living.filter(({ spec }) => (spec.replicas ?? 1) > 0).length
  const isNeeded = active > 1 || (replicas > 0 && !isReturn(goal))
  return isNeeded ? living.flatMap(rs => disarmReplicaSet(rs).intents) : []
}

const mark = ({ rollout, versions }: Context): readonly Intent[] =>
  [...new Set([versions.stable, versions.current])].flatMap(version => markReplicaSet(version?.replicaSet, rollout).intents)

const isHeldUp = ({ context, split }: Situation): boolean =>
  context.invalid !== undefined ||
  context.rollout?.spec.paused === true ||
  context.replicas === 0 ||
  (split === 'routes' && !isInProxy(context))

const missingIn = (situation: Situation) => (desired: Desired) => missingOf(situation, desired)

const advance = (situation: Situation): Walk => {
  const { context, judged } = situation
  const walk = walkSteps({ context, progress: judged.progress, missing: missingIn(situation), isHeldUp: isHeldUp(situation) })
  return walk.failed === undefined ? walk : { ...walk, progress: { ...walk.progress, aborted: true, abortReason: walk.failed } }
}

/** The background run starts with the first share of traffic. */
const startBackground = (situation: Situation, goal: Goal, progress: Progress): Walk => {
  const { context, split, judged, traffic } = situation
  const wish = backgroundWish(context, split)
  const { current } = context.versions
  const hasTraffic = split === 'count' ? current.available > 0 : (traffic.least[current.hash] ?? 0) > 0 && traffic.acknowledged
  const isDue = progress.index >= (context.strategy.analysis?.startingStep ?? 0)
  if (goal !== 'advance' || progress.promoteFull || wish === undefined || judged.run || !hasTraffic || !isDue)
    return { progress, intents: [] }
  const made = createRun(context, wish)
  if ('waiting' in made) return { progress, intents: [], waiting: made.waiting }
  return {
    progress: { ...progress, backgroundRun: pointerTo(made.run) },
    intents: [{ kind: 'createAnalysisRun', run: made.run }],
  }
}

const modesFor = ({ context, traffic, split }: Situation, goal: Goal, frame: Frame): Modes => {
  const { current } = context.versions
  const isAlways = context.config.mode === 'always' && context.optedIn
  const isAsleep = context.replicas === 0
  const wantsProxy = isReturn(goal) ? isAlways : !isAsleep || context.fronting.some(({ route }) => route !== undefined)
  const hasSpecial = goal === 'advance' && current.ready > 0
  return planModes(context, {
    want: split === 'routes' && wantsProxy ? 'proxy' : 'serve',
    backends: frame.backends,
    weights: frame.weights,
    ...(hasSpecial && { special: { desired: frame.desired, hash: current.hash } }),
    onlyFinal:
      isOnlyStable(context, stableOf(context).hash, allVersions(context)) &&
      (traffic.most[stableOf(context).hash] ?? 100) === 100,
  })
}

const allVersions = ({ versions }: Context) => [...new Set([stableOfVersions(versions), versions.current, ...versions.retiring])]
const stableOfVersions = (versions: Context['versions']) => versions.stable ?? versions.current

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

const scaleFor = (situation: Situation, goal: Goal, frame: Frame): readonly Intent[] => {
  const { context } = situation
  const { current, retiring } = context.versions
  const versions = [...new Set([stableOf(context), current, ...retiring])]
  const why =
    goal === 'advance'
      ? `share of version ${current.hash}: ${frame.desired.weight}%`
      : `all traffic to version ${stableOf(context).hash}`
  if (context.replicas > 0) return planScale(context, versions, frame.sizes, why)
  const sleep = planSleep(context)
  return [...planScale(context, versions, sleep.sizes, 'the Deployment is scaled to 0'), ...sleep.deletions]
}

const isOver = ({ context }: Situation, goal: Goal, modes: Modes, changes: readonly Intent[]): boolean =>
  (goal === 'settle' || goal === 'opt-out') &&
  modes.done &&
  changes.length === 0 &&
  stableOf(context).spec === context.replicas &&
  isOnlyStable(context, stableOf(context).hash, allVersions(context))

const waitsOf = (situation: Situation, goal: Goal, walk: Walk, modes: Modes): readonly Waiting[] => {
  const { context, judged } = situation
  const deadline = judged.deadline.at
  const step = walk.waiting ? [walk.waiting] : []
  const withDeadline = [...step, ...finishing(situation, goal, walk.progress)]
  const isInPath = situation.split === 'count' || isInProxy(context)
  const ordered = isInPath ? [...withDeadline, ...modes.waits] : [...modes.waits, ...withDeadline]
  const all = [
    ...invalidWait(context),
    ...pausedByUser(context),
    ...sleeping(situation),
    ...stopping(situation, goal),
    ...ordered,
  ]
  return deadline === undefined ? all : [...all, { ...DEADLINE, until: deadline }]
}

const DEADLINE: Waiting = {
  reason: 'PodsBecomingReady',
  what: 'Pods of the new version become available',
  ends: 'ends at the progress deadline, which aborts',
}

const planSituation = (situation: Situation): Plan => {
  const { context, judged, traffic, split } = situation
  const before = chooseGoal(context, judged.progress)
  const walked: Walk = before === 'advance' ? advance(situation) : { progress: judged.progress, intents: [] }
  const goal = chooseGoal(context, walked.progress)
  const background = startBackground(situation, goal, walked.progress)
  const progress = background.progress
  const frame = makeFrame({ ...situation, goal, progress })
  const modes = modesFor(situation, goal, frame)
  const scaling = scaleFor(situation, goal, frame)
  const waiting = background.waiting ?? walked.waiting
  const waits = waitsOf(situation, goal, { ...walked, progress, ...(waiting && { waiting }) }, modes)
  const held: Held = { context, goal, split, traffic, progress, judged, isPromoted: frame.isPromoted, waits }
  const runs = goal === 'advance' && !progress.promoteFull ? [progress.backgroundRun?.name, progress.stepRun?.name] : []
  const noted = [progress.backgroundRun?.name, progress.stepRun?.name]
  const isEnd = isOver(situation, goal, modes, scaling)
  const intents: readonly Intent[] = [
    ...(isEnd ? [] : keepHold(context)),
    ...(context.optedIn ? planRollout(context).intents : []),
    ...disarm(context, goal),
    ...(context.optedIn ? mark(context) : []),
    ...terminateRuns(context, runs),
    ...modes.intents,
    ...scaling,
    ...(goal === 'advance' ? walked.intents : walked.intents.filter(({ kind }) => kind === 'event')),
    ...background.intents,
    ...cleanUpRuns(context, noted),
    ...heldEvents(held),
    ...(isEnd ? giveBack(context, goal) : heldCondition(held)),
  ]
  const wakeAt = wakeTime([...waits, ...modes.waits], context.now)
  return { intents, ...(context.rollout && { status: reportHeld(held) }), ...(wakeAt !== undefined && { wakeAt }) }
}

export const planHeld = (context: Context): Plan => {
  // The state of the update lives in the Rollout: first it must exist. The hold and the arms of the native controller do not wait.
  if (context.optedIn && context.rollout === undefined) {
    return { intents: [...keepHold(context), ...planRollout(context).intents, ...disarm(context, 'advance')] }
  }
  const split = chooseSplit(context)
  const judged = judge(context, split)
  return planSituation({ context, traffic: readTraffic(context), split, judged, gateOpen: judged.gateOpen })
}
