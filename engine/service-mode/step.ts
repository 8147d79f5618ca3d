/** The steps of entering and leaving proxy mode. Each is named for what is waited for and stands in Route.status.step. */

import type { Labels, PodTemplate } from '../../api/kubernetes.ts'
import type { Route, RouterEndpoints } from '../../api/route.ts'
import type { Intent } from '../intents.ts'
import type { Ports, RouteWish } from '../make-route.ts'
import type { Surroundings } from '../preflight/index.ts'
import type { WayOut } from '../preflight/way-out.ts'
import type { BackendSeen, RouterSeen, ServiceSeen, Settings } from '../seen.ts'
import type { Placement } from '../sidecar/placement.ts'
import type { Waiting } from '../waiting.ts'

export const ENTER_STEPS = [
  'router-ack',
  'publish',
  'propagate',
  'skip-mirror',
  'detach',
  'clean-slices',
  'probe-1',
  'probe-2',
  'proxy',
] as const
export const LEAVE_STEPS = [
  'final-weight',
  'attach',
  'native-endpoints',
  'native-propagate',
  'drain-publish',
  'drain',
  'remove',
] as const

export type EnterStep = (typeof ENTER_STEPS)[number]
export type LeaveStep = (typeof LEAVE_STEPS)[number]
export type StepName = EnterStep | LeaveStep

export type ModeContext = {
  /** Who splits, where no Route says so yet; `shared` when absent. */
  readonly placement?: Placement
  readonly now: number
  readonly deployment: string
  readonly settings: Settings
  readonly routers: readonly RouterSeen[]
  /** The label that holds a version's hash on its pods; `pod-template-hash` when absent. */
  readonly versionLabel?: string
  /** Hash of the version whose pods the Service is safe with. */
  readonly stableHash: string
  /** Labels of the Deployment's pods. */
  readonly podLabels: Labels
  /** How the names of its ReplicaSets' pods begin. */
  readonly podPrefixes: readonly string[]
  readonly template?: PodTemplate
  /** Absent where nobody looked: then nothing there is in the way. */
  readonly surroundings?: Surroundings
  /** Absent: a Deployment's. */
  readonly wayOut?: WayOut
  /** What the Route is to say once this Service is in proxy mode; until then it sends everything to the stable version. */
  readonly wish: RouteWish
  /** Nothing but the final version has pods, so that the Service's own selector is safe. */
  readonly onlyFinal: boolean
  readonly backends: readonly BackendSeen[]
  /** Versions that need a private Service. */
  readonly hashes: readonly string[]
  readonly listenPorts: Ports
}

/** A Service with a Route: what the steps look at. */
export type Routed = { readonly seen: ServiceSeen; readonly route: Route; readonly since: number; readonly mode: ModeContext }

/** Either the step is over, or what to do for it now and what it waits for. */
export type StepOutcome =
  | { readonly next: StepName }
  | {
      readonly intents: readonly Intent[]
      readonly waiting?: Waiting
      readonly endpoints: RouterEndpoints
      readonly done?: boolean
    }

export type ModeStep = (routed: Routed) => StepOutcome

export type ServiceMode = { readonly intents: readonly Intent[]; readonly done: boolean; readonly waiting?: Waiting }
