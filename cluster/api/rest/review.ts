/** A write as the admission plugins see it. */
import type { AdmissionAttributes, Operation } from '../admission/chain.ts'
import type { Call } from '../call.ts'
import type { JsonObject } from '../json.ts'
import { toServed } from './convert.ts'
import { scaleOf } from './scale-object.ts'

const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale' }

const OPTIONS_KIND: { readonly [operation in Operation]?: string } = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
}

/** The options object of a review, as the query of the request gives them. */
const optionsOf = (call: Call, operation: Operation): JsonObject => ({
  apiVersion: 'meta.k8s.io/v1',
  kind: call.method === 'PATCH' ? 'PatchOptions' : (OPTIONS_KIND[operation] ?? 'CreateOptions'),
  ...(call.query.get('fieldManager') ? { fieldManager: call.query.get('fieldManager') } : {}),
  ...(call.query.get('fieldValidation') ? { fieldValidation: call.query.get('fieldValidation') } : {}),
  ...(call.dryRun ? { dryRun: ['All'] } : {}),
})

export type Reviewed = {
  readonly operation: Operation
  readonly name: string
  readonly object: JsonObject | null
  readonly oldObject: JsonObject | null
}

/** An object as this request speaks of it: a Scale for `/scale`, else the object in the request's version. */
const shown = ({ kind, subresource }: Call, object: JsonObject | null): JsonObject | null => {
  if (!object) return null
  return subresource === 'scale' && kind.scale ? scaleOf(kind.scale, object) : toServed(kind, object)
}

/** Stored objects in, objects as the request speaks of them out. */
export const reviewOf = (call: Call, { operation, name, object, oldObject }: Reviewed): AdmissionAttributes => ({
  operation,
  kind: call.kind,
  subresource: call.subresource,
  objectKind: call.subresource === 'scale' ? SCALE : { group: call.kind.group, version: call.kind.version, kind: call.kind.kind },
  namespace: call.kind.namespaced ? call.namespace : undefined,
  name,
  object: shown(call, object),
  oldObject: shown(call, oldObject),
  user: call.user,
  dryRun: call.dryRun,
  options: optionsOf(call, operation),
  warn: text => call.warnings.add(text),
})
