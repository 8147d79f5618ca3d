/** What an admission request asks and what we answer, as plain data: the input and the output of review.ts. */
import type { ReadOptions } from '../api/annotations.ts'
import type { JsonPatchOp } from '../api/json-patch.ts'
import type { LabelSelector, Labels } from '../api/kubernetes.ts'
import type { SidecarOptions } from './sidecar-options.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** `request` of an AdmissionReview, `admission.k8s.io/v1`; the objects are whatever the API server sent. */
export type AdmissionRequest = {
  readonly uid: string
  readonly operation: Operation
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly subResource?: string
  readonly namespace?: string
  readonly name?: string
  readonly user: string
  readonly dryRun: boolean
  readonly object?: unknown
  readonly oldObject?: unknown
}

/** The parts of an opted-in Deployment that tell whether a Service fronts its pods. */
export type ViewedDeployment = {
  readonly name: string
  readonly selector: LabelSelector
  readonly podLabels: Labels
  readonly held?: boolean
}

/** What the informers know of the request's namespace. */
export type View = { readonly optedIn: readonly ViewedDeployment[] }

export type ReviewOptions = ReadOptions & {
  /** Whose writes pass without a look. */
  readonly controllerUser?: string
  /** What sidecars are made of; absent: none are. */
  readonly sidecar?: SidecarOptions
}

/** One word for metrics and the audit log. */
export type DecisionName =
  | 'hold'
  | 'new-version'
  | 'rollback'
  | 'keep-hold'
  | 'resume-answered'
  | 'opt-out'
  | 'user-paused'
  | 'label'
  | 'keep-detached'
  | 'restore'
  | 'sidecar'
  | 'bypass'
  | 'pass'
  | 'deny'

export type Decision = {
  readonly allowed: boolean
  /** HTTP status of a denial. */
  readonly code?: number
  readonly message?: string
  readonly patch: readonly JsonPatchOp[]
  /** Each shorter than 256 characters: the API server cuts longer ones. */
  readonly warnings: readonly string[]
  readonly auditAnnotations: { readonly decision: DecisionName; readonly reason: string }
}

/** A decision together with what it rests on; the parts that are absent are empty. */
export const allow = (
  decision: DecisionName,
  reason: string,
  { patch = [], warnings = [] }: { readonly patch?: readonly JsonPatchOp[]; readonly warnings?: readonly string[] } = {},
): Decision => ({ allowed: true, patch, warnings: warnings.map(shorten), auditAnnotations: { decision, reason } })

export const deny = (code: number, message: string, warnings: readonly string[] = []): Decision => ({
  allowed: false,
  code,
  message,
  patch: [],
  warnings: warnings.map(shorten),
  auditAnnotations: { decision: 'deny', reason: message },
})

const LONGEST_WARNING = 255

/** The API server counts Unicode code points, so that is what is cut here. */
const shorten = (warning: string): string => {
  const points = [...warning]
  return points.length <= LONGEST_WARNING ? warning : `${points.slice(0, LONGEST_WARNING - 1).join('')}…`
}
