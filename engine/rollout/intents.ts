/** What the planner of Rollouts wants done beside what all planners may. */
import type { Experiment } from '../../api/experiment.ts'
import type { Intent } from '../intents.ts'
import type { PluginCall } from './plugin/call.ts'

export type RolloutIntent =
  | Intent
  /** Merge patch of the Rollout's metadata and spec.replicas; nothing else of the spec is ever written. */
  | {
      readonly kind: 'patchRollout'
      readonly patch: {
        readonly metadata?: { readonly annotations: { readonly [key: string]: string | null } }
        readonly spec?: { readonly replicas: number }
      }
      readonly why: string
    }
  /** The Deployment of `spec.workloadRef`, in the very state that was seen. */
  | {
      readonly kind: 'scaleWorkload'
      readonly name: string
      readonly to: number
      readonly resourceVersion?: string
      readonly why: string
    }
  | { readonly kind: 'createExperiment'; readonly experiment: Experiment }
  | { readonly kind: 'terminateExperiment'; readonly name: string }
  | { readonly kind: 'deleteExperiment'; readonly name: string; readonly uid: string }
  /** Once the status is written; the answer comes with a later look. */
  | { readonly kind: 'askStepPlugin'; readonly call: PluginCall }
  /** Merge patch of labels and annotations. */
  | {
      readonly kind: 'patchPod'
      readonly name: string
      readonly uid: string
      readonly patch: {
        readonly labels?: { readonly [key: string]: string | null }
        readonly annotations?: { readonly [key: string]: string | null }
      }
      readonly why: string
    }
  /** Through the eviction API, so that PodDisruptionBudgets are heeded. */
  | { readonly kind: 'evictPod'; readonly name: string; readonly uid: string; readonly why: string }

export const event = (reason: string, message: string, type: 'Normal' | 'Warning' = 'Normal'): RolloutIntent => ({
  kind: 'event',
  type,
  reason,
  message,
})
