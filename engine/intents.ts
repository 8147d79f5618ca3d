/** What the planner wants done: frozen plain data, in the order in which it is safe. The executor stops at the first that fails. */
import type { AnalysisRun } from '../api/analysis-run.ts'
import type { JsonPatchOp } from '../api/json-patch.ts'
import type { Condition, ReplicaSet, Service } from '../api/kubernetes.ts'
import type { Rollout } from '../api/rollout.ts'
import type { Route, RouteSpec, RouteStatus } from '../api/route.ts'

export type Intent =
  /** Create the Rollout, or merge-patch its spec, labels and owner. */
  | { readonly kind: 'applyRollout'; readonly rollout: Rollout }
  /** Remove the Rollout that Sluice made, when its Deployment opted out. */
  | { readonly kind: 'deleteRollout'; readonly name: string; readonly uid: string; readonly why: string }
  | { readonly kind: 'createReplicaSet'; readonly replicaSet: ReplicaSet }
  /** JSON patch of a ReplicaSet's metadata (labels, annotations, ownerReferences); of its template only what makes no new version. */
  | { readonly kind: 'patchReplicaSet'; readonly name: string; readonly patch: readonly JsonPatchOp[]; readonly why: string }
  | { readonly kind: 'scale'; readonly replicaSet: string; readonly from: number; readonly to: number; readonly why: string }
  | { readonly kind: 'deleteReplicaSet'; readonly name: string; readonly uid: string; readonly why: string }
  | { readonly kind: 'createService'; readonly service: Service }
  | { readonly kind: 'deleteService'; readonly name: string; readonly uid: string }
  /** JSON patch of a fronted Service with its resourceVersion tested: selector taken or given back, labels. */
  | { readonly kind: 'patchService'; readonly name: string; readonly patch: readonly JsonPatchOp[]; readonly why: string }
  | { readonly kind: 'createRoute'; readonly route: Route }
  /** Replace the Route's spec (merge patch with resourceVersion). */
  | {
      readonly kind: 'updateRoute'
      readonly name: string
      readonly resourceVersion: string
      readonly spec: RouteSpec
      readonly why: string
    }
  | { readonly kind: 'setRouteStatus'; readonly name: string; readonly status: RouteStatus }
  | { readonly kind: 'deleteRoute'; readonly name: string; readonly uid: string }
  | { readonly kind: 'deleteSlice'; readonly name: string; readonly uid: string; readonly why: string }
  /** Make connections through the Service's cluster address and remember who answered (ProbeSeen). */
  | {
      readonly kind: 'probe'
      readonly service: string
      readonly routeVersion: number
      readonly step: string
      readonly count: number
    }
  | { readonly kind: 'createAnalysisRun'; readonly run: AnalysisRun }
  | { readonly kind: 'terminateAnalysisRun'; readonly name: string }
  | { readonly kind: 'deleteAnalysisRun'; readonly name: string; readonly uid: string }
  /** JSON patch of the Deployment with its resourceVersion tested: hold it (when the webhook was missed), or give all back at once. */
  | { readonly kind: 'patchDeployment'; readonly patch: readonly JsonPatchOp[]; readonly why: string }
  /** Set the Progressing condition of the Deployment's status, so that kubectl rollout status tells the truth. */
  | { readonly kind: 'setDeploymentCondition'; readonly condition: Condition }
  | { readonly kind: 'event'; readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }

export type IntentKind = Intent['kind']
