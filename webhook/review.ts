/**
 * The whole of the webhook's judgement: an admission request and what the informers know in, the answer out.
 * Pure, so dry runs, retries and reinvocations are the same call: reviewing an object that already carries our patch patches nothing.
 */
import { type AdmissionRequest, allow, type Decision, deny, type ReviewOptions, type View } from './admission.ts'
import { reviewDeployment } from './review-deployment.ts'
import { reviewPod } from './review-pod.ts'
import { reviewService } from './review-service.ts'

type Reviewer = (request: AdmissionRequest & { readonly object: unknown }, view: View, options: ReviewOptions) => Decision

/** By `GROUP/KIND`; the version is always v1 (matchPolicy Equivalent converts). */
const REVIEWERS: ReadonlyMap<string, Reviewer> = new Map<string, Reviewer>([
  ['apps/Deployment', reviewDeployment],
  ['/Service', reviewService],
  ['/Pod', reviewPod],
])

/**
 * Answers an admission request. Kinds, subresources and operations that are not ours are let through untouched.
 * `options.decodeYaml` lets the `spec` annotation be checked when it is not JSON.
 */
export const review = (request: AdmissionRequest, view: View, options: ReviewOptions = {}): Decision => {
  const reviewer = REVIEWERS.get(`${request.kind.group}/${request.kind.kind}`)
  if (reviewer === undefined || request.subResource !== undefined) return allow('pass', 'not a kind that is reviewed')
  if (request.operation !== 'CREATE' && request.operation !== 'UPDATE')
    return allow('pass', `${request.operation} is not reviewed`)
  if (request.object === undefined) return deny(400, `request.object: missing, must be the ${request.kind.kind} to review`)
  if (request.operation === 'UPDATE' && request.oldObject === undefined)
    return deny(400, `request.oldObject: missing, must be the ${request.kind.kind} before the update`)
  return reviewer({ ...request, object: request.object }, view, options)
}
