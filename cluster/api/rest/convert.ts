/** Objects between the version in which they are stored and the one that a request speaks. */
import { draftOf, type JsonObject } from '../json.ts'
import { apiVersionOf, type Kind } from '../kind.ts'

/** A stored object as a kind's version shows it. */
export const toServed = (kind: Kind, object: JsonObject): JsonObject => {
  if (kind.fromStorage) return kind.fromStorage(object)
  const apiVersion = apiVersionOf(kind)
  return object['apiVersion'] === apiVersion && object['kind'] === kind.kind ? object : { ...object, apiVersion, kind: kind.kind }
}

/** An object of a request as it is stored. */
export const toStored = (kind: Kind, object: JsonObject): JsonObject =>
  kind.toStorage ? kind.toStorage(object) : draftOf(object)
