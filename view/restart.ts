/** New pods of the same version, as a merge patch. Pure. */
import type { Resource } from '../kube/client.ts'
import { ROLLOUTS } from '../kube/resources.ts'
import { isInProgress, type RolloutView } from './rollout-view.ts'
import { isUsersRollout, workloadOf } from './workload.ts'

/** What `kubectl rollout restart` writes, too. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

const wholeSecond = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

export type Restart = { readonly resource: Resource; readonly body: object; readonly said: string } | { readonly refused: string }

/** `at`, `now`: milliseconds since the epoch. Throws UserError where there is no pod template. */
export const planRestart = (view: RolloutView, { at, now }: { readonly at: number; readonly now: number }): Restart => {
  const { name } = view
  if (isUsersRollout(view))
    return {
      resource: ROLLOUTS,
      body: { spec: { restartAt: wholeSecond(at) } },
      said: `${name} restarts its pods one after the other from ${wholeSecond(at)} on`,
    }
  const { resource, object } = workloadOf(view)
  if (at > now) return { refused: '--in is for Rollouts with pods of their own; a Deployment restarts at once' }
  if (isInProgress(view))
    return {
      refused: `an update of ${name} is in progress; a restart would be a new version in the middle of it; promote or abort it first`,
    }
  const { resourceVersion } = object.metadata
  const template = { metadata: { annotations: { [RESTARTED_AT]: wholeSecond(at) } } }
  return {
    resource,
    body: { metadata: { resourceVersion }, spec: { template } },
    said: `${name} restarts: the same images as a new version, which is tried by its steps`,
  }
}
