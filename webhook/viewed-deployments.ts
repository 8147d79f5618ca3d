/** What the informer of Deployments keeps for reviews of Services: little of each, and only of those that are opted in. */
import { readSettings } from '../api/annotations.ts'
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

/** The view of one namespace. A Deployment that opted out in mid-update counts until it is given back. */
export const makeView = (deployments: readonly Deployment[]): View => ({
  optedIn: deployments
    .filter(one => readSettings(one.metadata.annotations).optedIn || isHeld(one))
    .map(one => ({ name: one.metadata.name, selector: one.spec.selector, podLabels: one.spec.template.metadata?.labels ?? {} })),
})
