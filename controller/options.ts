/** What the controller as a whole is given, and what it offers. */
import type { ExternalOptions } from '../analysis/providers/external.ts'
import type { Settings } from '../engine/seen.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import type { Logger } from '../kube/log.ts'
import type { StepPluginSettings } from './user-rollouts/start-plugins.ts'

export type ControllerOptions = {
  /** What metric providers outside of the cluster's routers need. */
  readonly external?: ExternalOptions
  readonly client: KubeClient
  readonly clock: Clock
  readonly log: Logger
  /** Name of this process among its replicas, e.g. its pod's. */
  readonly identity: string
  /** Where Sluice runs. */
  readonly systemNamespace: string
  readonly host: string
  readonly healthPort: number
  readonly settings: Settings
  /** Also run Rollouts that users wrote, with their own template. */
  readonly userRollouts?: boolean
  /** Only Rollouts and Experiments with this instance id. */
  readonly instanceId?: string
  /** Only what is in `systemNamespace`. */
  readonly namespaced?: boolean
  /** How steps of kind plugin are asked. */
  readonly stepPlugins?: StepPluginSettings
  /** Also tell people of events, as a ConfigMap says. */
  readonly notifications?: boolean
}

export type RunningController = {
  /** Resolves with the reason when the lease was lost: the process has to end, since another one leads. */
  readonly lost: Promise<string>
  readonly stop: () => Promise<void>
}
