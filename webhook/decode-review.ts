/** From the body of an HTTP request to an admission request, or to what is wrong with it. */
import type { AdmissionRequest, Operation } from './admission.ts'

export const REVIEW_API_VERSION = 'admission.k8s.io/v1'

const OPERATIONS: readonly string[] = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] satisfies readonly Operation[]

export type DecodedReview =
  | { readonly request: AdmissionRequest; readonly problem?: undefined }
  /** `uid` as far as it could be read, so that the answer can carry it. */
  | { readonly problem: string; readonly uid: string; readonly request?: undefined }

type Json = { readonly [key: string]: unknown }

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const show = (value: unknown): string => (value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value)).slice(0, 80))

/** Decodes an AdmissionReview; every problem names the field, what is there and what belongs there. */
export const decodeReview = (body: unknown): DecodedReview => {
  if (!isObject(body)) return { uid: '', problem: `body: ${show(body)} is not an AdmissionReview object` }
  const request = body.request
  const uid = isObject(request) ? text(request.uid) : ''
  if (body.apiVersion !== REVIEW_API_VERSION)
    return { uid, problem: `apiVersion: ${show(body.apiVersion)} is not supported, must be "${REVIEW_API_VERSION}"` }
  if (body.kind !== 'AdmissionReview')
    return { uid, problem: `kind: ${show(body.kind)} is not supported, must be "AdmissionReview"` }
  if (!isObject(request)) return { uid, problem: `request: ${show(request)} is not an object, must be an AdmissionRequest` }
  return decodeRequest(request, uid)
}

const decodeRequest = (request: Json, uid: string): DecodedReview => {
  if (uid === '') return { uid, problem: `request.uid: ${show(request.uid)} is not a name, must be the uid to answer with` }
  const operation = OPERATIONS.find(one => one === request.operation)
  if (operation === undefined)
    return { uid, problem: `request.operation: ${show(request.operation)} is unknown, must be one of ${OPERATIONS.join(', ')}` }
  const kind = request.kind
  if (!isObject(kind) || typeof kind.kind !== 'string' || kind.kind === '')
    return {
      uid,
      problem: `request.kind: ${show(kind)} is not a kind, must be e.g. {"group":"apps","version":"v1","kind":"Deployment"}`,
    }
  return {
    request: {
      uid,
      operation: operation as Operation,
      kind: { group: text(kind.group), version: text(kind.version), kind: kind.kind },
      ...(text(request.subResource) === '' ? {} : { subResource: text(request.subResource) }),
      ...(text(request.namespace) === '' ? {} : { namespace: text(request.namespace) }),
      ...(text(request.name) === '' ? {} : { name: text(request.name) }),
      user: isObject(request.userInfo) ? text(request.userInfo.username) : '',
      dryRun: request.dryRun === true,
      ...(request.object === undefined || request.object === null ? {} : { object: request.object }),
      ...(request.oldObject === undefined || request.oldObject === null ? {} : { oldObject: request.oldObject }),
    },
  }
}
