/** PATCH: merge (RFC 7396), JSON (RFC 6902) and strategic merge. */
import type { Api } from '../api.ts'
import { BODY_LIMIT, mediaType, parseJson } from '../body.ts'
import { type Answer, type Call, jsonAnswer } from '../call.ts'
import { badRequest, tooLarge, unsupportedMediaType } from '../failure.ts'
import { at, isObject, type JsonObject } from '../json.ts'
import { applyJsonPatch } from '../patch/json.ts'
import { applyMergePatch } from '../patch/merge.ts'
import { applyStrategicPatch } from '../patch/strategic.ts'
import { schemaOfKind } from '../schema/kubernetes.ts'
import { toServed } from './convert.ts'
import { type Change, changeObject } from './update.ts'

export const JSON_PATCH = 'application/json-patch+json'
export const MERGE_PATCH = 'application/merge-patch+json'
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json'
const APPLY_TYPES = ['application/apply-patch+yaml', 'application/apply-patch+json', 'application/apply-patch+cbor']

const acceptedBy = (call: Call) => (call.kind.custom ? [JSON_PATCH, MERGE_PATCH] : [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH])

const refuseApply = () =>
  unsupportedMediaType(
    [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH].concat(
      '(server-side apply is not supported by this server: use client-side apply, "kubectl apply" without --server-side)',
    ),
  )

const patchObject = (body: unknown): JsonObject => {
  if (!isObject(body)) {
    const found = Array.isArray(body) ? 'array' : typeof body
    throw badRequest(`error decoding patch: json: cannot unmarshal ${found} into Go value of type map[string]interface {}`)
  }
  return body
}

/** The change that a patch of this media type makes; refuses types that the kind does not take. */
export const changeOfPatch = (call: Call): Change => {
  const type = mediaType(call.headers['content-type'])
  if (APPLY_TYPES.includes(type)) throw refuseApply()
  if (!acceptedBy(call).includes(type)) throw unsupportedMediaType(acceptedBy(call))
  if (Buffer.byteLength(call.body) > BODY_LIMIT) throw tooLarge(BODY_LIMIT)
  const body = parseJson(call.body)
  if (type === JSON_PATCH) return current => applyJsonPatch(current, body)
  const patch = patchObject(body)
  if (type === MERGE_PATCH) return current => patchObject(applyMergePatch(current, patch))
  return current => applyStrategicPatch(current, patch, schemaOfKind(call.kind))
}

const namesVersion = (call: Call): boolean => {
  const body = parseJson(call.body)
  return isObject(body) && at(body, 'metadata', 'resourceVersion') !== undefined
}

export const handlePatch = async (api: Api, call: Call): Promise<Answer> => {
  const change = changeOfPatch(call)
  const stored = await changeObject(api, call, change, namesVersion(call))
  return jsonAnswer(200, toServed(call.kind, stored))
}
