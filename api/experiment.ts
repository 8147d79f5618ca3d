/** The Experiment, `argoproj.io/v1alpha1`, with the fields and meanings of Argo Rollouts (argo-rollouts 1.10). */
import { ARGUMENT, DRY_RUN, DURATION, MEASUREMENT_RETENTION } from './analysis-fields.ts'
import type { KubeObject } from './kubernetes.ts'
import { conditions, labelSelector, metadataToAdd, podTemplate } from './kubernetes-schemas.ts'
import { AGE, type CustomResource } from './schema/custom-resource.ts'
import { array, boolean, type Infer, integer, object, required, string, time } from './schema/schema.ts'

const count = (description: string) => integer(description, { min: 0 })

const TEMPLATE = object('One version.', {
  name: required(string('Unique name.')),
  replicas: count('Pods; 1 where nothing is said.'),
  minReadySeconds: count('How long a pod must be ready to count as available; 0 where nothing is said.'),
  selector: required(labelSelector('Pods of this version.')),
  template: required(podTemplate('The pod template.')),
  service: object('Make a Service for it, with the ports of its containers.', { name: string('Name of the Service.') }),
})

const ANALYSIS = object('One analysis.', {
  name: required(string('Unique name.')),
  templateName: required(string('Name of the template.')),
  clusterScope: boolean('True for a ClusterAnalysisTemplate.'),
  args: array("Values of the template's arguments.", ARGUMENT),
  requiredForCompletion: boolean('True: the experiment ends only after it.'),
})

const EXPERIMENT_SPEC = object('What is wished for.', {
  templates: required(array('The versions, each with its own ReplicaSet.', TEMPLATE)),
  duration: string('Go duration from the moment that all are available; until the analyses end where nothing is said.', {
    ...DURATION,
    example: '10m',
  }),
  progressDeadlineSeconds: count('A version that is not available after so long has failed; 600 where nothing is said.'),
  terminate: boolean('Input: true = end it now.'),
  analyses: array('Analyses that start when all versions are available.', ANALYSIS),
  scaleDownDelaySeconds: count('How long the pods are kept after the end; 30 where nothing is said.'),
  dryRun: DRY_RUN,
  measurementRetention: MEASUREMENT_RETENTION,
  analysisRunMetadata: metadataToAdd('Put on the AnalysisRuns.'),
})

const TEMPLATE_STATUS = object('State of one version.', {
  name: required(string('Its name.')),
  replicas: count('Pods.'),
  updatedReplicas: count('Pods of its template.'),
  readyReplicas: count('Ready pods.'),
  availableReplicas: count('Available pods.'),
  collisionCount: count('Raised when a ReplicaSet name was taken.'),
  status: string('Its phase.'),
  message: string('Why.'),
  lastTransitionTime: time('Since when.'),
  serviceName: string('Its Service.'),
  podTemplateHash: string('Its pod-template-hash.'),
})

const EXPERIMENT_STATUS = object('State of the experiment.', {
  phase: string('Pending, Running, Successful, Failed, Error or Inconclusive.'),
  message: string('Why.'),
  availableAt: time('When all versions were available.'),
  conditions: conditions('Conditions.'),
  templateStatuses: array('State by version.', TEMPLATE_STATUS),
  analysisRuns: array(
    'The AnalysisRuns.',
    object('One AnalysisRun.', {
      name: required(string('Name in the experiment.')),
      analysisRun: required(string('Name of the AnalysisRun.')),
      phase: string('Its phase.'),
      message: string('Why.'),
    }),
  ),
})

export type ExperimentSpec = Infer<typeof EXPERIMENT_SPEC>
export type ExperimentStatus = Infer<typeof EXPERIMENT_STATUS>
export type Experiment = KubeObject & { readonly spec: ExperimentSpec; readonly status?: ExperimentStatus }

export const EXPERIMENT_RESOURCE: CustomResource = {
  group: 'argoproj.io',
  version: 'v1alpha1',
  kind: 'Experiment',
  plural: 'experiments',
  shortName: 'exp',
  scope: 'Namespaced',
  description: 'Versions side by side for a while, each with its own ReplicaSet.',
  spec: EXPERIMENT_SPEC,
  status: EXPERIMENT_STATUS,
  columns: [{ name: 'Status', type: 'string', jsonPath: '.status.phase', description: 'Phase' }, AGE],
}
