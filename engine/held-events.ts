/** What is told about a held Deployment when it changes, and the condition by which kubectl rollout status tells the truth. */
import type { Condition } from '../api/kubernetes.ts'
import type { Context } from './context.ts'
import type { Held } from './held-status.ts'
import type { Intent } from './intents.ts'
import { abortText } from './judge.ts'
import { routersGoneEvents } from './routers-gone.ts'
import { wholeSecond } from './time.ts'
import { revisionOf } from './versions.ts'

const event = (reason: string, message: string, type: 'Normal' | 'Warning' = 'Normal'): Intent => ({
  kind: 'event',
  type,
  reason,
  message,
})

const began = ({ context, goal, progress, split }: Held): readonly Intent[] => {
  const { current } = context.versions
  const revision = revisionOf(current, context.seen)
  if (progress.began === undefined) return []
  if (goal === 'settle') return [event('SkipSteps', `Rollout goes back to the stable version ${current.hash}`)]
  if (progress.began === 'retry') return [event('RolloutRetry', `Rollout tries revision ${revision} again from step 1`)]
  if (progress.began === 'changed-steps') return [event('RolloutUpdated', 'The steps changed; the update starts again at step 1')]
  const checks = context.config.checks ?? []
  const leftOut =
    split === 'count' && checks.length > 0
      ? [event('AnalysisLeftOut', `No router carries the traffic, so ${checks.join(', ')} cannot be measured`, 'Warning')]
      : []
  return [event('RolloutUpdated', `Rollout updated to revision ${revision}`), ...leftOut]
}

const pauses = ({ context, progress, goal }: Held): readonly Intent[] => {
  const before = (context.status.pauseConditions ?? []).length
  const now = progress.pauses.length
  if (goal !== 'advance' || progress.began !== undefined) return []
  if (before === 0 && now > 0) return [event('RolloutPaused', `Rollout is paused (${progress.pauses[0]?.reason})`)]
  const isResumed = context.status.controllerPause === true && before === 0 && now === 0 && !progress.controllerPause
  return isResumed ? [event('RolloutResumed', 'Rollout is resumed')] : []
}

const promoted = ({ context, isPromoted, progress }: Held): readonly Intent[] => {
  if (!isPromoted) return []
  const { current } = context.versions
  const why = progress.promoteFull ? 'Full promotion requested' : `Completed all ${context.steps.length} canary steps`
  const revision = revisionOf(current, context.seen)
  return [event('RolloutCompleted', `Rollout completed update to revision ${revision} (${current.hash}): ${why}`)]
}

const invalid = ({ context }: Held): readonly Intent[] => {
  const told = context.status.conditions?.find(({ type }) => type === 'InvalidSpec')?.message
  return context.invalid !== undefined && told !== context.invalid ? [event('InvalidSpec', context.invalid, 'Warning')] : []
}

export const heldEvents = (held: Held): readonly Intent[] => {
  const { context, goal, progress } = held
  const isNewAbort = goal === 'abort' && context.status.abortedAt === undefined
  return [
    ...routersGoneEvents(context),
    ...invalid(held),
    ...began(held),
    ...pauses(held),
    ...(isNewAbort ? [event('RolloutAborted', abortText(context, progress), 'Warning')] : []),
    ...promoted(held),
  ]
}

/** Sets the Deployment's Progressing condition; nothing when status and reason are right already. */
export const deploymentCondition = (
  { deployment, now }: Pick<Context, 'deployment' | 'now'>,
  wish: Pick<Condition, 'status' | 'reason' | 'message'>,
): readonly Intent[] => {
  const before = deployment.status?.conditions?.find(({ type }) => type === 'Progressing')
  if (before?.status === wish.status && before.reason === wish.reason) return []
  const lastTransitionTime = before?.status === wish.status ? (before.lastTransitionTime ?? wholeSecond(now)) : wholeSecond(now)
  const condition: Condition = { type: 'Progressing', ...wish, lastUpdateTime: wholeSecond(now), lastTransitionTime }
  return [{ kind: 'setDeploymentCondition', condition }]
}

export const heldCondition = ({ context, goal, progress }: Held): readonly Intent[] =>
  goal === 'abort'
    ? deploymentCondition(context, { status: 'False', reason: 'ProgressDeadlineExceeded', message: abortText(context, progress) })
    : deploymentCondition(context, {
        status: 'True',
        reason: 'ReplicaSetUpdated',
        message: `Sluice brings version ${context.versions.current.hash} step by step`,
      })
