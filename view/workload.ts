/** What holds the pod template of an update: the Deployment, a Rollout that has its own, or what a Rollout refers to. */
import type { KubeObject, PodTemplate } from '../api/kubernetes.ts'
import { PREFIX } from '../api/names.ts'
import type { KubeClient, Resource } from '../kube/client.ts'
import { DEPLOYMENTS, POD_TEMPLATES, REPLICA_SETS, ROLLOUTS } from '../kube/resources.ts'
import { readObject } from './read-objects.ts'
import type { RolloutView } from './rollout-view.ts'
import { UserError } from './user-error.ts'

export type Workload = {
  readonly resource: Resource
  readonly object: KubeObject
  readonly template: PodTemplate
  /** Where the template stands in the object, as a JSON pointer; `/spec/template` where nothing is said. */
  readonly path?: string
}

const isAnnotated = (deployment: KubeObject | undefined): boolean =>
  Object.keys(deployment?.metadata.annotations ?? {}).some(key => key.startsWith(PREFIX))

/** A person wrote it; not the note that Sluice keeps of the annotated Deployment of its name. */
export const isUsersRollout = ({ rollout, deployment, name }: RolloutView): boolean => {
  const { kind, name: other } = rollout?.spec.workloadRef ?? {}
  return rollout !== undefined && !(kind === 'Deployment' && other === name && isAnnotated(deployment))
}

/** Throws UserError where there is none, or where it is in an object of another name or kind. */
export const workloadOf = ({ deployment, rollout, name }: RolloutView): Workload => {
  if (rollout?.spec.template !== undefined) return { resource: ROLLOUTS, object: rollout, template: rollout.spec.template }
  const { kind, name: other = name } = rollout?.spec.workloadRef ?? {}
  if (deployment !== undefined && other === name && (kind ?? 'Deployment') === 'Deployment')
    return { resource: DEPLOYMENTS, object: deployment, template: deployment.spec.template }
  throw new UserError(
    kind === undefined
      ? `Rollout ${name} has no pod template`
      : `the pod template of Rollout ${name} is in ${kind} ${other}; name that one, e.g. deployment/${other}`,
  )
}

type Templated = KubeObject & { readonly spec?: { readonly template: PodTemplate }; readonly template?: PodTemplate }

const SOURCES: { readonly [kind: string]: { readonly resource: Resource; readonly path: string } } = {
  Deployment: { resource: DEPLOYMENTS, path: '/spec/template' },
  ReplicaSet: { resource: REPLICA_SETS, path: '/spec/template' },
  PodTemplate: { resource: POD_TEMPLATES, path: '/template' },
}

/** As workloadOf, and reads what a Rollout refers to by another name or kind. Throws UserError where that is not there. */
export const readWorkload = async (client: KubeClient, namespace: string, view: RolloutView): Promise<Workload> => {
  const { kind = '', name: other = '' } = view.rollout?.spec.workloadRef ?? {}
  const source = SOURCES[kind]
  const isHere = other === view.name && kind === 'Deployment'
  if (source === undefined || view.rollout?.spec.template !== undefined || isHere) return workloadOf(view)
  const object = await readObject<Templated>(client, source.resource, namespace, other)
  const template = object?.spec?.template ?? object?.template
  if (object === undefined || template === undefined)
    throw new UserError(`the pod template of Rollout ${view.name} is in ${kind} ${other}, which is not there`)
  return { ...source, object, template }
}
