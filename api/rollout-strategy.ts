/** How a Rollout goes from one version to the next. */
import { analysis, ROLLOUT_ANALYSIS_FIELDS } from './analysis-fields.ts'
import { metadataToAdd } from './kubernetes-schemas.ts'
import { CANARY_STEP } from './rollout-steps.ts'
import { TRAFFIC_ROUTING } from './rollout-traffic.ts'
import { array, boolean, type Infer, integer, intOrString, object, required, string, word } from './schema/schema.ts'

const surge = (description: string) => intOrString(description, { pattern: '^\\d+%?$', meaning: 'a percentage', example: '25%' })
const seconds = (description: string) => integer(description, { min: 0, example: 30 })

const ANTI_AFFINITY = object('Keep pods of both versions on different nodes; exactly one field.', {
  preferredDuringSchedulingIgnoredDuringExecution: object('Where it is possible.', {
    weight: required(integer('How much it counts.', { min: 1, max: 100 })),
  }),
  requiredDuringSchedulingIgnoredDuringExecution: object('Always.', {}),
})

/** What both strategies say in the same way. */
const COMMON = {
  maxUnavailable: surge('Pods that may be missing, as a number or a percentage (rounded down); 25% where nothing is said.'),
  antiAffinity: ANTI_AFFINITY,
  scaleDownDelaySeconds: seconds('How long the old version is kept after the switch; 30 where nothing is said.'),
  scaleDownDelayRevisionLimit: integer('How many old versions are kept meanwhile; no limit where nothing is said.', { min: 0 }),
  abortScaleDownDelaySeconds: seconds('How long the new version is kept after an abort; 0 = for good. 30 where nothing is said.'),
}

export const CANARY_STRATEGY = object('A growing share of the traffic goes to the new version.', {
  canaryService: string('Service that is pointed at the new version.'),
  stableService: string('Service that is pointed at the stable version.'),
  steps: array('What happens, in order; a plain rolling update without.', CANARY_STEP),
  trafficRouting: TRAFFIC_ROUTING,
  maxSurge: surge('Extra pods, as a number or a percentage (rounded up); 25% where nothing is said.'),
  ...COMMON,
  analysis: object('An analysis that runs in the background.', {
    ...ROLLOUT_ANALYSIS_FIELDS,
    startingStep: integer('Index of the step with which it starts; 0 where nothing is said.', { min: 0 }),
  }),
  canaryMetadata: metadataToAdd('Put on the pods of the new version.'),
  stableMetadata: metadataToAdd('Put on the pods of the stable version.'),
  dynamicStableScale: boolean('Scale the stable version down while the new one grows.'),
  pingPong: object('Two Services that take turns in being the stable one.', {
    pingService: required(string('One Service.')),
    pongService: required(string('The other Service.')),
  }),
  minPodsPerReplicaSet: integer('Fewest pods of a version that has any.', { min: 0 }),
  replicaProgressThreshold: object('How many available pods end a step.', {
    type: required(word('What value counts.', ['Percent', 'Pods'])),
    value: required(integer('How many.', { min: 0 })),
  }),
})

export const BLUE_GREEN_STRATEGY = object('The new version starts beside the old one, then all traffic is switched at once.', {
  activeService: required(string('Service that carries the traffic.')),
  previewService: string('Service that is pointed at the new version at once.'),
  previewReplicaCount: integer('Size of the new version until the switch; spec.replicas where nothing is said.', { min: 0 }),
  autoPromotionEnabled: boolean('False: wait for a person before the switch.'),
  autoPromotionSeconds: seconds('End that wait by itself after so long; 0 = never.'),
  ...COMMON,
  prePromotionAnalysis: analysis('Must succeed before the switch.'),
  postPromotionAnalysis: analysis('Switches back when it fails.'),
  previewMetadata: metadataToAdd('Put on the pods of the new version before the switch.'),
  activeMetadata: metadataToAdd('Put on the pods that carry the traffic.'),
})

export const ROLLOUT_STRATEGY = object(
  'Exactly one strategy.',
  { canary: CANARY_STRATEGY, blueGreen: BLUE_GREEN_STRATEGY },
  { example: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } } },
)

export type CanaryStrategy = Infer<typeof CANARY_STRATEGY>
export type BlueGreenStrategy = Infer<typeof BLUE_GREEN_STRATEGY>
export type RolloutStrategy = Infer<typeof ROLLOUT_STRATEGY>
