/** The steps of a canary. */
import { analysis, DURATION, SECONDS_OR_DURATION } from './analysis-fields.ts'
import { labelSelector, metadataToAdd } from './kubernetes-schemas.ts'
import {
  anything,
  array,
  boolean,
  type Infer,
  integer,
  intOrString,
  map,
  object,
  required,
  string,
  word,
} from './schema/schema.ts'

const ROLLOUT_STRING_MATCH_FIELDS = {
  exact: string('The whole value.'),
  prefix: string('How the value begins.'),
  regex: string('A regular expression for the whole value.'),
}

/** As Argo Rollouts declares it: three optional fields, of which one is set. */
const ROLLOUT_STRING_MATCH = object('How a value is compared; exactly one field.', ROLLOUT_STRING_MATCH_FIELDS)
const stringMatch = (description: string) => object(description, ROLLOUT_STRING_MATCH_FIELDS)

const ROLLOUT_ROUTE_MATCH = object('What a request must have; all of it.', {
  method: stringMatch('The method.'),
  path: stringMatch('The path.'),
  headers: map(
    'Headers by name, all of them; with the `sluice/router` plugin also `cookie(NAME)` and `query(NAME)`.',
    ROLLOUT_STRING_MATCH,
  ),
})

const PAUSE = object('Wait. Without duration: until a person promotes.', {
  duration: intOrString('Seconds, or a Go duration.', SECONDS_OR_DURATION),
})

const SET_CANARY_SCALE = object("The canary's size, apart from its weight.", {
  weight: integer('Percent of spec.replicas.', { min: 0, max: 100, example: 25 }),
  replicas: integer('Pods.', { min: 0, example: 3 }),
  matchTrafficWeight: boolean('As much as the weight asks for; the state before any setCanaryScale.'),
})

const SET_HEADER_ROUTE = object('Requests with these headers go to the canary. Without match: no longer.', {
  name: required(string('Name of the route, one of managedRoutes.')),
  match: array(
    'All headers must match.',
    object('One header.', {
      headerName: required(string('Name of the header; with the `sluice/router` plugin also `cookie(NAME)` or `query(NAME)`.')),
      headerValue: required(stringMatch('Its value.')),
    }),
  ),
})

const SET_MIRROR_ROUTE = object(
  'Copies of these requests go to the canary; the answers are thrown away. Without match: no longer.',
  {
    name: required(string('Name of the route, one of managedRoutes.')),
    match: array('Any of these.', ROLLOUT_ROUTE_MATCH),
    percentage: integer('Share of the matching requests; all where nothing is said.', { min: 0, max: 100, example: 10 }),
  },
)

const EXPERIMENT = object('Versions side by side for a while, each with its own ReplicaSet.', {
  templates: array(
    'The versions.',
    object('One version.', {
      name: required(string('Unique name.')),
      specRef: required(word('Whose pod template.', ['stable', 'canary'])),
      replicas: integer('Pods; 1 where nothing is said.', { min: 0 }),
      metadata: metadataToAdd('Put on the pods.'),
      selector: labelSelector('Pods of this version.'),
      weight: integer('Share of the traffic in percent.', { min: 0, max: 100 }),
      service: object('Make a Service for it.', { name: string('Name of the Service.') }),
    }),
  ),
  duration: string('Go duration; until its analyses end where nothing is said.', { ...DURATION, example: '10m' }),
  analyses: array(
    'Analyses that run meanwhile.',
    object('One analysis.', {
      name: required(string('Unique name.')),
      templateName: required(string('Name of the template.')),
      clusterScope: boolean('True for a ClusterAnalysisTemplate.'),
      args: anything<readonly { readonly name: string; readonly value?: string }[]>('Values of its arguments.'),
      requiredForCompletion: boolean('True: the experiment ends only after it.'),
    }),
  ),
  dryRun: anything('Metrics whose results do not count.'),
  analysisRunMetadata: metadataToAdd('Put on the AnalysisRuns.'),
})

export const CANARY_STEP = object('One step; exactly one field is set.', {
  setWeight: integer("The canary's share of new requests in percent.", { min: 0, example: 20 }),
  pause: PAUSE,
  setCanaryScale: SET_CANARY_SCALE,
  analysis: analysis('Run an analysis to its end.'),
  setHeaderRoute: SET_HEADER_ROUTE,
  setMirrorRoute: SET_MIRROR_ROUTE,
  experiment: EXPERIMENT,
  plugin: object('Run a step plugin to its end.', {
    name: required(string('Name of the plugin.')),
    config: anything('Its config.'),
  }),
})

export type CanaryStep = Infer<typeof CANARY_STEP>
export type RolloutStringMatch = Infer<typeof ROLLOUT_STRING_MATCH>
export type RolloutRouteMatch = Infer<typeof ROLLOUT_ROUTE_MATCH>
