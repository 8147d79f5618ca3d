/** One pass over a held Deployment: an update in flight, on its way forward, back, or out. */
import { holdOps } from '../api/hold.ts'
import { cleanUpRuns, terminateRuns } from './analysis.ts'
import { planSleep } from './asleep.ts'
import { startBackground } from './background.ts'
import type { Context } from './context.ts'
import type { Desired } from './desired.ts'
import { type Frame, makeFrame } from './frame.ts'
import { giveBack, isOnlyStable } from './give-back.ts'
import { chooseGoal, type Goal, isReturn, stableOf } from './goal.ts'
import { heldCondition, heldEvents } from './held-events.ts'
import { type Held, reportHeld } from './held-status.ts'
import { chooseWaits } from './held-waits.ts'
import type { Intent } from './intents.ts'
import { judge } from './judge.ts'
import { disarmReplicaSet, markReplicaSet } from './make-replica-set.ts'
import { planRollout } from './make-rollout.ts'
import { missingOf } from './missing.ts'
import { type Modes, planModes } from './modes.ts'
import type { Plan } from './planned.ts'
import { planScale } from './scale.ts'
import { guarded } from './service-mode/patch.ts'
import { tellBarePods } from './sidecar/first-rollout.ts'
import type { Situation } from './situation.ts'
import { chooseSplit, hasRoutes, isInProxy } from './split.ts'
import { wakeTime } from './status.ts'
import { readTraffic } from './traffic.ts'
import { livingReplicaSets } from './versions.ts'
import { type Walk, walkSteps } from './walk.ts'

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
  (split === 'routes' ? !isInProxy(context) : hasRoutes(context))

const missingIn = (situation: Situation) => (desired: Desired) => missingOf(situation, desired)

const advance = (situation: Situation): Walk => {
  const { context, judged } = situation
  const walk = walkSteps({ context, progress: judged.progress, missing: missingIn(situation), isHeldUp: isHeldUp(situation) })
  return walk.failed === undefined ? walk : { ...walk, progress: { ...walk.progress, aborted: true, abortReason: walk.failed } }
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
  return [...sleep.deletions, ...planScale(context, versions, sleep.sizes, 'the Deployment is scaled to 0')]
}

const isOver = ({ context }: Situation, goal: Goal, modes: Modes, changes: readonly Intent[]): boolean =>
  (goal === 'settle' || goal === 'opt-out') &&
  modes.done &&
  changes.length === 0 &&
  stableOf(context).spec === context.replicas &&
  isOnlyStable(context, stableOf(context).hash, allVersions(context))

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
  const chosen = chooseWaits(situation, goal, { ...walked, progress, ...(waiting && { waiting }) }, modes)
  const waits = tellBarePods(context, traffic, chosen)
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
