/** The Rollout that Sluice keeps for a Deployment: what the tools of Argo Rollouts show, and where the state of an update lives. */
import { NO_LIMIT, savedFields } from '../api/hold.ts'
import type { Deployment, OwnerReference } from '../api/kubernetes.ts'
import { INSTANCE_ID, INSTANCE_ID_LABEL } from '../api/names.ts'
import type { Rollout, RolloutSpec } from '../api/rollout.ts'
import type { Context } from './context.ts'
import { isSame } from './same.ts'
import { NOTHING, type Part } from './waiting.ts'

export const ownerOf = (
  { apiVersion, kind, metadata }: Pick<Deployment, 'apiVersion' | 'kind' | 'metadata'>,
  controller: boolean,
): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid ?? '',
  ...(controller && { controller: true, blockOwnerDeletion: true }),
})

const makeSpec = ({ deployment, spec: strategy, seen, rollout, replicas }: Context): RolloutSpec => {
  const { revisionHistoryLimit, progressDeadlineSeconds } = savedFields(deployment) ?? deployment.spec
  const { minReadySeconds } = deployment.spec
  // People set these on the Rollout itself (`kubectl argo rollouts pause` and `restart`); they stay.
  const { paused, restartAt } = rollout?.spec ?? {}
  return {
    replicas,
    workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: seen.name },
    ...(minReadySeconds !== undefined && minReadySeconds > 0 && { minReadySeconds }),
    ...(revisionHistoryLimit !== undefined && revisionHistoryLimit !== NO_LIMIT && { revisionHistoryLimit }),
    ...(progressDeadlineSeconds !== undefined && progressDeadlineSeconds !== NO_LIMIT && { progressDeadlineSeconds }),
    ...(paused !== undefined && { paused }),
    ...(restartAt !== undefined && { restartAt }),
    strategy,
  }
}

export const makeRollout = (context: Context): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: {
    name: context.seen.name,
    namespace: context.seen.namespace,
    labels: { [INSTANCE_ID_LABEL]: INSTANCE_ID },
    ownerReferences: [ownerOf({ ...context.deployment, apiVersion: 'apps/v1', kind: 'Deployment' }, true)],
  },
  spec: makeSpec(context),
})

/** Makes the Rollout or brings it in line; nothing when it is as it should be. */
export const planRollout = (context: Context): Part => {
  const wanted = makeRollout(context)
  const { rollout } = context
  const isRight =
    rollout !== undefined &&
    isSame(rollout.spec, wanted.spec) &&
    isSame(rollout.metadata.ownerReferences, wanted.metadata.ownerReferences)
  return isRight ? NOTHING : { intents: [{ kind: 'applyRollout', rollout: wanted }], waits: [] }
}
