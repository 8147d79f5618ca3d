/** What the planner of Rollouts asks of whoever splits the traffic, and what it is told. The providers are in traffic/, a file each. */
import type { Labels, PodTemplate } from '../../../api/kubernetes.ts'
import type { CanaryStrategy, RolloutStatus } from '../../../api/rollout.ts'
import type { HeaderStep, MirrorStep } from '../../desired.ts'
import type { Intent } from '../../intents.ts'
import type { Surroundings } from '../../preflight/index.ts'
import type { BackendSeen, RouterSeen, ServiceSeen, Settings } from '../../seen.ts'
import type { Waiting } from '../../waiting.ts'
import type { Weights } from '../../weights.ts'
import type { Violation } from '../validate/violation.ts'

/** What is observed of the traffic of one Rollout. */
export type TrafficSeen = {
  /** Services that its strategy names, and those with a Route of this Rollout. */
  readonly services: readonly ServiceSeen[]
  readonly backends: readonly BackendSeen[]
  readonly routers: readonly RouterSeen[]
  /** Listening ports that Routes hold, or held less than a minute ago. */
  readonly takenPorts: readonly number[]
  readonly settings: Settings
  /** Read while a Service has still to be entered; absent otherwise. */
  readonly surroundings?: Surroundings
}

export type LastWeights = NonNullable<NonNullable<RolloutStatus['canary']>['weights']>

/** The Rollout as a provider sees it. */
export type TrafficView = {
  readonly name: string
  readonly now: number
  readonly strategy: CanaryStrategy
  /** What weights are counted in. */
  readonly maxWeight: number
  readonly podLabels: Labels
  readonly template: PodTemplate
  /** Of every ReplicaSet of the Rollout. */
  readonly hashes: readonly string[]
  /** How the names of its pods begin. */
  readonly podPrefixes: readonly string[]
  /** As last reported. */
  readonly last: LastWeights | undefined
  readonly seen: TrafficSeen
}

/** What is in force, read back from the objects of the provider and from whoever carries the traffic. */
export type TrafficState = {
  /** All traffic of callers goes by weights: a version gets none without one. */
  readonly isSplitting: boolean
  /** Pods of a version without a weight get no traffic, splitting or not. */
  readonly isSafeBeside: boolean
  /** By hash, out of maxWeight; empty before the first. */
  readonly told: Weights
  /** Everyone who carries traffic does so by what was told; undefined where nobody can say. */
  readonly verified: boolean | undefined
  /** Nobody sends by older weights than those told. */
  readonly isSettled: boolean
  /** Whoever carries the traffic has a pod of the version to send to. */
  readonly knows: (hash: string) => boolean
  /** Requests may reach pods of the version now, or did a moment ago. */
  readonly reaches: (hash: string) => boolean
  /** Something of the provider is still there to be taken away. */
  readonly isEngaged: boolean
}

export type Share = {
  readonly role: 'stable' | 'canary' | 'retiring' | 'experiment'
  readonly hash: string
  readonly weight: number
}

export type TrafficWish = {
  /** The stable version first; the weights sum to maxWeight. */
  readonly shares: readonly Share[]
  /** In their order of precedence; to the canary. */
  readonly headerRoutes: readonly HeaderStep[]
  readonly mirrorRoutes: readonly MirrorStep[]
  /** Everything goes to the stable version and no update needs the provider. */
  readonly isAtRest: boolean
  /** No version but the stable one has pods. */
  readonly isAlone: boolean
}

export type TrafficPlan = {
  readonly intents: readonly Intent[]
  readonly waits: readonly Waiting[]
  /** Everything is as wished. */
  readonly isDone: boolean
}

export type TrafficProvider = {
  /** As a Rollout names it: the field of `trafficRouting`, or the name of the plugin. */
  readonly name: string
  /** The strategy asks for this provider. */
  readonly isNamed: (strategy: CanaryStrategy) => boolean
  /** What of the strategy it can not run; empty when it can. */
  readonly check: (strategy: CanaryStrategy) => readonly Violation[]
  readonly read: (view: TrafficView) => TrafficState
  readonly plan: (view: TrafficView, wish: TrafficWish) => TrafficPlan
}
