/** What the informer of Deployments keeps for reviews of Services: little of each, and only of those that are opted in. */
import { isHeld } from '../api/hold.ts'
import type { Deployment } from '../api/kubernetes.ts'
import { PREFIX, SAVED } from '../api/names.ts'
import type { View } from './admission.ts'

const KEPT_ANNOTATIONS: readonly string[] = [`${PREFIX}strategy`, SAVED]

/** A Deployment without what the view does not need: of thousands that are not opted in hardly more than the name stays. */
export const slimDeployment = (deployment: Deployment): Deployment => {
  const { apiVersion, kind, metadata, spec } = deployment
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(([key]) => KEPT_ANNOTATIONS.includes(key)),
  )
  const { name, namespace, uid, resourceVersion } = metadata
  const slim = {
    apiVersion,
    kind,
    metadata: {
      name,
      annotations,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  }
  const labels = spec.template.metadata?.labels ?? {}
  const matters = Object.keys(annotations).length > 0
  return {
    ...slim,
    spec: matters ? { selector: spec.selector, template: { metadata: { labels }, spec: { containers: [] } } } : NO_SPEC,
  }
}

const NO_SPEC: Deployment['spec'] = { selector: {}, template: { spec: { containers: [] } } }

/** A Deployment that opted out in mid-update counts until it is given back. */
const counts = (deployment: Deployment): boolean =>
  deployment.metadata.annotations?.[`${PREFIX}strategy`] !== undefined || isHeld(deployment)

/** Index of the informer: the namespace, for those that count. */
export const countedNamespace = (deployment: Deployment): readonly string[] =>
  counts(deployment) ? [deployment.metadata.namespace ?? ''] : []

/** The view of the namespace whose Deployments these are. */
export const makeView = (deployments: readonly Deployment[]): View => ({
  optedIn: deployments.filter(counts).map(one => ({
    name: one.metadata.name,
    selector: one.spec.selector,
    podLabels: one.spec.template.metadata?.labels ?? {},
    held: isHeld(one),
  })),
})
