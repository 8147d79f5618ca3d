/** JSON patch (RFC 6902), all or nothing. */
import fastJsonPatch from 'fast-json-patch'
import { badRequest, Failure } from '../failure.ts'
import { copyJson, isObject, type JsonObject } from '../json.ts'

/** As the API server: more operations than this are refused. */
const MAX_OPERATIONS = 10_000

const isOperation = (value: unknown): value is fastJsonPatch.Operation =>
  isObject(value) && typeof value['op'] === 'string' && typeof value['path'] === 'string'

/** The target with the patch applied; a 422 Failure says which operation could not be. */
export const applyJsonPatch = (target: JsonObject, patch: unknown): JsonObject => {
  if (!Array.isArray(patch) || !patch.every(isOperation))
    throw badRequest('error decoding patch: a JSON patch is a list of operations with "op" and "path"')
  if (patch.length > MAX_OPERATIONS) {
    throw new Failure(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    )
  }
  try {
    const patched: unknown = fastJsonPatch.applyPatch(copyJson(target), patch, true, true).newDocument
    if (!isObject(patched)) throw badRequest('the patch does not leave an object')
    return patched
  } catch (error) {
    if (error instanceof Failure) throw error
    const why =
      error instanceof fastJsonPatch.JsonPatchError
        ? `${error.name}: operation ${error.index}: ${JSON.stringify(error.operation)}`
        : String(error)
    throw new Failure(422, 'Invalid', `the server rejected our request due to an error in our request: ${why}`)
  }
}
