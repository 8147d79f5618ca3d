/** What an action writes and says, as plain data: the same plans as the command line's. Pure. */
import { createHash } from 'node:crypto'
import type { PatchType, Resource } from '../../kube/client.ts'
import { ROLLOUTS } from '../../kube/resources.ts'
import { planRestart } from '../../view/restart.ts'
import type { RolloutView } from '../../view/rollout-view.ts'
import { planSetImage } from '../../view/set-image.ts'
import {
  type Steering,
  steerAbort,
  steerPause,
  steerPromote,
  steerPromoteFull,
  steerResume,
  steerRetry,
  steerSkip,
} from '../../view/steering.ts'
import { planUndo } from '../../view/undo.ts'
import { UserError } from '../../view/user-error.ts'
import type { Workload } from '../../view/workload.ts'
import type { Action, ActionRequest } from '../contract.ts'

export type Write = {
  /** Of the object; that of the rollout where nothing is said. */
  readonly name?: string
  readonly resource: Resource
  readonly type: PatchType
  readonly body: unknown
  readonly subresource?: 'status'
}

/** `sentence`: what it does, or why it is refused; it says what to do instead. */
export type ActionPlan = { readonly writes: readonly Write[]; readonly sentence: string } | { readonly refused: string }

/** `workload`: what holds the pod template; throws UserError where there is none. */
type Planner = (view: RolloutView, request: ActionRequest, now: number, workload: () => Workload) => ActionPlan

const steered =
  (steer: (view: RolloutView & { readonly rollout: NonNullable<RolloutView['rollout']> }) => Steering): Planner =>
  view => {
    const { rollout, name } = view
    if (rollout === undefined) return { refused: `Deployment ${name} has no Rollout yet; the controller makes one when it runs` }
    const steering = steer({ ...view, rollout })
    if ('refused' in steering) return steering
    const writes = steering.patches.map(({ subresource, body }) => ({
      ...{ resource: ROLLOUTS, type: 'merge' as const, body },
      ...(subresource && { subresource }),
    }))
    return { writes, sentence: steering.said }
  }

const undo: Planner = (view, { revision = 0 }, _now, find) => {
  const workload = find()
  const plan = planUndo(
    workload,
    view.versions.map(({ replicaSet }) => replicaSet),
    revision,
  )
  if ('refused' in plan) return plan
  return {
    writes: [{ resource: workload.resource, name: workload.object.metadata.name, type: 'json', body: plan.patch }],
    sentence: `${view.name} goes back to revision ${plan.revision} (${plan.replicaSet})`,
  }
}

const setImage: Planner = (view, { container = '', image = '' }, _now, find) => {
  if (container === '' || image === '')
    return { refused: 'container and image are needed, e.g. container web, image registry.example/web:v2' }
  const workload = find()
  const plan = planSetImage(workload, [`${container}=${image}`])
  if ('refused' in plan) return plan
  return {
    writes: [{ resource: workload.resource, name: workload.object.metadata.name, type: 'json', body: plan.patch }],
    sentence: `${view.name}: ${plan.said.join(', ')}; that starts an update`,
  }
}

const restart: Planner = (view, _request, now) => {
  const plan = planRestart(view, { at: now, now })
  if ('refused' in plan) return plan
  return { writes: [{ resource: plan.resource, type: 'merge', body: plan.body }], sentence: plan.said }
}

const PLANNERS: { readonly [action in Action]: Planner } = {
  promote: steered(steerPromote),
  skip: steered(steerSkip('current step')),
  full: steered(steerPromoteFull),
  abort: steered(steerAbort),
  retry: steered(steerRetry),
  pause: steered(steerPause),
  resume: steered(steerResume),
  restart,
  undo,
  'set-image': setImage,
}

export const ACTIONS = Object.keys(PLANNERS) as readonly Action[]

export const isAction = (word: string): word is Action => Object.hasOwn(PLANNERS, word)

/** `now`: milliseconds since the epoch. */
export const planAction = (
  action: Action,
  view: RolloutView,
  { request, now, workload }: { readonly request: ActionRequest; readonly now: number; readonly workload: () => Workload },
): ActionPlan => {
  try {
    return PLANNERS[action](view, request, now, workload)
  } catch (error) {
    if (error instanceof UserError) return { refused: error.message }
    throw error
  }
}

/** What a person has to know before acting, as a short text that differs when any of it does: versions, step, pauses, abort, template. */
export const seenOf = ({ rollout, deployment }: RolloutView): string => {
  const { currentPodHash, stableRS, currentStepIndex, abort, pauseConditions = [] } = rollout?.status ?? {}
  const facts = [
    currentPodHash,
    stableRS,
    currentStepIndex,
    abort === true,
    pauseConditions.map(({ reason, startTime }) => [reason, startTime]),
    rollout?.spec.paused === true,
    (deployment ?? rollout)?.metadata.generation,
  ]
  return createHash('sha256').update(JSON.stringify(facts)).digest('base64url').slice(0, 22)
}
