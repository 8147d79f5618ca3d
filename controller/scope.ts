/** Whose objects a controller runs, by the label `argo-rollouts.argoproj.io/controller-instance-id` of Argo Rollouts. */
import type { KubeObject } from '../api/kubernetes.ts'
import { INSTANCE_ID, INSTANCE_ID_LABEL } from '../api/names.ts'

export type Scope = {
  /** Also Rollouts and Experiments that users wrote. */
  readonly userRollouts: boolean
  /** Only objects with this label value, and no annotated Deployments: those belong to the controller without an id. */
  readonly instanceId?: string | undefined
}

const idOf = ({ metadata }: KubeObject): string | undefined => metadata.labels?.[INSTANCE_ID_LABEL]

/** An object that a user wrote for this controller. */
export const isForScope = (object: KubeObject, { instanceId }: Scope): boolean => idOf(object) === instanceId

/** One that a controller of this scope made: what it makes has a label in any case, so that an Argo Rollouts controller leaves it alone. */
export const isMadeInScope = (object: KubeObject, { instanceId }: Scope): boolean => idOf(object) === (instanceId ?? INSTANCE_ID)
