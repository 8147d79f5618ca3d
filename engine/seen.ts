/** What the controller observed of one Deployment and everything around it: the whole input of `plan`. Plain data, never changed. */
import type { AnalysisRun, AnalysisTemplate } from '../api/analysis-run.ts'
import type { Deployment, EndpointSlice, ReplicaSet, Service } from '../api/kubernetes.ts'
import type { Rollout } from '../api/rollout.ts'
import type { Route } from '../api/route.ts'
import type { RouterReport } from '../api/router-admin.ts'
import type { Surroundings } from './preflight/index.ts'

export type RouterSeen = {
  readonly name: string
  /** The pod is Ready and not terminating. */
  readonly ready: boolean
  /** The newest answer of its admin port; absent when it did not answer. */
  readonly report?: RouterReport
}

/** What came back when connections were made through the Service's cluster address. */
export type ProbeSeen = {
  /** `spec.version` of the Route that was in force. */
  readonly routeVersion: number
  /** `status.step` of the Route for which it was asked. */
  readonly step: string
  readonly asked: number
  /** Connections that a router of ours answered. */
  readonly answeredByRouter: number
}

export type ServiceSeen = {
  readonly service: Service
  readonly route?: Route
  /** Every EndpointSlice with `kubernetes.io/service-name` = this Service, whoever manages it. */
  readonly slices: readonly EndpointSlice[]
  /** Labels of the Endpoints object of the same name; absent when there is none. */
  readonly endpointsLabels?: { readonly [key: string]: string }
  readonly probe?: ProbeSeen
}

export type BackendSeen = {
  /** The private Service. */
  readonly service: Service
  /** The Service that it belongs to, and the version whose pods it selects. */
  readonly frontedService: string
  readonly hash: string
  /** Endpoints in its slices that are ready. */
  readonly readyEndpoints: number
  /** Endpoints in its slices at all (ready, or terminating and still serving). */
  readonly endpoints: number
}

export type Seen = {
  readonly namespace: string
  /** Name of the Deployment, its Rollout too. */
  readonly name: string
  /** Absent once deleted; with a deletionTimestamp while it goes. */
  readonly deployment?: Deployment
  readonly rollout?: Rollout
  /** Those whose controller is the Deployment (by uid). Never by labels. */
  readonly replicaSets: readonly ReplicaSet[]
  /** Pods of each ReplicaSet that exist at all, terminating ones included, by ReplicaSet name. */
  readonly podsByReplicaSet: { readonly [replicaSet: string]: number }
  /** Services labelled for this Deployment, Services that select its pods, and Services with a Route of it. */
  readonly services: readonly ServiceSeen[]
  readonly backends: readonly BackendSeen[]
  readonly routers: readonly RouterSeen[]
  /** Its pods that have the router as a sidecar, as routers. */
  readonly sidecars?: readonly RouterSeen[]
  /** Its ready pods that have none. */
  readonly podsWithoutSidecar?: number
  readonly analysisRuns: readonly AnalysisRun[]
  readonly analysisTemplates: readonly AnalysisTemplate[]
  readonly clusterAnalysisTemplates?: readonly AnalysisTemplate[]
  /** What is wrong with templates whatever their arguments will be; those that are right are not in it. */
  readonly templateProblems?: Pick<ReadonlyMap<AnalysisTemplate, string>, 'get'>
  /** Listening ports that Routes of any Deployment hold, or held less than a minute ago. */
  readonly takenPorts: readonly number[]
  readonly settings: Settings
  /** Read while a Service has still to be entered; absent otherwise. */
  readonly surroundings?: Surroundings
}

export type Settings = {
  /** How long a change of EndpointSlices is given to reach every node's proxy, beyond what probes can show. Milliseconds. */
  readonly propagationMs: number
  /** Longest wait for established connections to end when routers leave the path. Milliseconds. */
  readonly maxDrainMs: number
  /** Connections made per probe round. */
  readonly probes: number
}
