/**
 * What the dashboard's server answers and what it tells as events: the JSON between server and browser, types only.
 *
 * Own paths are below `/api/sluice/v1`; times are RFC 3339 in UTC, as Kubernetes writes them; shares are 0..1, weights percent, durations ms.
 *
 * | method and path | answers |
 * |---|---|
 * | GET `/session` | SessionAnswer |
 * | POST `/session` LoginRequest | SessionAnswer, or 401 Problem |
 * | DELETE `/session` | SessionAnswer |
 * | GET `/overview` | Overview |
 * | GET `/rollouts/NAMESPACE/NAME` | RolloutDetail, or 404 Problem |
 * | GET `/rollouts/NAMESPACE/NAME/numbers` | Numbers |
 * | GET `/rollouts/NAMESPACE/NAME/revisions/REVISION` | RevisionDiff |
 * | GET `/rollouts/NAMESPACE/NAME/actions` | readonly ActionPreview[], those without parameters |
 * | GET `/rollouts/NAMESPACE/NAME/actions/ACTION?revision=&container=&image=` | ActionPreview: nothing is changed |
 * | POST `/rollouts/NAMESPACE/NAME/actions/ACTION` ActionRequest | ActionDone, or Problem |
 * | GET `/runs` | Runs: Experiments, and AnalysisRuns that belong to nothing else |
 * | GET `/experiments/NAMESPACE/NAME` | ExperimentState |
 * | GET `/analysisruns/NAMESPACE/NAME` | RunState |
 * | GET `/pods/NAMESPACE/NAME/log?container=&previous=true&follow=true` | the log as text; `follow` goes on until the caller goes away |
 * | GET `/stream?rollout=NAMESPACE/NAME` | server-sent events, see StreamEvent |
 *
 * Everything but GET needs the header `X-Sluice-Request: 1` and must come from the same origin. Whatever is refused is answered with a Problem.
 */

export type { Action, ActionDone, ActionPreview, ActionRequest } from './contract-actions.ts'

import type { ExperimentState, SideState } from './contract-experiments.ts'
import type { AnalysisState, Numbers } from './contract-numbers.ts'

export type {
  ExperimentState,
  ExperimentVersionState,
  RunRow,
  RunState,
  Runs,
  SideState,
} from './contract-experiments.ts'

export type {
  AnalysisState,
  CheckMeasurement,
  CheckPhase,
  CheckState,
  Numbers,
  NumbersPoint,
  Sample,
  Threshold,
} from './contract-numbers.ts'

/** Any answer with a status of 400 or more. */
export type Problem = {
  readonly status: number
  /** Kubernetes' word where the API server refused, e.g. `Forbidden`; else one of the same kind, e.g. `Unauthorized`, `NotFound`, `Conflict`. */
  readonly reason: string
  /** One sentence for the person, with what to do. */
  readonly message: string
}

/**
 * `token`: a person types a bearer token in. `proxy`: a proxy in front signs people in, there is nothing to type. `local`: started on a
 * laptop with its kubeconfig; whoever opened the printed address is signed in.
 */
export type LoginKind = 'token' | 'proxy' | 'local'

export type SessionAnswer = {
  readonly login: LoginKind
  readonly signedIn: boolean
  /** The name by which the API server knows the person; absent when signed out, or where the API server does not tell. */
  readonly user?: string
  /** Of Sluice, e.g. `0.1.0`. */
  readonly version: string
  /** Address of the API server, so that a person sees which cluster it is. */
  readonly cluster?: string
  /** What to do instead, where signing in is not possible, e.g. open the address that was printed. */
  readonly hint?: string
}

export type LoginRequest = { readonly token: string }

export type PhaseWord = 'Healthy' | 'Progressing' | 'Paused' | 'Degraded' | 'Unknown'

/**
 * Where a rollout stands for somebody who looks at all of them. `waiting`: only a person can let it go on. `rolled-back`: aborted or
 * failed; all traffic is on the stable version. `in-flight`: goes on by itself. `at-rest`: the newest version is the stable one.
 */
export type Attention = 'waiting' | 'rolled-back' | 'in-flight' | 'at-rest'

export type StepPosition = {
  /** Index of the step that runs, from 0; `count` = all done. */
  readonly index: number
  readonly count: number
  /** The step that runs, e.g. `25%`, `2m`, `pause`; absent when all are done. */
  readonly text?: string
}

export type Weight = {
  /** Percent of new requests that the steps ask for. */
  readonly set: number
  /** Percent that the routers have; absent where nothing splits traffic. */
  readonly actual?: number
  /** Whether all routers have confirmed it. */
  readonly confirmed: boolean
}

export type PodCounts = {
  readonly desired: number
  readonly current: number
  readonly updated: number
  readonly ready: number
  readonly available: number
}

/** One line of the overview. */
export type RolloutRow = {
  /** `NAMESPACE/NAME`; unique. */
  readonly key: string
  readonly namespace: string
  readonly name: string
  /** What the user wrote: an annotated Deployment, or a Rollout. */
  readonly kind: 'Deployment' | 'Rollout'
  readonly attention: Attention
  readonly phase: PhaseWord
  /** What it waits for, since when and what ends it; or why it was rolled back. Empty at rest. */
  readonly sentence: string
  readonly strategy: 'canary' | 'blue-green' | 'unknown'
  readonly step?: StepPosition
  readonly weight?: Weight
  readonly pods: PodCounts
  /** Images of the newest version. */
  readonly images: readonly string[]
  /** When the present update began. */
  readonly updateStartedAt?: string
  /** Since when it waits for a person, or when it was aborted. */
  readonly since?: string
  readonly createdAt: string
}

export type Overview = {
  /** In order of namespace and name. */
  readonly rows: readonly RolloutRow[]
  /** Namespaces that were looked at; absent: all of the cluster. */
  readonly namespaces?: readonly string[]
  /** What the person may not see, as sentences; empty when nothing is missing. */
  readonly missing: readonly string[]
  readonly now: string
}

export type Role = 'canary' | 'stable'

/** What a version is: of a blue-green Rollout also to which of its Services it answers. */
export type VersionRole = Role | 'active' | 'preview'

/** Who carries a Service's traffic now. */
export type ServiceSplit = {
  readonly service: string
  /** `native`: kube-proxy sends it to the pods, no router is in the path. `draining`: the routers are on their way out. */
  readonly path: 'native' | 'routers' | 'draining' | 'not-yet'
  /** Percent of new requests for each version; empty when native. */
  readonly shares: readonly { readonly role: Role; readonly hash: string; readonly weight: number }[]
  /** Version of the Route. */
  readonly routeVersion?: number
  /** What the routers or the controller say of it now, e.g. `waits for 2 of 3 routers`. */
  readonly message?: string
}

export type StepState = 'done' | 'running' | 'to-come' | 'left-out'

export type Step = {
  readonly index: number
  /** In the short form of the annotation, e.g. `25%`, `2m`, `pause`, `analysis(smoke)`. */
  readonly text: string
  /** The kind of step, e.g. `setWeight`, `pause`, `analysis`. */
  readonly kind: string
  readonly state: StepState
  /** `left-out` steps have no times; the others have those that are known. */
  readonly startedAt?: string
  readonly endedAt?: string
  /** Of a timed pause that runs: when it ends. */
  readonly endsAt?: string
  /** Percent from this step on. */
  readonly weight: number
}

export type Revision = {
  readonly revision: number
  readonly hash: string
  readonly replicaSet: string
  readonly roles: readonly VersionRole[]
  readonly images: readonly string[]
  readonly createdAt: string
  /** `kubernetes.io/change-cause`, where somebody noted it. */
  readonly cause?: string
  /** True for the one whose template is the present one. */
  readonly present: boolean
  readonly pods: { readonly desired: number; readonly ready: number }
  /** When its pods go; absent: nothing says. */
  readonly scaleDownAt?: string
}

export type TemplateChange = {
  /** e.g. `spec.containers[web].image`. */
  readonly path: string
  /** JSON of the value in the revision; absent: not there. */
  readonly before?: string
  /** JSON of the value in the present template; absent: not there. */
  readonly after?: string
}

/** What differs from the template of a revision to the present one. */
export type RevisionDiff = { readonly revision: number; readonly changes: readonly TemplateChange[] }

export type PodState = {
  readonly name: string
  readonly role?: VersionRole
  readonly hash: string
  readonly revision: number
  /** e.g. `Running`, `ContainerCreating`, `CrashLoopBackOff`, `Terminating`. */
  readonly state: string
  readonly ready: boolean
  readonly containersReady: string
  /** Names of its containers, those that start it first. */
  readonly containers: readonly string[]
  readonly restarts: number
  readonly createdAt: string
  readonly node?: string
}

export type EventLine = {
  readonly at: string
  readonly type: string
  readonly reason: string
  readonly message: string
  /** How often it was seen. */
  readonly count: number
  /** e.g. `Rollout/web`. */
  readonly object: string
}

/** One decision, as a sentence. */
export type Decision = {
  readonly at: string
  readonly kind: 'begin' | 'step' | 'wait' | 'check' | 'good' | 'bad' | 'end'
  readonly text: string
}

export type ContainerImage = { readonly name: string; readonly image: string; readonly init: boolean }

/** All of one rollout but its numbers. */
export type RolloutDetail = {
  readonly row: RolloutRow
  readonly services: readonly ServiceSplit[]
  /** Of a blue-green Rollout: its Services; empty for others. */
  readonly sides: readonly SideState[]
  readonly steps: readonly Step[]
  /** Those of the present update first. */
  readonly analyses: readonly AnalysisState[]
  /** Of its steps, newest revision first. */
  readonly experiments: readonly ExperimentState[]
  /** Newest first. */
  readonly revisions: readonly Revision[]
  readonly containers: readonly ContainerImage[]
  readonly pods: readonly PodState[]
  /** Newest first, at most 100. */
  readonly events: readonly EventLine[]
  /** Newest first. */
  readonly decisions: readonly Decision[]
  /** What the person may not see, as sentences. */
  readonly missing: readonly string[]
}

/**
 * Events of the stream; `event:` is the `type`, `data:` the whole object as JSON, `id:` resumes by `Last-Event-ID` (the browser does so
 * itself). A comment comes every 15 s. Changes are gathered for 250 ms: a burst is one event.
 */
export type StreamEvent =
  /** First, and again when a resume was not possible. */
  | { readonly type: 'overview'; readonly overview: Overview }
  /** Rows that are new or differ, and keys of those that are gone. */
  | { readonly type: 'changes'; readonly rows: readonly RolloutRow[]; readonly gone: readonly string[] }
  /** The whole of the rollout asked for, when something of it differs. */
  | { readonly type: 'rollout'; readonly detail: RolloutDetail }
  /** Points that are new or differ; thresholds as they are now. About every two seconds while an update is in progress. */
  | { readonly type: 'numbers'; readonly key: string; readonly numbers: Numbers }
  /** The rollout asked for is not there (any more). */
  | { readonly type: 'gone'; readonly key: string }
  /** The server cannot reach the API server, since when; `connected` true ends it. */
  | { readonly type: 'connection'; readonly connected: boolean; readonly since: string; readonly message?: string }
  /** Sign in again; the stream ends. */
  | { readonly type: 'signed-out'; readonly message: string }
