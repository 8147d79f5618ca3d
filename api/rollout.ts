/** The Rollout, `argoproj.io/v1alpha1`, with the fields and meanings of Argo Rollouts (argo-rollouts 1.10). */
import type { Condition, KubeObject, LabelSelector, PodTemplate } from './kubernetes.ts'

export type CanaryStep = {
  readonly setWeight?: number
  /** No duration: wait until a person promotes. Duration: seconds, or a Go duration such as `1h30m`. */
  readonly pause?: { readonly duration?: number | string }
  readonly setCanaryScale?: { readonly weight?: number; readonly replicas?: number; readonly matchTrafficWeight?: boolean }
  readonly analysis?: RolloutAnalysis
  readonly setHeaderRoute?: {
    readonly name: string
    readonly match?: readonly { readonly headerName: string; readonly headerValue: RolloutStringMatch }[]
  }
  readonly setMirrorRoute?: { readonly name: string; readonly match?: readonly RolloutRouteMatch[]; readonly percentage?: number }
  readonly experiment?: unknown
  readonly plugin?: unknown
}

export type RolloutStringMatch = { readonly exact?: string; readonly prefix?: string; readonly regex?: string }

export type RolloutRouteMatch = {
  readonly method?: RolloutStringMatch
  readonly path?: RolloutStringMatch
  readonly headers?: { readonly [name: string]: RolloutStringMatch }
}

export type RolloutAnalysis = {
  readonly templates?: readonly { readonly templateName: string; readonly clusterScope?: boolean }[]
  readonly args?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[]
  readonly dryRun?: readonly { readonly metricName: string }[]
  readonly measurementRetention?: readonly { readonly metricName: string; readonly limit: number }[]
  readonly analysisRunMetadata?: {
    readonly labels?: { readonly [k: string]: string }
    readonly annotations?: { readonly [k: string]: string }
  }
}

/** Config under `trafficRouting.plugins["sluice/router"]`. */
export type SluiceRouterConfig = {
  readonly router: 'auto' | 'shared' | 'none'
  /** Absent: every Service whose selector matches the pods. */
  readonly services?: readonly string[]
  readonly sticky?: 'cookie' | 'ip' | { readonly header: string }
  /** Stay in proxy mode at rest. */
  readonly mode?: 'on-demand' | 'always'
  /** The short checks of the `analysis` annotation, in the order written, e.g. `success-rate >= 99%`. */
  readonly checks?: readonly string[]
}

export type CanaryStrategy = {
  readonly canaryService?: string
  readonly stableService?: string
  readonly steps?: readonly CanaryStep[]
  readonly trafficRouting?: {
    readonly plugins?: { readonly [name: string]: unknown }
    readonly managedRoutes?: readonly { readonly name: string }[]
    readonly [provider: string]: unknown
  }
  readonly maxSurge?: number | string
  readonly maxUnavailable?: number | string
  readonly analysis?: RolloutAnalysis & { readonly startingStep?: number }
  readonly dynamicStableScale?: boolean
  readonly scaleDownDelaySeconds?: number
  readonly abortScaleDownDelaySeconds?: number
  readonly [field: string]: unknown
}

export type RolloutSpec = {
  readonly replicas?: number
  readonly selector?: LabelSelector
  readonly template?: PodTemplate
  readonly workloadRef?: {
    readonly apiVersion: string
    readonly kind: string
    readonly name: string
    readonly scaleDown?: string
  }
  readonly minReadySeconds?: number
  readonly revisionHistoryLimit?: number
  readonly paused?: boolean
  readonly progressDeadlineSeconds?: number
  readonly progressDeadlineAbort?: boolean
  readonly restartAt?: string
  readonly strategy: { readonly canary?: CanaryStrategy; readonly blueGreen?: { readonly [field: string]: unknown } }
  readonly rollbackWindow?: { readonly revisions?: number }
  readonly analysis?: { readonly successfulRunHistoryLimit?: number; readonly unsuccessfulRunHistoryLimit?: number }
}

export type PauseReason = 'CanaryPauseStep' | 'BlueGreenPause' | 'InconclusiveAnalysisRun' | 'InconclusiveExperiment'
export type RolloutPhase = 'Healthy' | 'Progressing' | 'Paused' | 'Degraded'
export type AnalysisRunPointer = { readonly name: string; readonly status?: string; readonly message?: string }

export type RolloutStatus = {
  /** Input and output: true = abort the update in flight. Set by people through the API, cleared by retry. */
  readonly abort?: boolean
  readonly abortedAt?: string
  /** Input and output: emptied by a person = go on. */
  readonly pauseConditions?: readonly { readonly reason: PauseReason; readonly startTime: string }[]
  /** True while the controller put a pause; true with empty pauseConditions = a person resumed. */
  readonly controllerPause?: boolean
  /** Input: skip all steps, analyses and pauses of this update. */
  readonly promoteFull?: boolean
  /** pod-template-hash of the version under test (of the newest template). */
  readonly currentPodHash?: string
  readonly currentStepHash?: string
  /** Input and output: index of the step that runs; steps.length = all done. */
  readonly currentStepIndex?: number
  /** pod-template-hash of the version last promoted. */
  readonly stableRS?: string
  readonly replicas?: number
  readonly updatedReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly HPAReplicas?: number
  readonly selector?: string
  readonly collisionCount?: number
  /** A string, as in Argo Rollouts. */
  readonly observedGeneration?: string
  readonly workloadObservedGeneration?: string
  readonly conditions?: readonly Condition[]
  readonly phase?: RolloutPhase
  /** One sentence: what is waited for, since when, what ends it. */
  readonly message?: string
  readonly canary?: {
    readonly currentStepAnalysisRunStatus?: AnalysisRunPointer
    readonly currentBackgroundAnalysisRunStatus?: AnalysisRunPointer
    readonly weights?: {
      readonly canary: { readonly weight: number; readonly serviceName?: string; readonly podTemplateHash?: string }
      readonly stable: { readonly weight: number; readonly serviceName?: string; readonly podTemplateHash?: string }
      readonly verified?: boolean
    }
  }
}

export type Rollout = KubeObject & { readonly spec: RolloutSpec; readonly status?: RolloutStatus }
