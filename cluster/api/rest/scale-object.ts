/** The autoscaling/v1 Scale of an object, and its replicas put back into the object. */
import { at, type Draft, ensureChild, type JsonObject, numberOf } from '../json.ts'
import type { ScalePaths } from '../kind.ts'
import { selectorText } from '../selectors.ts'

/** The Scale of a stored object. */
export const scaleOf = (paths: ScalePaths, object: JsonObject): JsonObject => {
  const metadata = at(object, 'metadata')
  const selector = paths.selector ? at(object, ...paths.selector) : undefined
  const text = typeof selector === 'string' ? selector : selectorText(selector)
  const replicas = numberOf(at(object, ...paths.specReplicas))
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: at(metadata, 'name'),
      ...(at(metadata, 'namespace') === undefined ? {} : { namespace: at(metadata, 'namespace') }),
      uid: at(metadata, 'uid'),
      resourceVersion: at(metadata, 'resourceVersion'),
      creationTimestamp: at(metadata, 'creationTimestamp'),
    },
    spec: replicas === undefined || replicas === 0 ? {} : { replicas },
    status: { replicas: numberOf(at(object, ...paths.statusReplicas)) ?? 0, ...(text ? { selector: text } : {}) },
  }
}

/** Writes the number of replicas where the kind keeps it. */
export const setReplicas = (draft: Draft, paths: ScalePaths, replicas: number): void => {
  const last = paths.specReplicas.at(-1) ?? ''
  let target = draft
  for (const field of paths.specReplicas.slice(0, -1)) target = ensureChild(target, field)
  target[last] = replicas
}
