/** Asks what an action would do, and does it: every call with the person's own credentials, so that the API server decides. */
import type { KubeClient } from '../../kube/client.ts'
import { ApiError, isApiError } from '../../kube/errors.ts'
import { patchFresh } from '../../view/patch-fresh.ts'
import { readRolloutView } from '../../view/read-objects.ts'
import type { RolloutView } from '../../view/rollout-view.ts'
import { UserError } from '../../view/user-error.ts'
import { readWorkload, type Workload, workloadOf } from '../../view/workload.ts'
import type { Action, ActionDone, ActionPreview, ActionRequest } from '../contract.ts'
import { ACTIONS, planAction, seenOf, type Write } from './plan.ts'

export type Target = { readonly namespace: string; readonly name: string }

type Review = { readonly status?: { readonly allowed?: boolean } }

/** Whether the API server would let the person patch it. */
const mayPatch = async (client: KubeClient, { namespace, name }: Target, write: Write): Promise<boolean> => {
  const { group, version, plural } = write.resource
  const resourceAttributes = {
    ...{ namespace, name: write.name ?? name, verb: 'patch', group, version, resource: plural },
    ...(write.subresource && { subresource: write.subresource }),
  }
  const review = await client.raw('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' },
    spec: { resourceAttributes },
  })
  return (review as Review).status?.allowed === true
}

/** What a Rollout refers to by another name is read only where an action is about it. What it throws is told as a sentence. */
const workloadFor = async (client: KubeClient, view: RolloutView, action: Action): Promise<() => Workload> => {
  if (action !== 'undo' && action !== 'set-image') return () => workloadOf(view)
  try {
    const found = await readWorkload(client, view.namespace, view)
    return () => found
  } catch (error) {
    if (!(error instanceof UserError) && !(isApiError(error) && error.status === 403)) throw error
    return () => {
      throw new UserError(error.message)
    }
  }
}

const nameOf = ({ resource, subresource }: Write): string =>
  subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`

const previewOf = async (
  client: KubeClient,
  view: RolloutView,
  wish: { readonly action: Action; readonly request: ActionRequest; readonly now: number },
): Promise<ActionPreview> => {
  const { action } = wish
  const plan = planAction(action, view, { ...wish, workload: await workloadFor(client, view, action) })
  const seen = seenOf(view)
  if ('refused' in plan) return { action, possible: false, permitted: true, sentence: plan.refused, seen }
  const allowed = await Promise.all(plan.writes.map(write => mayPatch(client, view, write)))
  const forbidden = plan.writes.find((_, i) => allowed[i] !== true)
  if (forbidden === undefined) return { action, possible: true, permitted: true, sentence: plan.sentence, seen }
  const sentence = `You may not patch ${nameOf(forbidden)} in namespace ${view.namespace}; ask for that right`
  return { action, possible: false, permitted: false, sentence, seen }
}

/** Changes nothing. Throws UserError where there is no such rollout. */
export const previewAction = async (
  client: KubeClient,
  { namespace, name }: Target,
  wish: { readonly action: Action; readonly request: ActionRequest; readonly now: number },
): Promise<ActionPreview> => previewOf(client, await readRolloutView(client, namespace, name), wish)

/** Of every action that needs nothing to be said. */
export const previewActions = async (
  client: KubeClient,
  { namespace, name }: Target,
  now: number,
): Promise<readonly ActionPreview[]> => {
  const view = await readRolloutView(client, namespace, name)
  const plain = ACTIONS.filter(action => action !== 'set-image')
  return Promise.all(plain.map(action => previewOf(client, view, { action, request: {}, now })))
}

const conflict = (message: string): ApiError => new ApiError({ status: 409, reason: 'Conflict', message })

/** Throws ApiError with status 409 where it makes no sense (any more), and what the API server refuses. */
export const act = async (
  client: KubeClient,
  { namespace, name }: Target,
  wish: { readonly action: Action; readonly request: ActionRequest; readonly now: number },
): Promise<ActionDone> => {
  const { action, request, now } = wish
  // What a person agreed to holds for the state that was seen; later conflicts are of others who write without changing it.
  return patchFresh(async () => {
    const view = await readRolloutView(client, namespace, name)
    if (request.seen !== undefined && request.seen !== seenOf(view))
      throw new ActionRefused(conflict(`${name} has changed since you looked; look again, then decide`))
    const plan = planAction(action, view, { request, now, workload: await workloadFor(client, view, action) })
    if ('refused' in plan) throw new ActionRefused(conflict(plan.refused))
    for (const { resource, name: other = name, type, body, subresource } of plan.writes)
      await client.patch(resource, { namespace, name: other }, type, body, subresource)
    return { action, sentence: plan.sentence }
  }).catch((error: unknown) => {
    throw error instanceof ActionRefused ? error.answer : error
  })
}

/** Our own refusal: not tried again, as a conflict of the API server is. */
class ActionRefused extends Error {
  readonly answer: ApiError

  constructor(answer: ApiError) {
    super(answer.message)
    this.answer = answer
  }
}
