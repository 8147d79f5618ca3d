/** AdmissionReview answers, `admission.k8s.io/v1`. */
import type { Decision } from './admission.ts'
import { REVIEW_API_VERSION } from './decode-review.ts'

export type ReviewAnswer = {
  readonly apiVersion: typeof REVIEW_API_VERSION
  readonly kind: 'AdmissionReview'
  readonly response: {
    readonly uid: string
    readonly allowed: boolean
    readonly status?: { readonly code: number; readonly message: string }
    readonly patchType?: 'JSONPatch'
    /** The JSON patch, base64. */
    readonly patch?: string
    readonly warnings?: readonly string[]
    readonly auditAnnotations?: { readonly [key: string]: string }
  }
}

/** An empty patch is left out: the API server takes a patch of no operations, but says in its audit log that we changed something. */
export const makeAnswer = (uid: string, decision: Decision): ReviewAnswer => ({
  apiVersion: REVIEW_API_VERSION,
  kind: 'AdmissionReview',
  response: {
    uid,
    allowed: decision.allowed,
    ...(decision.allowed ? {} : { status: { code: decision.code ?? 403, message: decision.message ?? 'refused' } }),
    ...(decision.patch.length === 0
      ? {}
      : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(decision.patch)).toString('base64') }),
    ...(decision.warnings.length === 0 ? {} : { warnings: decision.warnings }),
    auditAnnotations: decision.auditAnnotations,
  },
})

/** The answer to what could not be reviewed at all; an empty uid where none could be read. */
export const makeFailure = (uid: string, code: number, message: string): ReviewAnswer => ({
  apiVersion: REVIEW_API_VERSION,
  kind: 'AdmissionReview',
  response: { uid, allowed: false, status: { code, message } },
})
