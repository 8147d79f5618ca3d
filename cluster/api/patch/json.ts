/** JSON patch (RFC 6902), all or nothing, with the leniencies of the library that Kubernetes uses. */
import fastJsonPatch from 'fast-json-patch'
import { badRequest, Failure } from '../failure.ts'
import { copyJson, isObject, type JsonObject } from '../json.ts'

/** As the API server: more operations than this are refused. */
const MAX_OPERATIONS = 10_000

const isOperation = (value: unknown): value is fastJsonPatch.Operation =>
  isObject(value) && typeof value['op'] === 'string' && typeof value['path'] === 'string'

const partsOf = (pointer: string): readonly string[] => pointer.split('/').slice(1).map(fastJsonPatch.unescapePathComponent)

/** The value that holds the last part of a pointer, when it is there and an object. */
const parentOf = (document: unknown, pointer: string): JsonObject | undefined => {
  let current: unknown = document
  for (const part of partsOf(pointer).slice(0, -1)) {
    if (Array.isArray(current)) current = current[Number(part)]
    else if (isObject(current) && Object.hasOwn(current, part)) current = current[part]
    else return undefined
  }
  return isObject(current) ? current : undefined
}

const isMissingField = (document: unknown, pointer: string): boolean => {
  const parent = parentOf(document, pointer)
  return parent !== undefined && !Object.hasOwn(parent, partsOf(pointer).at(-1) ?? '')
}

/** In Kubernetes a field that is not there counts as null for `test`, and can be replaced (seen on a 1.34 server). */
const lenient = (document: unknown, operation: fastJsonPatch.Operation): fastJsonPatch.Operation | undefined => {
  if (operation.op === 'test' && operation.value === null && isMissingField(document, operation.path)) return undefined
  if (operation.op === 'replace' && isMissingField(document, operation.path)) return { ...operation, op: 'add' }
  return operation
}

/** The words of the server, and in the causes what it was about. */
const refused = (error: unknown, index: number, operation: fastJsonPatch.Operation): Failure => {
  const name = error instanceof fastJsonPatch.JsonPatchError ? error.name : String(error)
  return new Failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {
    causes: [
      { reason: 'JSONPatchFailed', message: `${name}: operation ${index}: ${JSON.stringify(operation)}`, field: operation.path },
    ],
  })
}

/** The target with the patch applied; a 422 Failure says in its causes which operation could not be. */
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
  let document: unknown = copyJson(target)
  for (const [index, operation] of patch.entries()) {
    const done = lenient(document, operation)
    try {
      if (done)
        document = fastJsonPatch.applyOperation(
          document,
          copyJson(done) as fastJsonPatch.Operation,
          true,
          true,
          true,
          index,
        ).newDocument
    } catch (error) {
      throw refused(error, index, operation)
    }
  }
  if (!isObject(document)) throw badRequest('the patch does not leave an object')
  return document
}
