/** Runs planDeployment against the API. */
import type { Condition, Deployment, Pod, ReplicaSet } from '../../api/kubernetes.ts'
import { REVISION } from '../../api/names.ts'
import { matchesSelector } from '../../api/selector.ts'
import { sameTemplate } from '../../api/template.ts'
import { isAlreadyExists, messageOf } from '../../kube/errors.ts'
import { splitKey } from '../../kube/object-store.ts'
import { DEPLOYMENTS, REPLICA_SETS } from '../../kube/resources.ts'
import { BY_NAMESPACE, BY_OWNER, type Caches, orphansOf } from './caches.ts'
import { claim } from './claim.ts'
import { controllerRefOf } from './claims.ts'
import { conditionOf, timestamp, withCondition } from './conditions.ts'
import type { Controller, ControllerContext, Watch } from './controller.ts'
import { watchOf } from './controller.ts'
import { type DeploymentStatus, type DeploymentWrite, planDeployment } from './deployment/plan.ts'
import { hasProgressDeadline, isRollingUpdate } from './deployment/size.ts'
import { replacing } from './replacing.ts'

const keyOf = ({ metadata }: Deployment) => `${metadata.namespace ?? ''}/${metadata.name}`

export const deploymentController: Controller = {
  name: 'deployment-controller',
  make: context => ({
    watches: [
      watchOf(context.caches.deployments, deployment => [keyOf(deployment)]),
      watchOf(context.caches.replicaSets, replicaSet => deploymentsOf(context.caches, replicaSet)),
      recreateWatch(context.caches),
    ],
    reconcile: key => reconcile(context, key),
  }),
}

/** The Deployment that controls a ReplicaSet, or all that might adopt it. */
function deploymentsOf(caches: Caches, replicaSet: ReplicaSet): readonly string[] {
  const controller = controllerRefOf(replicaSet)
  if (controller) return controller.kind === 'Deployment' ? [`${replicaSet.metadata.namespace ?? ''}/${controller.name}`] : []
  return caches.deployments
    .by(BY_NAMESPACE, replicaSet.metadata.namespace ?? '')
    .filter(deployment => matchesSelector(deployment.spec.selector, replicaSet.metadata.labels))
    .map(keyOf)
}

/** Under Recreate the last old pod to go is what the new ReplicaSet waits for. */
const recreateWatch =
  (caches: Caches): Watch =>
  enqueue =>
    caches.pods.onChange((_, pod, previous) => {
      if (!pod && previous) recreatedBy(caches, previous).forEach(enqueue)
    })

function recreatedBy(caches: Caches, pod: Pod): readonly string[] {
  const replicaSet = caches.replicaSets.get(pod.metadata.namespace, controllerRefOf(pod)?.name ?? '')
  const keys = replicaSet ? deploymentsOf(caches, replicaSet) : []
  return keys.filter(key => {
    const { namespace, name } = splitKey(key)
    const deployment = caches.deployments.get(namespace, name)
    return deployment && !isRollingUpdate(deployment)
  })
}

async function reconcile(context: ControllerContext, key: string): Promise<number | undefined> {
  const { client, caches, clock } = context
  const { namespace, name } = splitKey(key)
  const deployment = caches.deployments.get(namespace, name)
  if (!deployment) return undefined
  const replicaSets = await claim<ReplicaSet>({
    client,
    owner: deployment,
    ownerResource: DEPLOYMENTS,
    resource: REPLICA_SETS,
    matches: labels => matchesSelector(deployment.spec.selector, labels),
    candidates: [
      ...caches.replicaSets.by(BY_OWNER, deployment.metadata.uid ?? ''),
      ...caches.replicaSets.by(BY_OWNER, orphansOf(namespace)),
    ],
  })
  const pods = replicaSets.flatMap(replicaSet => caches.pods.by(BY_OWNER, replicaSet.metadata.uid ?? ''))
  const plan = planDeployment({ deployment, replicaSets, pods, now: clock.now() })
  const versions = new Map(replicaSets.map(replicaSet => [replicaSet.metadata.name, replicaSet.metadata.resourceVersion]))
  for (const write of plan.writes) await execute({ context, deployment, versions }, write)
  return plan.wakeAt
}

type Execution = {
  readonly context: ControllerContext
  readonly deployment: Deployment
  /** resourceVersion of each ReplicaSet as last seen or written. */
  readonly versions: Map<string, string | undefined>
}

async function execute(execution: Execution, write: DeploymentWrite): Promise<void> {
  const { context, deployment, versions } = execution
  const { namespace = '' } = deployment.metadata
  switch (write.type) {
    case 'updateReplicaSet': {
      const { name, annotations, replicas, minReadySeconds } = write
      const metadata = { resourceVersion: versions.get(name), ...(annotations ? { annotations } : {}) }
      const spec = {
        ...(replicas === undefined ? {} : { replicas }),
        ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      }
      const written = await context.client.patch(REPLICA_SETS, { namespace, name }, 'merge', { metadata, spec })
      versions.set(name, written.metadata.resourceVersion)
      return
    }
    case 'createReplicaSet':
      return createReplicaSet(execution, write.replicaSet)
    case 'deleteReplicaSet':
      return context.client.delete(REPLICA_SETS, { namespace, name: write.name })
    case 'updateStatus':
      return updateStatus(execution, write.status, write.revision)
    case 'event':
      return context.events.record(deployment, { type: write.eventType, reason: write.reason, message: write.message })
  }
}

async function createReplicaSet(execution: Execution, replicaSet: ReplicaSet): Promise<void> {
  const { context, deployment, versions } = execution
  try {
    const created = await context.client.create(REPLICA_SETS, replicaSet)
    versions.set(created.metadata.name, created.metadata.resourceVersion)
  } catch (error) {
    if (!isAlreadyExists(error)) await reportFailure(execution, replicaSet, messageOf(error))
    else if (await isOurs(execution, replicaSet)) return
    else {
      const collisionCount = (deployment.status?.collisionCount ?? 0) + 1
      await updateStatus(execution, { ...deployment.status, collisionCount })
    }
    throw error
  }
}

/** The name is taken: by the very ReplicaSet that the cache does not show yet, or by another one (a collision). */
async function isOurs({ context, deployment, versions }: Execution, wanted: ReplicaSet): Promise<boolean> {
  const { namespace = '' } = deployment.metadata
  const existing = await context.client.get<ReplicaSet>(REPLICA_SETS, { namespace, name: wanted.metadata.name })
  versions.set(existing.metadata.name, existing.metadata.resourceVersion)
  return (
    controllerRefOf(existing)?.uid === deployment.metadata.uid && sameTemplate(existing.spec.template, deployment.spec.template)
  )
}

async function reportFailure(execution: Execution, { metadata }: ReplicaSet, problem: string): Promise<void> {
  const { context, deployment } = execution
  const reason = 'ReplicaSetCreateError'
  const message = `Failed to create new replica set "${metadata.name}": ${problem}`
  context.events.record(deployment, { type: 'Warning', reason, message })
  const conditions = deployment.status?.conditions ?? []
  if (!hasProgressDeadline(deployment) || conditionOf(conditions, 'Progressing')?.reason === reason) return
  const time = timestamp(context.clock.now())
  const condition: Condition = {
    type: 'Progressing',
    status: 'False',
    reason,
    message,
    lastUpdateTime: time,
    lastTransitionTime: time,
  }
  await updateStatus(execution, { ...deployment.status, conditions: withCondition(conditions, condition) })
}

async function updateStatus({ context, deployment }: Execution, status: DeploymentStatus, revision?: string): Promise<void> {
  const { namespace = '', name, resourceVersion } = deployment.metadata
  const metadata = { resourceVersion, ...(revision === undefined ? {} : { annotations: { [REVISION]: revision } }) }
  await context.client.patch(
    DEPLOYMENTS,
    { namespace, name },
    'merge',
    { metadata, status: replacing(deployment.status, status) },
    'status',
  )
}
