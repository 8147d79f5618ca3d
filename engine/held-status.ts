/** What is reported while a Deployment is held. */
import type { RolloutPhase, RolloutStatus } from '../api/rollout.ts'
import { privateServiceName } from '../api/service-mode.ts'
import { fromHundredths, toHundredths, weightOfPercent } from '../api/traffic-weight.ts'
import { pointerTo } from './analysis.ts'
import type { ConditionWish } from './conditions.ts'
import type { Context } from './context.ts'
import { type Goal, stableOf } from './goal.ts'
import { abortText, type Judged } from './judge.ts'
import { type Progress, stepHash } from './progress.ts'
import { shareOfAll } from './sidecar/first-rollout.ts'
import type { Split } from './split.ts'
import { makeStatus } from './status.ts'
import { timestamp } from './time.ts'
import type { Traffic } from './traffic.ts'
import type { Waiting } from './waiting.ts'

export type Held = {
  readonly context: Context
  readonly goal: Goal
  readonly split: Split
  readonly traffic: Traffic
  readonly progress: Progress
  readonly judged: Judged
  readonly isPromoted: boolean
  readonly waits: readonly Waiting[]
}

const weights = ({ context, traffic, split }: Held): RolloutStatus['canary'] => {
  const { current } = context.versions
  const stable = stableOf(context)
  const [first] = context.fronting
  if (split === 'count' || first?.route === undefined) return {}
  const name = first.service.metadata.name
  const carried = traffic.most[current.hash] ?? 0
  const real = shareOfAll(context, carried)
  const canaryShare = real ?? carried
  const stableShare =
    real === undefined ? (traffic.most[stable.hash] ?? 0) : fromHundredths(toHundredths(100) - toHundredths(real))
  const inRollout = (percent: number): number => weightOfPercent(context.strategy, percent)
  const share = (hash: string) => ({
    weight: inRollout(hash === current.hash ? canaryShare : stableShare),
    serviceName: privateServiceName(name, hash),
    podTemplateHash: hash,
  })
  const isOne = stable.hash === current.hash
  return {
    weights: {
      canary: isOne ? { ...share(current.hash), weight: 0 } : share(current.hash),
      stable: isOne ? { ...share(stable.hash), weight: inRollout(100) } : share(stable.hash),
      // Of pods without a sidecar nobody knows how many clients choose them.
      verified: traffic.acknowledged && real === undefined,
    },
  }
}

const canary = (held: Held): RolloutStatus['canary'] => {
  const { progress, judged, goal } = held
  const isUnderTest = goal === 'advance' || goal === 'retire' || goal === 'abort'
  const background = judged.run ? pointerTo(judged.run) : progress.backgroundRun
  return {
    ...(isUnderTest && progress.stepRun && { currentStepAnalysisRunStatus: progress.stepRun }),
    ...(isUnderTest && background && { currentBackgroundAnalysisRunStatus: background }),
    ...weights(held),
  }
}

/** An update that was aborted stands at step 0 again, for the next attempt. */
const stepFields = ({ context, progress, goal }: Held): RolloutStatus => {
  const { steps, status, invalid, now } = context
  const hash = invalid === undefined ? stepHash(steps) : status.currentStepHash
  const index = goal === 'settle' ? steps.length : progress.index
  return {
    currentStepIndex: goal === 'abort' ? 0 : index,
    ...(hash !== undefined && { currentStepHash: hash }),
    ...(goal === 'abort' && { abort: true, abortedAt: status.abortedAt ?? timestamp(now) }),
  }
}

const fields = (held: Held): RolloutStatus => {
  const { context, goal, progress, isPromoted } = held
  const { current, collisionCount } = context.versions
  const isUnderTest = goal === 'advance' || goal === 'retire'
  const canaryFields = canary(held)
  return {
    ...stepFields(held),
    currentPodHash: current.hash,
    stableRS: isPromoted ? current.hash : stableOf(context).hash,
    ...(collisionCount > 0 && { collisionCount }),
    ...(isUnderTest && progress.promoteFull && !isPromoted && { promoteFull: true }),
    ...(isUnderTest && progress.pauses.length > 0 && { pauseConditions: progress.pauses }),
    ...(isUnderTest && progress.controllerPause && { controllerPause: true }),
    ...(Object.keys(canaryFields ?? {}).length > 0 && { canary: canaryFields ?? {} }),
  }
}

type Told = { readonly phase: RolloutPhase; readonly message?: string }

const tell = ({ context, goal, progress }: Held): Told => {
  const { invalid, rollout } = context
  if (invalid !== undefined) return { phase: 'Degraded', message: `InvalidSpec: ${invalid}` }
  if (goal === 'abort') return { phase: 'Degraded', message: `RolloutAborted: ${abortText(context, progress)}` }
  const isPaused = rollout?.spec.paused === true || progress.pauses.length > 0
  return { phase: (goal === 'advance' || goal === 'retire') && isPaused ? 'Paused' : 'Progressing' }
}

const progressing = (held: Held, phase: RolloutPhase): ConditionWish => {
  const { context, goal, progress, judged } = held
  if (goal === 'abort') {
    return { type: 'Progressing', status: 'False', reason: 'RolloutAborted', message: abortText(context, progress) }
  }
  if (phase === 'Paused' && judged.deadline.at === undefined) {
    return { type: 'Progressing', status: 'Unknown', reason: 'RolloutPaused', message: 'Rollout is paused' }
  }
  return judged.deadline.progressing
}

export const reportHeld = (held: Held): RolloutStatus => {
  const told = tell(held)
  return makeStatus(held.context, {
    ...told,
    waits: held.waits,
    progressing: progressing(held, told.phase),
    completed: false,
    fields: fields(held),
  })
}
