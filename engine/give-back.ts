/** The end of an update: everything back to the user in one patch. */
import { giveBackOps } from '../api/hold.ts'
import type { PodTemplate } from '../api/kubernetes.ts'
import { POD_TEMPLATE_HASH } from '../api/names.ts'
import { templateHash } from '../api/template.ts'
import type { Context } from './context.ts'
import { type Goal, stableOf } from './goal.ts'
import { deploymentCondition } from './held-events.ts'
import type { Intent } from './intents.ts'
import { guarded } from './service-mode/patch.ts'
import { isGone } from './versions.ts'

/** Nothing but the stable version has pods, not even terminating ones. */
export const isOnlyStable = (
  { seen }: Context,
  hash: string,
  versions: readonly { readonly hash: string; readonly name: string }[],
): boolean => {
  const own = versions.find(version => version.hash === hash)?.name
  return seen.replicaSets.every(({ metadata, spec }) => {
    const isDeleted = metadata.deletionTimestamp !== undefined
    const pods = seen.podsByReplicaSet[metadata.name] ?? 0
    return (
      metadata.name === own ||
      isGone({ hash: '', name: '', spec: isDeleted ? 0 : (spec.replicas ?? 1), ready: 0, available: 0, pods })
    )
  })
}

/** The stable version's template as the user wrote it. */
const stableTemplate = (context: Context): PodTemplate => {
  const { template } = stableOf(context).replicaSet?.spec ?? context.deployment.spec
  const { [POD_TEMPLATE_HASH]: _, ...labels } = template.metadata?.labels ?? {}
  return { ...template, metadata: { ...template.metadata, labels } }
}

/** A wrong order here would be an outage: paused, strategy and limits go back together, with the resourceVersion tested. */
export const giveBack = (context: Context, goal: Goal): readonly Intent[] => {
  const { deployment } = context
  const template = goal === 'opt-out' ? stableTemplate(context) : undefined
  const hash = templateHash(template ?? deployment.spec.template)
  const patch = giveBackOps(deployment, { stableTemplate: hash, ...(template && { template }) })
  const optedOut: readonly Intent[] =
    goal === 'opt-out'
      ? [
          {
            kind: 'event',
            type: 'Warning',
            reason: 'OptedOut',
            message: `The update was taken back to the stable version ${stableOf(context).hash}: the Deployment opted out`,
          },
        ]
      : []
  return [
    {
      kind: 'patchDeployment',
      patch: guarded(deployment, patch),
      why: "the update is over; the fields that were held are the user's again",
    },
    ...deploymentCondition(context, {
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${stableOf(context).name}" has successfully progressed.`,
    }),
    ...optedOut,
  ]
}
