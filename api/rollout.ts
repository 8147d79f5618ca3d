/** The Rollout, `argoproj.io/v1alpha1`, with the fields and meanings of Argo Rollouts (argo-rollouts 1.10). */
import type { KubeObject } from './kubernetes.ts'
import { labelSelector, podTemplate } from './kubernetes-schemas.ts'
import { ROLLOUT_STATUS, type RolloutStatus } from './rollout-status.ts'
import { ROLLOUT_STRATEGY } from './rollout-strategy.ts'
import { AGE, type CustomResource } from './schema/custom-resource.ts'
import { boolean, type Infer, integer, object, required, string, time, word } from './schema/schema.ts'

export type { RolloutAnalysis } from './analysis-fields.ts'
export type { AnalysisRunPointer, PauseReason, RolloutPhase, RolloutStatus } from './rollout-status.ts'
export type { CanaryStep, RolloutRouteMatch, RolloutStringMatch } from './rollout-steps.ts'
export type { BlueGreenStrategy, CanaryStrategy, RolloutStrategy } from './rollout-strategy.ts'
export type { SluiceRouterConfig } from './rollout-traffic.ts'

const count = (description: string) => integer(description, { min: 0 })

const WORKLOAD_REF = object('Take the pod template from another workload in the same namespace instead of `template`.', {
  apiVersion: required(string('Its API version.', { example: 'apps/v1' })),
  kind: required(string('Deployment, ReplicaSet or PodTemplate.')),
  name: required(string('Its name.')),
  scaleDown: word('Whether a Deployment is scaled down once the Rollout has its own pods; never where nothing is said.', [
    'never',
    'onsuccess',
    'progressively',
  ]),
})

export const ROLLOUT_SPEC = object('What is wished for.', {
  replicas: count('Pods; 1 where nothing is said.'),
  selector: labelSelector('Pods of this Rollout; needed unless there is a workloadRef.', true),
  template: podTemplate('The pod template; none with a workloadRef.'),
  workloadRef: WORKLOAD_REF,
  minReadySeconds: count('How long a pod must be ready to count as available; 0 where nothing is said.'),
  revisionHistoryLimit: count('Old ReplicaSets that are kept; 10 where nothing is said.'),
  paused: boolean('True: take no step, scale no new version, switch no Service.'),
  progressDeadlineSeconds: count('Without progress for so long the Rollout is Degraded; 600 where nothing is said.'),
  progressDeadlineAbort: boolean('True: abort then.'),
  restartAt: time('Pods made before are replaced one after the other.'),
  strategy: required(ROLLOUT_STRATEGY),
  rollbackWindow: object('Going back to a recent version skips steps, analyses and pauses.', { revisions: count('How recent.') }),
  analysis: object('How many finished AnalysisRuns and Experiments are kept.', {
    successfulRunHistoryLimit: count('Successful ones; 5 where nothing is said.'),
    unsuccessfulRunHistoryLimit: count('Others; 5 where nothing is said.'),
  }),
})

export type RolloutSpec = Infer<typeof ROLLOUT_SPEC>
export type Rollout = KubeObject & { readonly spec: RolloutSpec; readonly status?: RolloutStatus }

export const ROLLOUT_RESOURCE: CustomResource = {
  group: 'argoproj.io',
  version: 'v1alpha1',
  kind: 'Rollout',
  plural: 'rollouts',
  shortName: 'ro',
  scope: 'Namespaced',
  description: 'A set of pods whose new versions are tried on a share of the traffic first.',
  spec: ROLLOUT_SPEC,
  status: ROLLOUT_STATUS,
  statusSubresource: true,
  scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.HPAReplicas', labelSelectorPath: '.status.selector' },
  columns: [
    { name: 'Desired', type: 'integer', jsonPath: '.spec.replicas', description: 'Pods wished for' },
    { name: 'Current', type: 'integer', jsonPath: '.status.replicas', description: 'Pods that exist' },
    { name: 'Up-to-date', type: 'integer', jsonPath: '.status.updatedReplicas', description: 'Pods of the newest version' },
    { name: 'Available', type: 'integer', jsonPath: '.status.availableReplicas', description: 'Available pods' },
    AGE,
  ],
}
