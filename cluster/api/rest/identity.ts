/** Does the object in a body belong to the path it was sent to? */
import type { Call } from '../call.ts'
import { badRequest } from '../failure.ts'
import { type Draft, ensureChild, isObject, textOf } from '../json.ts'
import { apiVersionOf } from '../kind.ts'

/** Refuses another kind, namespace or name than the path's; fills in what the body leaves out. */
export const checkIdentity = (call: Call, draft: Draft): void => {
  const { kind } = call
  const expected = apiVersionOf(kind)
  const [apiVersion, kindName] = [textOf(draft['apiVersion']), textOf(draft['kind'])]
  if ((apiVersion && apiVersion !== expected) || (kindName && kindName !== kind.kind)) {
    throw badRequest(
      `the API version in the data (${apiVersion || 'none'}, kind ${kindName || 'none'}) does not match the expected API version (${expected}, kind ${kind.kind})`,
    )
  }
  draft['apiVersion'] = expected
  draft['kind'] = kind.kind
  if (draft['metadata'] !== undefined && draft['metadata'] !== null && !isObject(draft['metadata']))
    throw badRequest('metadata: must be an object')
  const metadata = ensureChild(draft, 'metadata')
  const namespace = textOf(metadata['namespace'])
  if (kind.namespaced && namespace && namespace !== call.namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
  }
  if (kind.namespaced) metadata['namespace'] = call.namespace
  else delete metadata['namespace']
  const name = textOf(metadata['name'])
  if (call.name && name && name !== call.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${call.name})`)
  }
  if (call.name) metadata['name'] = call.name
}
