/** A Deployment that is not held: native, with Sluice looking on; and the way out when it opts out. */
import { holdOps } from '../api/hold.ts'
import { type JsonPatchOp, pointer } from '../api/json-patch.ts'
import { BYPASS, STABLE_TEMPLATE } from '../api/names.ts'
import type { RolloutPhase } from '../api/rollout.ts'
import { templateHash } from '../api/template.ts'
import { cleanUpRuns, terminateRuns } from './analysis.ts'
import type { Context } from './context.ts'
import type { Intent } from './intents.ts'
import { disarmReplicaSet, markReplicaSet, unmarkReplicaSet } from './make-replica-set.ts'
import { planRollout } from './make-rollout.ts'
import { type Modes, planModes } from './modes.ts'
import type { Plan } from './planned.ts'
import { stepHash } from './progress.ts'
import { releaseServices } from './release.ts'
import { guarded } from './service-mode/patch.ts'
import { makeStatus, wakeTime } from './status.ts'
import { currentReplicaSet, hashOf, livingReplicaSets } from './versions.ts'
import type { Waiting } from './waiting.ts'

/** As kubectl rollout status: the native controller saw the newest spec, and only pods of the newest template are there. */
export const isNativeComplete = ({ deployment, replicas }: Context): boolean => {
  const { status, metadata } = deployment
  const updated = status?.updatedReplicas ?? 0
  return (
    (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    updated >= replicas &&
    (status?.replicas ?? 0) <= updated &&
    (status?.availableReplicas ?? 0) >= Math.min(updated, replicas)
  )
}

/** What is known of the template in place: proved before, never recorded, changed past the webhook. */
type Standing = 'recorded' | 'first' | 'changed'

const standingOf = ({ deployment }: Context): Standing => {
  const recorded = deployment.metadata.annotations?.[STABLE_TEMPLATE]
  if (recorded === undefined) return 'first'
  return recorded === templateHash(deployment.spec.template) ? 'recorded' : 'changed'
}

const isBypassed = ({ deployment }: Context): boolean => deployment.metadata.annotations?.[BYPASS] === 'true'

/** The version last proved is there to go back to: it has pods, or (at 0 pods) is what must wake. */
const canStillHold = ({ seen, status, replicas, deployment }: Context): boolean => {
  const current = currentReplicaSet(seen, deployment)
  const stable = livingReplicaSets(seen).find(rs => status.stableRS !== undefined && hashOf(rs) === status.stableRS)
  return stable !== undefined && stable !== current && (replicas === 0 || (stable.spec.replicas ?? 1) > 0)
}

type Outcome = {
  readonly intents: readonly Intent[]
  readonly phase: RolloutPhase
  readonly waits: readonly Waiting[]
  /** The template in place is the stable one from now on. */
  readonly isStable: boolean
}

const record = (context: Context, events: readonly Intent[]): readonly Intent[] => {
  const { deployment } = context
  const { annotations } = deployment.metadata
  const value = templateHash(deployment.spec.template)
  const op: JsonPatchOp =
    annotations === undefined
      ? { op: 'add', path: '/metadata/annotations', value: { [STABLE_TEMPLATE]: value } }
      : { op: 'add', path: pointer('metadata', 'annotations', STABLE_TEMPLATE), value }
  // What was let pass has passed; the next update is to be tried like any other.
  const hasPassed = standingOf(context) === 'changed' && isBypassed(context)
  const passed: readonly JsonPatchOp[] = hasPassed ? [{ op: 'remove', path: pointer('metadata', 'annotations', BYPASS) }] : []
  return [
    { kind: 'patchDeployment', patch: guarded(deployment, [op, ...passed]), why: 'this template is the stable one' },
    ...events,
  ]
}

const hold = (context: Context): Outcome => {
  const { deployment, seen } = context
  const patch = holdOps(deployment)
  return {
    intents: [
      { kind: 'patchDeployment', patch: guarded(deployment, patch), why: 'its template changed past the webhook' },
      ...livingReplicaSets(seen).flatMap(rs => disarmReplicaSet(rs).intents),
      {
        kind: 'event',
        type: 'Warning',
        reason: 'Held',
        message: `The template changed past the admission webhook; the update is held now and goes on step by step from version ${context.status.stableRS}`,
      },
    ],
    phase: 'Progressing',
    waits: [{ reason: 'NativeRollout', what: 'The update is being held', ends: 'ends when that is written' }],
    isStable: false,
  }
}

const NATIVE: Waiting = {
  reason: 'NativeRollout',
  what: 'Kubernetes rolls the template out by itself',
  ends: 'ends when all its pods are available',
}

/** The stable template; Healthy while its pods are there, as Argo Rollouts has it. */
const proven = (context: Context): Outcome => {
  const { deployment, replicas, seen } = context
  const isStable = currentReplicaSet(seen, deployment) !== undefined
  const available = deployment.status?.availableReplicas ?? 0
  if (available >= replicas) return { intents: [], phase: 'Healthy', waits: [], isStable }
  const waiting: Waiting = {
    reason: 'PodsBecomingReady',
    what: `${available} of ${replicas} pods are available`,
    ends: 'ends when all are',
  }
  return { intents: [], phase: 'Progressing', waits: [waiting], isStable }
}

const settle = (context: Context): Outcome => {
  const { deployment } = context
  const complete = isNativeComplete(context)
  const standing = standingOf(context)
  const rolling: Outcome = { intents: [], phase: 'Progressing', waits: [NATIVE], isStable: false }
  if (standing === 'recorded') return proven(context)
  if (standing === 'first' || isBypassed(context))
    return complete ? { intents: record(context, []), phase: 'Healthy', waits: [], isStable: true } : rolling
  if (deployment.spec.paused === true) {
    const waiting: Waiting = {
      reason: 'PausedByUser',
      what: 'The Deployment is paused by its user',
      ends: 'ends when spec.paused is false',
    }
    return { ...rolling, waits: [waiting] }
  }
  if (canStillHold(context)) return hold(context)
  if (!complete) return rolling
  const message = 'The template changed past the admission webhook and was rolled out by Kubernetes; no analysis judged it'
  return {
    intents: record(context, [{ kind: 'event', type: 'Warning', reason: 'Unverified', message }]),
    phase: 'Healthy',
    waits: [],
    isStable: true,
  }
}

const restModes = (context: Context, outcome: Outcome): Modes => {
  const current = currentReplicaSet(context.seen, context.deployment)
  const hash = outcome.isStable && current ? hashOf(current) : (context.status.stableRS ?? '')
  const isAlways = context.config.mode === 'always' && context.config.router !== 'none' && outcome.isStable && hash !== ''
  return planModes(context, {
    want: isAlways ? 'proxy' : 'serve',
    backends: [{ role: 'stable', hash }],
    weights: { [hash]: 100 },
    onlyFinal: true,
  })
}

const invalidEvent = ({ invalid, status }: Context): readonly Intent[] => {
  const told = status.conditions?.find(({ type }) => type === 'InvalidSpec')?.message
  return invalid === undefined || told === invalid
    ? []
    : [{ kind: 'event', type: 'Warning', reason: 'InvalidSpec', message: invalid }]
}

const report = (context: Context, outcome: Outcome, waits: readonly Waiting[]): Pick<Plan, 'status'> => {
  const { rollout, invalid, steps, status, versions } = context
  if (rollout === undefined) return {}
  const isHealthy = outcome.phase === 'Healthy'
  const stable = outcome.isStable ? versions.current.hash : status.stableRS
  const current = outcome.isStable ? versions.current.hash : status.currentPodHash
  return {
    status: makeStatus(context, {
      phase: invalid === undefined ? outcome.phase : 'Degraded',
      ...(invalid !== undefined && { message: `InvalidSpec: ${invalid}` }),
      waits,
      progressing: isHealthy
        ? {
            type: 'Progressing',
            status: 'True',
            reason: 'NewReplicaSetAvailable',
            message: `ReplicaSet "${versions.current.name}" has successfully progressed.`,
          }
        : {
            type: 'Progressing',
            status: 'True',
            reason: 'ReplicaSetUpdated',
            message: `ReplicaSet "${versions.current.name}" is progressing`,
          },
      completed: isHealthy,
      fields: {
        // A template that is not proved is no update yet: when it is held, it starts at the first step.
        ...(current !== undefined && { currentPodHash: current }),
        currentStepIndex: steps.length,
        currentStepHash: stepHash(steps),
        ...(stable !== undefined && { stableRS: stable }),
      },
    }),
  }
}

/** An opted-in Deployment at rest. */
export const planRest = (context: Context): Plan => {
  const rollout = planRollout(context)
  const outcome = settle(context)
  const modes = restModes(context, outcome)
  const stable = outcome.isStable ? currentReplicaSet(context.seen, context.deployment) : undefined
  const invalidWait: readonly Waiting[] =
    context.invalid === undefined
      ? []
      : [{ reason: 'InvalidSpec', what: 'The annotations are wrong', ends: 'ends when they are corrected' }]
  const waits = [...invalidWait, ...outcome.waits, ...modes.waits]
  const intents = [
    ...rollout.intents,
    ...outcome.intents,
    ...modes.intents,
    ...markReplicaSet(stable, context.rollout).intents,
    ...terminateRuns(context, []),
    ...cleanUpRuns(context, []),
    ...(context.rollout ? invalidEvent(context) : []),
  ]
  const wakeAt = wakeTime(waits, context.now)
  return { intents, ...report(context, outcome, waits), ...(wakeAt !== undefined && { wakeAt }) }
}

const forgetTemplate = ({ deployment }: Context): readonly Intent[] => {
  if (deployment.metadata.annotations?.[STABLE_TEMPLATE] === undefined) return []
  const remove: JsonPatchOp = { op: 'remove', path: pointer('metadata', 'annotations', STABLE_TEMPLATE) }
  return [{ kind: 'patchDeployment', patch: guarded(deployment, [remove]), why: 'the Deployment is not opted in any more' }]
}

const removeRollout = ({ rollout }: Context): readonly Intent[] =>
  rollout === undefined || rollout.metadata.deletionTimestamp !== undefined
    ? []
    : [
        {
          kind: 'deleteRollout',
          name: rollout.metadata.name,
          uid: rollout.metadata.uid ?? '',
          why: 'the Deployment is not opted in any more',
        },
      ]

/**
 * Whatever Sluice put on a Deployment that is not opted in any more goes: first from its Services, then from its ReplicaSets, then the
 * Rollout; the note on the Deployment itself last, because a Deployment without any annotation of Sluice's is hardly looked at.
 */
export const planGone = (context: Context): Plan => {
  const { seen, now } = context
  const { intents, waits, done } = releaseServices(seen, now)
  const wakeAt = wakeTime(waits, now)
  if (!done) return { intents, ...(wakeAt !== undefined && { wakeAt }) }
  const runs = [...terminateRuns(context, []), ...cleanUpRuns(context, [])]
  const unmark = seen.replicaSets.flatMap(rs => unmarkReplicaSet(rs).intents)
  if (unmark.length > 0) return { intents: [...runs, ...unmark] }
  return { intents: [...removeRollout(context), ...forgetTemplate(context)] }
}
