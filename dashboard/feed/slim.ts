/** What the overview keeps of an object: there may be ten thousand Deployments. Pure. */
import type { Deployment, KubeObject, ObjectMeta } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

const slimMeta = (metadata: ObjectMeta): ObjectMeta => {
  const { managedFields: _, annotations, labels: __, ...rest } = metadata
  if (annotations === undefined) return rest
  const { [LAST_APPLIED]: ___, ...others } = annotations
  return { ...rest, annotations: others }
}

export const slimDeployment = (deployment: Deployment): Deployment => {
  const { template, replicas, paused, strategy } = deployment.spec
  return {
    ...slim(deployment),
    spec: {
      ...(replicas !== undefined && { replicas }),
      ...(paused !== undefined && { paused }),
      ...(strategy && { strategy }),
      selector: {},
      template: { spec: { containers: template.spec.containers.map(({ name, image }) => ({ name, ...(image && { image }) })) } },
    },
  }
}

const slim = <T extends KubeObject>(object: T): T => ({ ...object, metadata: slimMeta(object.metadata) })

export const slimRollout = (rollout: Rollout): Rollout => slim(rollout)
