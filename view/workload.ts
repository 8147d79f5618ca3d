/** What holds the pod template of an update: the Deployment, or a Rollout that has its own. */
import type { KubeObject, PodTemplate } from '../api/kubernetes.ts'
import type { Resource } from '../kube/client.ts'
import { DEPLOYMENTS, ROLLOUTS } from '../kube/resources.ts'
import type { RolloutView } from './rollout-view.ts'
import { UserError } from './user-error.ts'

export type Workload = { readonly resource: Resource; readonly object: KubeObject; readonly template: PodTemplate }

/** Throws UserError where there is none, or where it is in an object of another kind. */
export const workloadOf = ({ deployment, rollout, name }: RolloutView): Workload => {
  if (deployment !== undefined) return { resource: DEPLOYMENTS, object: deployment, template: deployment.spec.template }
  if (rollout?.spec.template !== undefined) return { resource: ROLLOUTS, object: rollout, template: rollout.spec.template }
  const { kind, name: other } = rollout?.spec.workloadRef ?? {}
  throw new UserError(
    kind === undefined
      ? `Rollout ${name} has no pod template`
      : `the pod template of Rollout ${name} is in ${kind} ${other}; name that one, e.g. deployment/${other}`,
  )
}
